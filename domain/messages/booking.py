"""Inputs and results of the steps of a booking. Messages are small, frozen and JSON; all instants are UTC.

Workflow histories keep these messages for as long as the histories exist. Therefore a field may be added with a
default, but never renamed, retyped or removed.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field

from domain.meetings import BookedBy, MeetingType
from domain.time_slots import TimeSlotStatus


class Message(BaseModel):
    # Field values are personal data, and validation errors are written to logs.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class BookingKey(Message):
    """Key of a booking: the client, and the token that the client gave to this booking."""

    client_id: str
    token: str


class WantedTimeSlot(Message):
    """Time slot that a reservation asks for. Without `employee_id` the best employee is chosen.

    The time of `additional_employees` is held together with the time slot, for all of them or for none.
    `meeting_type`, `topic_id` and `customer_type_id` describe the meeting, if they are known. The rules are then
    evaluated for such a meeting.
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
    """Input of the step that reserves a time slot.

    The workflow makes `time_slot_id`, so that a repeated step creates the same row. The booking's earlier hold is
    released in the same transaction. If the new time slot cannot be reserved, the earlier hold stays. `asked_at` is the
    workflow's time: a late step does not replace a time slot that was requested later. `key` is the digest of an
    `Idempotency-Key`, under which the outcome is stored. `end_user` is the keyed digest of the end user for whom the
    client reserves. `customer_id` is the client's name for the customer, if the client gave it.

    `booking_key` is the one of the new time slot (see `TimeSlotRow`). A time slot that is reserved to move a meeting
    gets the one of the meeting's time slot instead.
    """

    booking: BookingKey
    time_slot_id: UUID
    booking_key: UUID
    wanted: WantedTimeSlot
    asked_at: datetime | None = None
    key: str | None = None
    end_user: str | None = None
    customer_id: str | None = None


class TimeSlotSnapshot(Message):
    """Time slot as stored in the database.

    `kept_until` is the deadline of the hold. `kept_for` is the time from the query until the deadline, by the database
    clock. `employee_label` is the name or the initials of the employee for operators, if known. `hold_extended` is True
    if the hold was extended.
    """

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
    employee_label: str | None = None
    hold_extended: bool = False


class BookTimeSlot(Message):
    """Input of the step that marks a time slot `Booked`.

    `version` is the version that the step was started for, so that a late repeat cannot change a newer version.
    """

    time_slot_id: UUID
    version: int


class ExtendHold(Message):
    """Input of the step that extends the hold of a time slot.

    `version` is as in `BookTimeSlot`. `extension_id` is the id of the step. It is the same on every worker that runs
    the step, and in repeats of the request under one `Idempotency-Key`.
    """

    time_slot_id: UUID
    version: int
    extension_id: UUID


class MeetingContent(Message):
    """Fields of a meeting that the caller decides.

    `keeps_team`: the caller named no additional employees, so those held with the time slot take part.
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


class CreateMeetingStep(Message):
    """Input of the step that creates a meeting.

    `step_id` is the same on every worker that runs the step. If the message has none, each worker makes its own.
    `key` is the digest of an `Idempotency-Key`, under which the outcome is stored.
    """

    step_id: UUID = Field(default_factory=uuid4)
    meeting_id: UUID
    time_slot_id: UUID
    version: int
    content: MeetingContent
    by_staff: bool = False
    key: str | None = None


class MeetingCreated(Message):
    """Meeting that a step created.

    `wants_run`: the meeting has work soon, so the workflow of the booking starts the meeting's run.
    """

    id: UUID
    time_slot_id: UUID
    start: datetime
    end: datetime
    room_id: UUID | None = None
    content: MeetingContent
    date_created: datetime
    date_modified: datetime
    wants_run: bool = True


class CancelledBy(StrEnum):
    """Party that ended a booking or cancelled a meeting, as published in events.

    `CLIENT` is the client that owns the booking or the meeting. `STAFF` is another client, with the scope
    `bookme.staff`. `OPERATOR` is an operator of BookMe. `SYSTEM` is BookMe itself, because of a failure.
    """

    CLIENT = "client"
    STAFF = "staff"
    OPERATOR = "operator"
    SYSTEM = "system"


class Cancellation(Message):
    """Party that ended a booking or cancelled a meeting, and its reason. None means that it is not known."""

    cancelled_by: CancelledBy | None = None
    reason: str | None = None

    @property
    def facts(self) -> dict[str, str]:
        """The members of an event's data: `cancelledBy` and `reason`, without those that are not known."""
        known = {"cancelledBy": self.cancelled_by, "reason": self.reason}
        return {name: str(value) for name, value in known.items() if value is not None}


class WithdrawMeeting(Cancellation):
    meeting_id: UUID
    time_slot_id: UUID


class ReadBooking(Message):
    """Input of the step that reads a booking.

    `time_slot_id` is the time slot that the run knows; the booking may have another one by now. `given_up` are the time
    slots of reservations that the run no longer waits for. Those that do not exist yet are refused for good.
    """

    booking: BookingKey
    time_slot_id: UUID | None = None
    given_up: tuple[UUID, ...] = ()


class BookingSnapshot(Message):
    """State of a booking in the database.

    Both fields are None if the booking has no time slot: never reserved, or ended. A `time_slot` alone is a hold, or a
    `Booked` time slot that waits for its meeting. Both have a deadline. With a `meeting`, the booking is complete.
    """

    time_slot: TimeSlotSnapshot | None = None
    meeting: MeetingCreated | None = None


class ReleaseCause(StrEnum):
    """Cause of the release of a time slot, as written to the event log."""

    EXPIRED = "expired"
    RELEASED = "released"
    REPLACED = "replaced"
    CANCELLED = "cancelled"
    FAILED = "failed"
    MEETING_CANCELLED = "meeting_cancelled"


class ReleaseTimeSlot(Cancellation):
    time_slot_id: UUID
    cause: ReleaseCause


class CalendarsWanted(Message):
    """Request for a page of the external calendars, in the order of their ids: those after the id `after`."""

    after: UUID | None = None
    limit: int = 100


class CalendarsListed(Message):
    ids: tuple[UUID, ...]


class RefreshCalendar(Message):
    calendar_id: UUID


class CalendarRefreshed(Message):
    """Result of the refresh of a calendar.

    `busy_times` is the number of future busy times. `failure` says why the calendar could not be read, if so. Both are
    None if the calendar does not exist any more.
    """

    busy_times: int | None = None
    failure: str | None = None


class Refused(Message):
    """Domain error in the details of an `ApplicationError`, as it passes through the workflow engine."""

    reason: str
    message: str
    facts: dict[str, str | int | float | bool | list[dict[str, str]] | None] = {}
