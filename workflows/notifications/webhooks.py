"""Delivers events to the webhooks of one client."""

from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy

from activities.signatures import WebhookSteps
from domain.messages.webhooks import AttemptMade, DeliverDue, DeliverEvents, Ended, EventsDelivered
from workflows.common.runs import WAKE, WEBHOOK_DELIVERY_WORKFLOW, delivery_title
from workflows.common.status_view import StatusView, clock, timed_line
from workflows.notifications.relay import LongOptions

DELIVERING: Final[LongOptions] = {
    "start_to_close_timeout": timedelta(minutes=3),
    "heartbeat_timeout": timedelta(seconds=5),
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)),
}
"""The retries are for failures of the database, without end. The step decides when a failed delivery is retried."""

MAX_LINES: Final = 20
"""Number of recent attempts that a run shows in its details."""


@workflow.defn(name=WEBHOOK_DELIVERY_WORKFLOW)
class WebhookDeliveryWorkflow:
    """Runs one round of deliveries after another until no delivery is pending for the client's webhooks.

    Between two rounds the run waits until a delivery is due. A failed delivery is retried with growing pauses for
    three days, and then marked as failed. The delivery log keeps the event, which can be redelivered. So each run ends.
    """

    @workflow.init
    def __init__(self, so_far: DeliverEvents) -> None:
        self._delivered = so_far.delivered
        self._failed = so_far.failed
        self._is_woken = False
        self._rounds = so_far.rounds
        self._lines: list[str] = []
        self._view = StatusView()
        # The title repeats the summary: after continue-as-new, a run has no summary.
        self._view.set_title(delivery_title(so_far.client_id))

    @workflow.run
    async def run(self, so_far: DeliverEvents) -> DeliverEvents:
        with self._view.ended_with_block():
            return await self._deliver_all(so_far)

    async def _deliver_all(self, so_far: DeliverEvents) -> DeliverEvents:
        while True:
            self._is_woken = False
            self._view.show_working("deliver what is due")
            done = await self._deliver(so_far)
            self._show(done)
            if done.retry_after is not None:
                await self._wait(done.retry_after)
            elif not self._is_woken:
                return self._so_far(so_far)
            if self._is_long():
                workflow.continue_as_new(self._so_far(so_far))

    @workflow.signal(name=WAKE)
    def wake(self) -> None:
        """Request another round, because there are new deliveries or one is to be retried now."""
        self._is_woken = True

    def _is_long(self) -> bool:
        self._rounds -= 1
        return self._rounds <= 0 or workflow.info().is_continue_as_new_suggested()

    async def _deliver(self, so_far: DeliverEvents) -> EventsDelivered:
        step = DeliverDue(client_id=so_far.client_id)
        return await workflow.execute_activity_method(
            WebhookSteps.deliver_events, step, summary="deliver what is due", **DELIVERING
        )

    async def _wait(self, retry_after: timedelta) -> None:
        """Wait for this time or until a wake-up. The next round decides whether any delivery is due."""
        self._view.show_awaited(f"what is due next, until {clock(workflow.now() + retry_after)}")
        try:
            await workflow.wait_condition(
                lambda: self._is_woken, timeout=retry_after, timeout_summary="until the next delivery is due"
            )
        except TimeoutError:
            return

    def _show(self, done: EventsDelivered) -> None:
        """Show the counts and the last attempts to operators, without addresses and personal data."""
        self._delivered += done.delivered
        self._failed += done.failed
        self._lines += [timed_line(workflow.now(), describe(each)) for each in done.attempts]
        del self._lines[:-MAX_LINES]
        self._view.set_lines(f"**{self._delivered} delivered, {self._failed} failed.**", "", *self._lines)

    def _so_far(self, so_far: DeliverEvents) -> DeliverEvents:
        return so_far.model_copy(update={"delivered": self._delivered, "failed": self._failed})


def describe(attempt: AttemptMade) -> str:
    """Return a description of the attempt in one phrase."""
    ended = {Ended.DELIVERED: "delivered", Ended.FAILED: "failed for good"}.get(attempt.ended, "not delivered")
    return f"`{attempt.kind}` (`{attempt.event_id}`) {ended} at attempt {attempt.number}: {attempt.answer}"
