"""A change that old runs cannot survive: at the deadline everything is undone before the database is asked."""

from temporalio import workflow

from workflows.booking.messages import BookingEnding, StartBooking
from workflows.booking.workflow import BookingWorkflow
from workflows.common.runs import BOOKING_WORKFLOW


@workflow.defn(name=BOOKING_WORKFLOW)
class ReorderedBookingWorkflow(BookingWorkflow):
    @workflow.init
    def __init__(self, start: StartBooking) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: StartBooking) -> BookingEnding:
        return await super().run(start)

    async def _end_if_expired(self) -> None:
        await self._saga.compensate()
        await super()._end_if_expired()
