"""A worker of the next release, whose bookings cannot continue the runs of this release, nor the other way round.

Run as `python -m tests.e2e.programs.next_release`. It does what `bookme worker` does.
"""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import VersioningBehavior

from config.foreground import until_interrupted
from config.settings import Settings
from config.telemetry import configure_logging
from workers import main
from workflows.booking.messages import BookingEnding, StartBooking
from workflows.booking.workflow import BookingWorkflow
from workflows.common.runs import BOOKING_WORKFLOW


@workflow.defn(name=BOOKING_WORKFLOW, versioning_behavior=VersioningBehavior.PINNED)
class NextBookingWorkflow(BookingWorkflow):
    """Begins with a timer, which no history of this release has."""

    @workflow.init
    def __init__(self, start: StartBooking) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: StartBooking) -> BookingEnding:
        await workflow.sleep(timedelta(milliseconds=1))
        return await super().run(start)


if __name__ == "__main__":
    settings = Settings()
    configure_logging(settings)
    others = main.BOOKING_WORKFLOWS[1:]
    main.VERSIONED_WORKFLOWS = (NextBookingWorkflow, *others)  # type: ignore[assignment,misc]  # only the next release has it
    asyncio.run(until_interrupted(main.run(settings)))
