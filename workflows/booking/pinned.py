"""The booking workflow for workers with a version (Worker Versioning)."""

from temporalio import workflow
from temporalio.common import VersioningBehavior

from workflows.booking.messages import BookingEnding, StartBooking
from workflows.booking.workflow import BookingWorkflow
from workflows.common.runs import BOOKING_WORKFLOW


@workflow.defn(name=BOOKING_WORKFLOW, versioning_behavior=VersioningBehavior.PINNED)
class PinnedBookingWorkflow(BookingWorkflow):
    """A booking whose run stays on the release that it began on.

    It is a class of its own, because Temporal accepts a versioning behaviour from workers with a version only.
    """

    @workflow.init
    def __init__(self, start: StartBooking) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: StartBooking) -> BookingEnding:
        return await super().run(start)
