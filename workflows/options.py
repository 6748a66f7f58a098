"""Named option sets of the steps, and the limits of a run, each with its reason. All durations are elapsed time."""

from datetime import timedelta
from typing import Final, TypedDict

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType


class LocalOptions(TypedDict):
    schedule_to_close_timeout: timedelta
    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy
    local_retry_threshold: timedelta
    cancellation_type: ActivityCancellationType


class PersistentOptions(TypedDict):
    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy
    local_retry_threshold: timedelta


class Options(TypedDict):
    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy


class DurableOptions(Options):
    schedule_to_close_timeout: timedelta


class MailingOptions(Options):
    schedule_to_close_timeout: timedelta
    heartbeat_timeout: timedelta


FORWARD: LocalOptions = {
    "schedule_to_close_timeout": timedelta(seconds=8),
    "start_to_close_timeout": timedelta(seconds=6),
    # The SDK forgets a local activity's schedule-to-close time-out if it strikes between two tries.
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(milliseconds=100), maximum_interval=timedelta(seconds=1), maximum_attempts=10
    ),
    "local_retry_threshold": timedelta(seconds=10),
    "cancellation_type": ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
}
"""A caller waits for a forward step: bounded in time, and local, because it is one short transaction."""

PERSISTENT: PersistentOptions = {
    "start_to_close_timeout": timedelta(seconds=6),
    "retry_policy": RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=30)),
    "local_retry_threshold": timedelta(seconds=1),
}
"""Nobody waits for it, and it must be done in the end: local, because it mostly succeeds at once."""

DURABLE: DurableOptions = {
    "schedule_to_close_timeout": timedelta(seconds=20),
    "start_to_close_timeout": timedelta(seconds=6),
    "retry_policy": FORWARD["retry_policy"],
}
"""Regular, because the run has no deadline soon at which it would look for what a worker did before it died: the engine
knows of the step before it is taken, and has it taken again. Time enough for that once."""

LOOKS: Final = (timedelta(seconds=20), timedelta(minutes=10))
"""How long after a durable step was given up it is looked for: a worker that stood still may do it all the same. The
first is longer than the database lets a transaction stand still."""

MAILING: MailingOptions = {
    "start_to_close_timeout": timedelta(minutes=10),
    # When a worker has died, another one goes on soon.
    "heartbeat_timeout": timedelta(seconds=10),
    "schedule_to_close_timeout": timedelta(days=3),
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=5), maximum_interval=timedelta(hours=1)),
}
"""Mail servers are away for hours, not for days: then an operator has to look."""

UNDO: Options = {
    "start_to_close_timeout": timedelta(seconds=6),
    "retry_policy": RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=30)),
}
"""A compensation must succeed in the end: retried without end, and regular, so that the UI shows what it waits for."""

MOST_ATTEMPTS: Final = 500
"""After how many requests a run takes no more reservations, far below what the engine can record for a run."""

TIMER_MARGIN: Final = timedelta(milliseconds=100)
"""Timers fire this much after the deadline, so that the database, whose clock decides, agrees at the first look."""
