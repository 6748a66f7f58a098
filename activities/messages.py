"""What the steps of a booking are told and what they answer. Small, frozen, JSON; all instants are UTC.

They are stored in workflow histories for as long as those live: a field may be added with a default, never
renamed, retyped or removed.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field

from domain.meetings import BookedBy, MeetingType
from domain.time_slots import TimeSlotStatus


class Message(BaseModel):
    # Their values are personal data, and what cannot be read is told in logs.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class BookingName(Message):
    """Who books: the client, and the token that the client gave this booking."""

    client_id: str
    token: str


class WantedTimeSlot(Message):
    """What a reservation asks for. Without `employee_id` the best employee is chosen.

    `additional_employees` are held with it, all of them or nobody. `meeting_type`, `topic_id` and `customer_type_id`
    are those of its meeting, where they are known: then the rules are asked for such a meeting.
    """

    start: datetime
    end: datetime
    employee_id: UUID | None = None
    room_id: UUID | None = None
    service_group: str | None = None
    existing_meeting_id: UUID | None = None
    by_staff: bool = False
    additional_employees: tuple[UUID, ...] = ()
    meeting_type: MeetingType | None = None
    topic_id: UUID | None = None
    customer_type_id: UUID | None = None


class ReserveTimeSlot(Message):
    """`time_slot_id` is made by the workflow, so that a repeated step makes the same row.

    What the booking held before is given back in the same transaction; if the new slot cannot be had, the old one
    stays held. `asked_at` is the workflow's time: a step that wakes up late replaces nothing that was asked for later.
    `key` is the digest of an `Idempotency-Key`, under which the outcome is kept. `end_user` is the keyed digest of the
    end user for whom the client reserves.
    """

    booking: BookingName
    time_slot_id: UUID
    booking_key: UUID
    wanted: WantedTimeSlot
    asked_at: datetime | None = None
    key: str | None = None
    end_user: str | None = None


class TimeSlotKept(Message):
    """A time slot as the database has it. `kept_for` is how long from now, by the database's clock."""

    id: UUID
    version: int
    start: datetime
    end: datetime
    status: TimeSlotStatus
    employee_id: UUID
    room_id: UUID | None = None
    service_group: str | None = None
    date_created: datetime
    date_modified: datetime
    kept_until: datetime | None = None
    kept_for: timedelta | None = None
    additional_employees: tuple[UUID, ...] = ()


class BookTimeSlot(Message):
    """`version` is the one that the step was started for: a late repeat cannot change a newer slot."""

    time_slot_id: UUID
    version: int


class MeetingContent(Message):
    """What the caller says of the meeting.

    `keeps_team`: nothing was said of additional employees, so those who are held with the time slot take part.
    """

    booked_by: BookedBy
    customer_type_id: UUID
    topic_id: UUID
    type: MeetingType
    employee_id: UUID
    customer_id: str
    room_id: UUID | None = None
    title: str | None = None
    description: str | None = None
    additional_employees: tuple[UUID, ...] = ()
    salesforce_id: str | None = None
    keeps_team: bool = False


class CreateMeeting(Message):
    """`step_id` is the same on every worker that has the step; without one it is only ever this worker's.

    `key` is the digest of an `Idempotency-Key`, under which the outcome is kept.
    """

    step_id: UUID = Field(default_factory=uuid4)
    meeting_id: UUID
    time_slot_id: UUID
    version: int
    content: MeetingContent
    by_staff: bool = False
    key: str | None = None


class MeetingCreated(Message):
    """`wants_run`: there is something to do for it soon, so its booking gives it its run."""

    id: UUID
    time_slot_id: UUID
    start: datetime
    end: datetime
    room_id: UUID | None = None
    content: MeetingContent
    date_created: datetime
    date_modified: datetime
    wants_run: bool = True


class WithdrawMeeting(Message):
    meeting_id: UUID
    time_slot_id: UUID


class ReadBooking(Message):
    """`time_slot_id` is the slot that the run knows of; the booking may have got another one since.

    `given_up` has the time slots of reservations that the run waits for no more: those that are not made yet never are.
    """

    booking: BookingName
    time_slot_id: UUID | None = None
    given_up: tuple[UUID, ...] = ()


class BookingAsStored(Message):
    """What the database has of a booking: nothing, a slot that is kept until a deadline, or one with its meeting."""

    time_slot: TimeSlotKept | None = None
    meeting: MeetingCreated | None = None


class ReleaseCause(StrEnum):
    """Why a time slot is given back; written to the event log."""

    EXPIRED = "expired"
    RELEASED = "released"
    REPLACED = "replaced"
    CANCELLED = "cancelled"
    FAILED = "failed"
    MEETING_CANCELLED = "meeting_cancelled"


class ReleaseTimeSlot(Message):
    time_slot_id: UUID
    cause: ReleaseCause


class CalendarsWanted(Message):
    """A page of the calendars elsewhere, by id."""

    after: UUID | None = None
    limit: int = 100


class CalendarsListed(Message):
    ids: tuple[UUID, ...]


class RefreshCalendar(Message):
    calendar_id: UUID


class CalendarRefreshed(Message):
    """How many busy times it has ahead; why it could not be read, if so. Nothing of either: it is gone."""

    busy_times: int | None = None
    failure: str | None = None


class Refused(Message):
    """A domain error on its way through the engine, in the details of an `ApplicationError`."""

    reason: str
    message: str
    facts: dict[str, str | int | float | bool | list[dict[str, str]] | None] = {}
