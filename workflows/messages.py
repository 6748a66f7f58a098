"""What callers ask of a booking, and what they are told; what the refresh of calendars goes by.

`asked` names the single request behind a message. An outcome repeats the `asked` of the request that it was made
for, so that a caller who is handed a stored outcome can tell that it is one.
"""

from enum import StrEnum
from uuid import UUID

from activities.messages import BookingName, MeetingContent, MeetingCreated, Message, TimeSlotKept, WantedTimeSlot


class Asked(Message):
    asked: str


class ReserveRequest(Asked):
    """`key` is the digest of an `Idempotency-Key`, under which the step keeps its outcome.

    `end_user` is the keyed digest of the end user for whom the client reserves.
    """

    wanted: WantedTimeSlot
    key: str | None = None
    end_user: str | None = None


class BookRequest(Asked):
    time_slot_id: UUID


class CreateMeetingRequest(Asked):
    time_slot_id: UUID
    content: MeetingContent
    by_staff: bool = False
    key: str | None = None


class ReleaseRequest(Asked):
    time_slot_id: UUID


Request = ReserveRequest | BookRequest | CreateMeetingRequest | ReleaseRequest


class StartBooking(Message):
    """A run's input: its first reservation, so that the run acts on it even if the caller is gone; or what it adopts.

    `attempt` is the id of the update that brings the same request. `adopts` is a time slot whose run is gone: the new
    run begins with what the database has of the booking, and serves the requests that come as updates.
    """

    booking: BookingName
    attempt: str = ""
    request: ReserveRequest | None = None
    adopts: UUID | None = None


class TimeSlotOutcome(Asked):
    time_slot: TimeSlotKept


class MeetingOutcome(Asked):
    meeting: MeetingCreated


class ReleaseOutcome(Asked):
    """The time slot is given back."""


Outcome = TimeSlotOutcome | MeetingOutcome | ReleaseOutcome


class BookingStatus(StrEnum):
    """Where a booking is, as the search attribute `BookingStatus` shows it; the lower half are endings."""

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
    """A run's result."""

    status: BookingStatus
    time_slot_id: UUID | None = None
    meeting_id: UUID | None = None


UNAVAILABLE = "UNAVAILABLE"
"""Type of the failure of a step that could not be done in time: asking again is safe."""

BOOKING_OVER = "BOOKING_OVER"
"""Type of the failure of a request that met a run which was just ending: look what became of it, and ask again."""


class CalendarsRefreshed(Message):
    """How many calendars were read, and how many could not be."""

    read: int = 0
    failed: int = 0

    def plus(self, more: "CalendarsRefreshed") -> "CalendarsRefreshed":
        return CalendarsRefreshed(read=self.read + more.read, failed=self.failed + more.failed)


class RefreshCalendars(Message):
    """Which calendars are still to be read: those with ids after that one, `page` in each run."""

    after: UUID | None = None
    page: int = 100
    done: CalendarsRefreshed = CalendarsRefreshed()
