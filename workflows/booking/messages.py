"""Messages of the booking workflow, and of the workflow that refreshes calendars.

`asked` is the id of a request. An outcome repeats the id of the request that it was made for. So a caller recognises
the stored outcome of an earlier request.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.messages.booking import (
    BookingKey,
    Cancellation,
    MeetingContent,
    MeetingCreated,
    Message,
    TimeSlotSnapshot,
    WantedTimeSlot,
)


class WithRequestId(Message):
    """Base of requests and of their outcomes. `asked` is the id of the request, which the outcome repeats."""

    asked: str


class ReserveRequest(WithRequestId):
    """Request to hold a time slot.

    `key` is the digest of the `Idempotency-Key` under which the step stores its outcome. `end_user` is the keyed
    digest of the end user for whom the client reserves. `customer_id` is the client's name for the customer.
    """

    wanted: WantedTimeSlot
    key: str | None = None
    end_user: str | None = None
    customer_id: str | None = None


class BookRequest(WithRequestId):
    time_slot_id: UUID


class ExtendRequest(WithRequestId):
    """Request to extend the hold. `extension_id` is the id of the step that serves the request."""

    time_slot_id: UUID
    extension_id: UUID


class CreateRequest(WithRequestId):
    time_slot_id: UUID
    content: MeetingContent
    by_staff: bool = False
    key: str | None = None


class ReleaseRequest(WithRequestId, Cancellation):
    time_slot_id: UUID


Request = ReserveRequest | BookRequest | ExtendRequest | CreateRequest | ReleaseRequest

UPDATES: Final[Mapping[type[WithRequestId], str]] = {
    ReserveRequest: "reserve",
    BookRequest: "book",
    ExtendRequest: "extend",
    CreateRequest: "create_meeting",
    ReleaseRequest: "release",
}
"""Name of the update for each type of request."""


class StartBooking(Message):
    """Input of a run: either its first `request` to reserve, or the time slot that the run adopts.

    The request is in the input, so that the run reserves even if the caller is gone. The same request also arrives as
    an update. `attempt` is the id of that update, so that the request is queued only once. `adopts` is the id of a time
    slot whose run no longer exists. The new run then reads the booking from the database.
    """

    booking: BookingKey
    attempt: str = ""
    request: ReserveRequest | None = None
    adopts: UUID | None = None


class TimeSlotOutcome(WithRequestId):
    time_slot: TimeSlotSnapshot


class MeetingOutcome(WithRequestId):
    meeting: MeetingCreated


class ReleaseOutcome(WithRequestId):
    """Confirmation that the time slot was released."""


Outcome = TimeSlotOutcome | MeetingOutcome | ReleaseOutcome


class BookingStatus(StrEnum):
    """Status of a booking, also the value of the search attribute `BookingStatus`.

    The values from `EXPIRED` on are endings without a meeting.
    """

    RESERVING = "Reserving"
    RESERVED = "Reserved"
    BOOKED = "Booked"
    MEETING_CREATED = "MeetingCreated"
    EXPIRED = "Expired"
    RELEASED = "Released"
    CONFLICT = "Conflict"
    CANCELLED = "Cancelled"
    FAILED = "Failed"


class BookingEnding(Message):
    """Result of a run."""

    status: BookingStatus
    time_slot_id: UUID | None = None
    meeting_id: UUID | None = None


UNAVAILABLE = "UNAVAILABLE"
"""Error type of a step that could not be completed in time. The caller may safely repeat the request."""

BOOKING_OVER = "BOOKING_OVER"
"""Error type of a request to a run that was just ending. The caller reads the booking and repeats the request."""


class CalendarsRefreshed(Message):
    """Number of calendars that were read, and number of calendars that could not be read."""

    read: int = 0
    failed: int = 0

    def plus(self, more: "CalendarsRefreshed") -> "CalendarsRefreshed":
        return CalendarsRefreshed(read=self.read + more.read, failed=self.failed + more.failed)


class RefreshCalendars(Message):
    """Input of a run that refreshes the calendars with ids greater than `after`.

    Each run reads one page of at most `page` calendars. `done` counts the calendars of the earlier runs.
    """

    after: UUID | None = None
    page: int = 100
    done: CalendarsRefreshed = CalendarsRefreshed()
