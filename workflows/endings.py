"""How a booking can end other than with its meeting, and what its failures mean."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

from activities.messages import ReleaseCause
from workflows.messages import BOOKING_OVER, BookingStatus

Answer = TypeVar("Answer")

RELEASE_CAUSES: Final = {
    BookingStatus.EXPIRED: ReleaseCause.EXPIRED,
    BookingStatus.RELEASED: ReleaseCause.RELEASED,
    BookingStatus.CANCELLED: ReleaseCause.CANCELLED,
}
"""What the event log says of an ending; every other ending is a failure."""

HOW_RELEASED: Final = {
    BookingStatus.CANCELLED: "ended by an operator",
    BookingStatus.FAILED: "ended by a failure",
}
"""What a request is told that arrives while such an ending is under way; otherwise the client gave the slot back."""


class BookingOver(Exception):
    """A business ending other than a meeting: it ends the run without failing it."""

    def __init__(self, status: BookingStatus, what: str) -> None:
        super().__init__(what)
        self.status = status
        self.what = what


def stop_if_cancelled() -> None:
    """Raise the cancellation that a step which went on in spite of it has swallowed.

    Raises:
        asyncio.CancelledError: an operator has cancelled the run.

    """
    if workflow.cancellation_reason() is not None:
        raise asyncio.CancelledError


async def insist(step: Callable[[], Awaitable[Answer]]) -> Answer:
    """Take a step that must be taken: a cancellation that arrives meanwhile does not stop it."""
    while True:
        try:
            return await step()
        except (FailureError, asyncio.CancelledError) as error:
            if not is_cancelled_exception(error):
                raise


def what_befell(failure: BaseException) -> tuple[BookingStatus, str]:
    """The ending that a failure or a cancellation makes, and what to tell of it."""
    if is_cancelled_exception(failure):
        return BookingStatus.CANCELLED, "an operator cancelled the booking"
    return BookingStatus.FAILED, "the time slot could not be held in time"


def just_over() -> ApplicationError:
    """The run ended before it came to the request."""
    return ApplicationError("The booking has just ended.", type=BOOKING_OVER)
