"""Publishes events continuously. The workflow is started once, together with the schedules, and never ends."""

from datetime import timedelta
from typing import Final, TypedDict

from temporalio import workflow
from temporalio.common import RetryPolicy

from activities.signatures import RelaySteps
from domain.messages.webhooks import EventsRelayed, RelayEvents
from workflows.common.runs import RELAY_WORKFLOW
from workflows.common.status_view import StatusView


class LongOptions(TypedDict):
    start_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy


RELAYING: Final[LongOptions] = {
    "start_to_close_timeout": timedelta(minutes=15),
    "heartbeat_timeout": timedelta(seconds=5),
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=5)),
}
"""For a step of some minutes. When its worker dies, the heartbeats stop, and another worker takes the step."""


@workflow.defn(name=RELAY_WORKFLOW)
class RelayWorkflow:
    """Runs one long step after another, each of which publishes events and wakes the runs that deliver them.

    After `rounds` steps a new run continues. No event is lost while no step runs: events wait in the database.
    """

    @workflow.init
    def __init__(self, _: RelayEvents) -> None:
        self._view = StatusView()

    @workflow.run
    async def run(self, so_far: RelayEvents) -> None:
        with self._view.ended_with_block():
            self._view.show_working("publish events, and wake the runs that deliver them")
            done = EventsRelayed()
            for _ in range(so_far.rounds):
                done = done.plus(await self._relay(so_far))
                self._view.set_lines(
                    f"Since this run began, {done.published} events were published, and {done.handed_over} deliveries "
                    "handed over to the runs `deliveries-…`."
                )
            workflow.continue_as_new(so_far)

    async def _relay(self, so_far: RelayEvents) -> EventsRelayed:
        return await workflow.execute_activity_method(
            RelaySteps.relay_events, so_far, summary="publish events, wake deliveries", **RELAYING
        )
