"""Activity options of the steps, and limits of a run, each with its reason. All durations are elapsed time."""

from datetime import timedelta
from typing import Final

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType, ActivityConfig, LocalActivityConfig

FORWARD_RETRY: Final = RetryPolicy(
    initial_interval=timedelta(milliseconds=100), maximum_interval=timedelta(seconds=1), maximum_attempts=10
)
"""`maximum_attempts` is needed: the SDK ignores a schedule-to-close time-out of a local activity that expires between
two attempts."""

ENDLESS_RETRY: Final = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=30))

FORWARD: LocalActivityConfig = {
    "schedule_to_close_timeout": timedelta(seconds=8),
    "start_to_close_timeout": timedelta(seconds=6),
    "retry_policy": FORWARD_RETRY,
    "local_retry_threshold": timedelta(seconds=10),
    "cancellation_type": ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
}
"""For forward steps. Limited in time, because a caller waits. Local, because the step is one short transaction."""

FIRST_ATTEMPTS: LocalActivityConfig = {
    "start_to_close_timeout": timedelta(seconds=6),
    "retry_policy": RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_attempts=3),
}
"""For the first attempts of a step that must succeed in the end. Local, because most succeed at once, and thousands of
runs may take the step at the same time. Few, because the UI does not show the attempts of a local activity: the step
continues as a regular activity (`UNDO`) after at most 19 seconds."""

DURABLE: ActivityConfig = {
    "schedule_to_close_timeout": timedelta(seconds=20),
    "start_to_close_timeout": timedelta(seconds=6),
    "retry_policy": FORWARD_RETRY,
}
"""For forward steps of a run without a near deadline. If the worker dies, such a run would not soon read the database
to find out whether the step was done. So the activity is regular: the engine records the step before it begins, and
runs the step again after the worker's death. The time is enough for one such repeat."""

CHECK_DELAYS: Final = (timedelta(seconds=20), timedelta(minutes=10))
"""Times after the run stopped retrying a durable step, at which the run checks for the effect of the step. A worker
that was paused may still complete the step. The first time is longer than the database lets a transaction stay idle."""

MAILING: ActivityConfig = {
    "start_to_close_timeout": timedelta(minutes=10),
    # Short, so that another worker continues soon after a worker has died.
    "heartbeat_timeout": timedelta(seconds=10),
    "schedule_to_close_timeout": timedelta(days=3),
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=5), maximum_interval=timedelta(hours=1)),
}
"""For invitation mails. A mail server may be down for hours. After three days, the mails are marked as failed, and
an operator is needed."""

UNDO: ActivityConfig = {
    "start_to_close_timeout": timedelta(seconds=6),
    "retry_policy": ENDLESS_RETRY,
}
"""For compensations, and for other steps that must succeed in the end. Retried without end. Regular, so that the UI
shows a pending one with its last failure."""

MAX_REQUESTS: Final = 500
"""Number of requests after which a run accepts no more reservations. The engine can record far more for a run."""

TIMER_MARGIN: Final = timedelta(milliseconds=100)
"""Time by which timers fire after the deadline. The database's clock decides, and must agree at the first query."""
