"""Endings of a booking without a meeting, and the handling of failures and cancellations."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

from domain.messages.booking import ReleaseCause
from workflows.booking.messages import BOOKING_OVER, BookingStatus

Answer = TypeVar("Answer")

RELEASE_CAUSES: Final = {
    BookingStatus.EXPIRED: ReleaseCause.EXPIRED,
    BookingStatus.RELEASED: ReleaseCause.RELEASED,
    BookingStatus.CANCELLED: ReleaseCause.CANCELLED,
}
"""Cause that the event log records for each ending. All other endings are recorded as `ReleaseCause.FAILED`."""

HOW_RELEASED: Final = {
    BookingStatus.CANCELLED: "ended by an operator",
    BookingStatus.FAILED: "ended by a failure",
}
"""Text of the `HoldReleased` error for each ending. For all other endings, the client gave the time slot back."""


class BookingOver(Exception):
    """Raised to end a booking without a meeting. The run then completes and does not fail."""

    def __init__(self, status: BookingStatus, what: str) -> None:
        super().__init__(what)
        self.status = status
        self.what = what


def stop_if_cancelled() -> None:
    """Raise a cancellation that a step has swallowed because the step continued in spite of it.

    Raises:
        asyncio.CancelledError: an operator has cancelled the run.

    """
    if workflow.cancellation_reason() is not None:
        raise asyncio.CancelledError


async def retry_through_cancellation(step: Callable[[], Awaitable[Answer]]) -> Answer:
    """Run a step that must complete. If a cancellation interrupts the step, run the step again."""
    while True:
        try:
            return await step()
        except (FailureError, asyncio.CancelledError) as error:
            if not is_cancelled_exception(error):
                raise


def classify_failure(failure: BaseException) -> tuple[BookingStatus, str]:
    """Return the ending that a failure or a cancellation leads to, and its description for operators."""
    if is_cancelled_exception(failure):
        return BookingStatus.CANCELLED, "an operator cancelled the booking"
    return BookingStatus.FAILED, "the time slot could not be held in time"


def just_over() -> ApplicationError:
    """Return the failure of a request that the run did not serve before its end."""
    return ApplicationError("The booking has just ended.", type=BOOKING_OVER)
