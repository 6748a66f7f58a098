"""Delivers what happens to one booking to one webhook."""

from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy

from activities.signatures import WebhookSteps
from activities.webhook_messages import DeliverEvent, DeliverEvents, Ended, EventDelivered
from workflows.names import WAKE, WEBHOOK_DELIVERY_WORKFLOW
from workflows.relay import LongOptions

DELIVERING: Final[LongOptions] = {
    "start_to_close_timeout": timedelta(minutes=1),
    "heartbeat_timeout": timedelta(seconds=5),
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)),
}
"""What is retried here is the database, without end. A receiver that fails is tried again when the step says so."""

MOST_LINES: Final = 20
"""How much of its story a run tells."""


@workflow.defn(name=WEBHOOK_DELIVERY_WORKFLOW)
class WebhookDeliveryWorkflow:
    """Delivers one event after another, in their order, until nothing is pending.

    One that fails is tried again, less and less often for three days, and the next ones wait for it. Then it is given
    up, stays in the delivery log to be redelivered, and the next one goes out.
    """

    @workflow.init
    def __init__(self, so_far: DeliverEvents) -> None:
        self._delivered = so_far.delivered
        self._failed = so_far.failed
        self._is_woken = False
        self._lines: list[str] = []

    @workflow.run
    async def run(self, so_far: DeliverEvents) -> DeliverEvents:
        while True:
            self._is_woken = False
            outcome = await self._deliver(so_far)
            self._tell(outcome)
            if outcome.ended is Ended.TO_BE_RETRIED:
                await self._wait(outcome)
            elif outcome.ended is Ended.NOTHING_PENDING and not self._is_woken:
                return self._so_far(so_far)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._so_far(so_far))

    @workflow.signal(name=WAKE)
    def wake(self) -> None:
        """There is more, or something is to be tried now: look."""
        self._is_woken = True

    async def _deliver(self, so_far: DeliverEvents) -> EventDelivered:
        step = DeliverEvent(webhook_id=so_far.webhook_id, booking_key=so_far.booking_key)
        return await workflow.execute_activity_method(
            WebhookSteps.deliver_event, step, summary="deliver the next event", **DELIVERING
        )

    async def _wait(self, outcome: EventDelivered) -> None:
        """A wake-up ends the wait; whether the event is due is then for the step to say."""
        try:
            await workflow.wait_condition(
                lambda: self._is_woken,
                timeout=outcome.retry_after,
                timeout_summary=f"try {outcome.kind} again, after attempt {outcome.attempts}",
            )
        except TimeoutError:
            return

    def _tell(self, outcome: EventDelivered) -> None:
        """What an operator reads: no address, nothing personal."""
        self._delivered += outcome.ended is Ended.DELIVERED
        self._failed += outcome.ended is Ended.FAILED
        if outcome.answer:
            self._lines.append(f"- {_clock()} — {describe(outcome)}")
        del self._lines[:-MOST_LINES]
        counted = f"{self._delivered} delivered, {self._failed} given up"
        workflow.set_current_details("\n".join([f"**{counted}.** {self._awaited(outcome)}", "", *self._lines]))

    def _awaited(self, outcome: EventDelivered) -> str:
        if outcome.ended is not Ended.TO_BE_RETRIED:
            return ""
        until = workflow.now() + outcome.retry_after
        return f"**Waiting** until {until:%Y-%m-%d %H:%M:%S}Z to try `{outcome.kind}` (`{outcome.event_id}`) again."

    def _so_far(self, so_far: DeliverEvents) -> DeliverEvents:
        return so_far.model_copy(update={"delivered": self._delivered, "failed": self._failed})


def describe(outcome: EventDelivered) -> str:
    """One attempt, in one phrase."""
    ended = {Ended.DELIVERED: "delivered", Ended.FAILED: "given up"}.get(outcome.ended, "not delivered")
    return f"`{outcome.kind}` (`{outcome.event_id}`) {ended} at attempt {outcome.attempts}: {outcome.answer}"


def _clock() -> str:
    return f"{workflow.now():%Y-%m-%d %H:%M:%S}Z"
