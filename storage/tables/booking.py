"""Tables of time slots, meetings, booking events, refused steps, end user holds and idempotency keys."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlmodel import Field, SQLModel

import storage.tables.availability  # noqa: F401 - foreign keys refer to its tables by name
from domain.time_slots import HELD, TimeSlotStatus
from storage.tables.columns import INSTANT

IS_HOLD = "hold_expires_at IS NOT NULL"
IS_TO_MOVE = "existing_meeting_id IS NOT NULL AND hold_expires_at IS NOT NULL"
IS_NO_BOOKING = "status NOT IN ('Reserved', 'Booked')"
HAS_TEXTS = "(title IS NOT NULL OR description IS NOT NULL OR video_link IS NOT NULL OR cancel_reason IS NOT NULL)"
HAS_NO_RUN = "run_opened_at IS NULL AND cancelled_at IS NULL"
HAS_CUSTOMER = "customer_id IS NOT NULL"
HOLD_HAS_AN_OWNER = (
    "hold_expires_at IS NULL OR (client_id IS NOT NULL AND (reservation_token IS NOT NULL OR companion_of IS NOT NULL))"
)
HAS_AN_OWNER = "employee_id IS NOT NULL OR (room_id IS NOT NULL AND calendar_id IS NOT NULL)"


def one_of(statuses: Iterable[TimeSlotStatus]) -> str:
    return "status IN ({})".format(", ".join(f"'{status}'" for status in statuses))


def forbid_overlap(resource: str) -> ExcludeConstraint:
    return ExcludeConstraint(
        (f"{resource}_id", "="),
        ("booking_key", "<>"),
        (sa.text("tstzrange(start_at, end_at)"), "&&"),
        where=sa.text(one_of(sorted(HELD))),
        using="gist",
        name=f"no_two_bookings_of_one_{resource}_overlap",
    )


def no_employees() -> sa.Column[list[UUID]]:
    return sa.Column("additional_employees", ARRAY(sa.Uuid), nullable=False, server_default=sa.text("'{}'"))


class TimeSlotRow(SQLModel, table=True):
    """Time of an employee, optionally with a room: held by a booking, or busy for another reason.

    Only a time slot from the external calendar of a room has a room and no employee.

    `hold_expires_at` is the deadline of a time slot that has no meeting yet. After the deadline the time slot blocks no
    booking, even if its row still exists. `version` counts the changes of the time slot. `asked_at` orders the
    reservations of one booking. `existing_meeting_id` is the meeting that the time slot was reserved to move.
    `customer_id` is the client's name for the customer, if the client gave it with the reservation. `extension_id` is
    the id of the step that extended the hold, or None if the hold was not extended.

    A time slot has an attendee slot for each of its `additional_employees`. An attendee slot is a row with the same
    interval, status, deadline and `booking_key`, and without a token. `companion_of` is the id of the time slot, with
    which the attendee slot is deleted.

    Time slots with the same `booking_key` may overlap each other: a time slot, its attendee slots, and a time slot that
    is reserved to move the meeting.
    """

    __tablename__ = "time_slot"
    __table_args__ = (
        sa.CheckConstraint("start_at < end_at", name="ends_after_it_starts"),
        sa.CheckConstraint(one_of(TimeSlotStatus), name="status_is_known"),
        sa.CheckConstraint(HOLD_HAS_AN_OWNER, name="hold_has_an_owner"),
        sa.CheckConstraint(HAS_AN_OWNER, name="has_an_employee_or_a_rooms_calendar"),
        forbid_overlap("employee"),
        forbid_overlap("room"),
        sa.Index(
            "one_hold_per_token", "client_id", "reservation_token", unique=True, postgresql_where=sa.text(IS_HOLD)
        ),
        # By end: queries ask for future time, and the number of past time slots grows without limit.
        sa.Index("time_slot_by_employee", "employee_id", "end_at"),
        sa.Index("time_slot_by_room", "room_id", "end_at"),
        sa.Index("time_slot_by_end", "end_at"),
        sa.Index("time_slot_without_booking_by_end", "end_at", postgresql_where=sa.text(IS_NO_BOOKING)),
        sa.Index("hold_to_move_a_meeting", "existing_meeting_id", postgresql_where=sa.text(IS_TO_MOVE)),
    )

    id: UUID = Field(primary_key=True)
    start_at: datetime = Field(sa_type=INSTANT)
    end_at: datetime = Field(sa_type=INSTANT)
    status: TimeSlotStatus = Field(sa_type=sa.Text)
    employee_id: UUID | None = Field(default=None, foreign_key="employee.id")
    room_id: UUID | None = Field(default=None, foreign_key="room.id")
    service_group: str | None = None
    booking_key: UUID
    calendar_id: UUID | None = Field(default=None, foreign_key="calendar.id", ondelete="CASCADE", index=True)
    version: int = 1
    hold_expires_at: datetime | None = Field(default=None, sa_type=INSTANT)
    client_id: str | None = None
    reservation_token: str | None = None
    asked_at: datetime | None = Field(default=None, sa_type=INSTANT)
    companion_of: UUID | None = Field(default=None, foreign_key="time_slot.id", ondelete="CASCADE", index=True)
    additional_employees: list[UUID] = Field(default_factory=list, sa_column=no_employees())
    existing_meeting_id: UUID | None = None
    customer_id: str | None = None
    extension_id: UUID | None = None
    created_at: datetime = Field(sa_type=INSTANT)
    modified_at: datetime = Field(sa_type=INSTANT)

    @property
    def required_employee_id(self) -> UUID:
        """The employee id of a time slot that is not from the calendar of a room."""
        assert self.employee_id is not None, "a constraint"  # noqa: S101 - for the type checker
        return self.employee_id


class AvailabilityChangeRow(SQLModel, table=True):
    """A change of an owner's time or of the configuration, with the number of its transaction.

    Triggers of migration 0022 write it, and `storage.availability.changes` reads it.
    """

    __tablename__ = "availability_change"

    xid: int = Field(sa_column=sa.Column(sa.BigInteger, primary_key=True, autoincrement=False))
    owner_id: UUID = Field(primary_key=True)
    removed_to: int | None = Field(default=None, sa_type=sa.BigInteger)


class MeetingRow(SQLModel, table=True):
    """A meeting in one time slot. A cancelled meeting has no time slot, and its row stays, as it was last planned.

    `start_at` and `end_at` are those of the time slot. `cancelled_by` is a `CancelledBy`, or None for a meeting that
    was cancelled before this column existed.

    `sequence` counts the changes of the meeting: it is the version in `ETag` and iCalendar. `run_opened_at` is the time
    at which a sweep recorded that the workflow of the meeting runs. It is None for a meeting in the far future, and for
    a meeting whose run was not started by a sweep.
    """

    __tablename__ = "meeting"
    __table_args__ = (
        sa.CheckConstraint(
            "(time_slot_id IS NULL) = (cancelled_at IS NOT NULL)", name="has_its_time_slot_or_is_cancelled"
        ),
        sa.Index("meeting_by_modified_at", "modified_at", "id"),
        sa.Index("meeting_by_start_at", "start_at", "id"),
        sa.Index("meeting_by_client_and_modified_at", "client_id", "modified_at", "id"),
        sa.Index("meeting_by_client_and_start_at", "client_id", "start_at", "id"),
        sa.Index("meeting_by_customer", "customer_id"),
        sa.Index("meeting_by_employee", "employee_id", "end_at"),
        sa.Index("meeting_by_additional_employee", "additional_employees", postgresql_using="gin"),
        sa.Index("meeting_with_texts_by_end", "end_at", postgresql_where=sa.text(HAS_TEXTS)),
        sa.Index("meeting_without_a_run", "start_at", "id", postgresql_where=sa.text(HAS_NO_RUN)),
    )

    id: UUID = Field(primary_key=True)
    time_slot_id: UUID | None = Field(foreign_key="time_slot.id", unique=True)
    start_at: datetime = Field(sa_type=INSTANT)
    end_at: datetime = Field(sa_type=INSTANT)
    client_id: str
    booked_by: str
    type: str
    topic_id: UUID = Field(foreign_key="topic.id")
    customer_type_id: UUID = Field(foreign_key="customer_type.id")
    employee_id: UUID = Field(foreign_key="employee.id")
    room_id: UUID | None = Field(default=None, foreign_key="room.id")
    customer_id: str
    title: str | None = None
    description: str | None = None
    video_link: str | None = None
    additional_employees: list[UUID] = Field(default_factory=list, sa_type=ARRAY(sa.Uuid))
    salesforce_id: str | None = None
    sequence: int = 0
    cancelled_at: datetime | None = Field(default=None, sa_type=INSTANT)
    cancel_reason: str | None = None
    cancelled_by: str | None = None
    run_opened_at: datetime | None = Field(default=None, sa_type=INSTANT)
    created_at: datetime = Field(sa_type=INSTANT)
    modified_at: datetime = Field(sa_type=INSTANT)


class BookingEventRow(SQLModel, table=True):
    """An event about a booking, written in the transaction of the change. Append-only.

    `customer_id` is the client's name for the customer, if it is known; it is never published. `facts` are published;
    a `reason` among them is free text of a client or an operator. `position` is the place in the published log, or None
    before the event is published. Ids may become visible out of order, but positions never do. `public_id` is the id in
    the log and in webhooks. It is random, because after a restore of an earlier database state the sequence of `id`
    gives the same numbers to other events.

    `booking_key` is the one of the time slot. A webhook gets the events with the same `booking_key` one after another.
    `traceparent` is the place of the event in the trace of its request (W3C Trace Context), if the request is traced.
    """

    __tablename__ = "booking_event"
    __table_args__ = (
        sa.Index("booking_event_by_time_slot", "time_slot_id", "id"),
        sa.Index("booking_event_by_meeting", "meeting_id", "id"),
        sa.Index("booking_event_by_client_position", "client_id", "position"),
        sa.Index("booking_event_by_customer", "customer_id", "id", postgresql_where=sa.text(HAS_CUSTOMER)),
        sa.Index("booking_event_by_token", "reservation_token", "id"),
        sa.Index("booking_event_by_at", "at", postgresql_using="brin"),
        sa.Index("booking_event_unpublished", "id", postgresql_where=sa.text("position IS NULL")),
    )

    id: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True))
    at: datetime = Field(sa_type=INSTANT)
    kind: str
    client_id: str
    reservation_token: str
    time_slot_id: UUID
    meeting_id: UUID | None = None
    booking_key: UUID
    customer_id: str | None = None
    position: int | None = Field(default=None, sa_type=sa.BigInteger, unique=True)
    public_id: UUID | None = Field(
        default=None, sa_column=sa.Column(sa.Uuid, nullable=False, server_default=sa.text("gen_random_uuid()"))
    )
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    traceparent: str | None = None


class RefusedStepRow(SQLModel, table=True):
    """The refusal of a step. The `step_id` of a step that creates a time slot is the id of the time slot."""

    __tablename__ = "refused_step"
    __table_args__ = (sa.Index("refused_step_by_refused_at", "refused_at"),)

    step_id: UUID = Field(primary_key=True)
    reason: str
    message: str
    facts: dict[str, Any] = Field(sa_type=JSONB)
    refused_at: datetime = Field(sa_type=INSTANT)


class EndUserHoldRow(SQLModel, table=True):
    """A time slot that was held for an end user of a client. `end_user` is a keyed digest. Rows are kept for a day.

    A row stays when its time slot is deleted, because rows count repeated holds of the same time. An extension of a
    hold has a row of its own, with the id of the extension as `time_slot_id`.
    """

    __tablename__ = "end_user_hold"
    __table_args__ = (sa.Index("end_user_hold_by_end_user", "end_user", "at"), sa.Index("end_user_hold_by_at", "at"))

    time_slot_id: UUID = Field(primary_key=True)
    end_user: str
    start_at: datetime = Field(sa_type=INSTANT)
    end_at: datetime = Field(sa_type=INSTANT)
    employees: list[UUID] = Field(sa_type=ARRAY(sa.Uuid))
    room_id: UUID | None = None
    at: datetime = Field(sa_type=INSTANT)


class DigestKeyRow(SQLModel, table=True):
    """Table of one row: the secret key with which the ids of end users are hashed."""

    __tablename__ = "digest_key"
    __table_args__ = (sa.CheckConstraint("id = 1", name="is_one"),)

    id: int = Field(default=1, primary_key=True)
    key: bytes


class IdempotencyKeyRow(SQLModel, table=True):
    """The request to which an `Idempotency-Key` is assigned, and the outcome of the request once it is decided.

    `key` is a digest of the client and the client's key. `made` names the resource that the request created, changed or
    returned. `refused` is the refusal with which the request was answered.
    """

    __tablename__ = "idempotency_key"
    __table_args__ = (
        sa.CheckConstraint("made IS NULL OR refused IS NULL", name="has_one_outcome"),
        sa.Index("idempotency_key_by_used_at", "used_at"),
    )

    key: str = Field(primary_key=True)
    fingerprint: str
    used_at: datetime = Field(sa_type=INSTANT)
    made: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    refused: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
