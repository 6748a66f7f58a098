"""The tables of time slots, of meetings, and of what happened to them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlmodel import Field, SQLModel

import storage.availability_tables  # noqa: F401 - its tables are referred to by their names
from domain.time_slots import HELD, TimeSlotStatus
from storage.columns import INSTANT

IS_HOLD = "hold_expires_at IS NOT NULL"
IS_TO_MOVE = "existing_meeting_id IS NOT NULL AND hold_expires_at IS NOT NULL"
HAS_NO_RUN = "run_opened_at IS NULL AND cancelled_at IS NULL"
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
    """Time of an employee and perhaps a room: held by a booking, or busy for another reason.

    Only what comes from a calendar of a room is of a room alone.

    `hold_expires_at` is until when a booking keeps a slot that has no meeting yet; after that instant the slot
    blocks nobody, whether or not anything has removed its row. `version` counts the changes of the slot, and
    `asked_at` orders the reservations of one booking.

    A slot for several employees has a companion for each of its `additional_employees`: a row that lives and ends
    with it (`companion_of`), has its interval, status, deadline and `booking_key`, and no token of its own.
    `existing_meeting_id` is the meeting that it was reserved to move.
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
        # By their ends: what is looked for lies ahead, and what has ended grows for ever.
        sa.Index("time_slot_by_employee", "employee_id", "end_at"),
        sa.Index("time_slot_by_room", "room_id", "end_at"),
        sa.Index("time_slot_by_end", "end_at"),
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
    created_at: datetime = Field(sa_type=INSTANT)
    modified_at: datetime = Field(sa_type=INSTANT)

    @property
    def required_employee_id(self) -> UUID:
        """The employee's id, of a time slot that does not come from a room's calendar."""
        assert self.employee_id is not None, "a constraint"  # noqa: S101 - for the type checker
        return self.employee_id


class MeetingRow(SQLModel, table=True):
    """One meeting, of one time slot. A cancelled one has none any more, and stays for those who are still to be told.

    `sequence` counts its changes: it is the version that `ETag` and iCalendar show. `run_opened_at` is when a sweep
    noted that its workflow runs; None for one that is far ahead, and for one whose run was started otherwise.
    """

    __tablename__ = "meeting"
    __table_args__ = (
        sa.CheckConstraint(
            "(time_slot_id IS NULL) = (cancelled_at IS NOT NULL)", name="has_its_time_slot_or_is_cancelled"
        ),
        sa.Index("meeting_by_modified_at", "modified_at", "id"),
        sa.Index("meeting_by_employee", "employee_id", "end_at"),
        sa.Index("meeting_by_additional_employee", "additional_employees", postgresql_using="gin"),
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
    run_opened_at: datetime | None = Field(default=None, sa_type=INSTANT)
    created_at: datetime = Field(sa_type=INSTANT)
    modified_at: datetime = Field(sa_type=INSTANT)


class BookingEventRow(SQLModel, table=True):
    """What happened, append-only, written in the transaction that made it happen. Holds no personal data.

    `position` is its place in the published log, None until it is published: ids may become visible out of order,
    positions never do. `public_id` is its id in the log and in webhooks. It is random: after the database was restored
    to an earlier moment, the sequence of `id` gives the same numbers to other events.
    """

    __tablename__ = "booking_event"
    __table_args__ = (
        sa.Index("booking_event_by_time_slot", "time_slot_id", "id"),
        sa.Index("booking_event_by_meeting", "meeting_id", "id"),
        sa.Index("booking_event_by_client_position", "client_id", "position"),
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
    position: int | None = Field(default=None, sa_type=sa.BigInteger, unique=True)
    public_id: UUID | None = Field(
        default=None, sa_column=sa.Column(sa.Uuid, nullable=False, server_default=sa.text("gen_random_uuid()"))
    )
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)


class RefusedStepRow(SQLModel, table=True):
    """A step that was refused for this reason. One that makes a time slot has the id of that."""

    __tablename__ = "refused_step"

    step_id: UUID = Field(primary_key=True)
    reason: str
    message: str
    facts: dict[str, Any] = Field(sa_type=JSONB)
    refused_at: datetime = Field(sa_type=INSTANT)


class EndUserHoldRow(SQLModel, table=True):
    """A time slot that was held for an end user of a client, who is stored as a keyed digest. Kept for a day.

    It stays when the time slot ends: it counts how often the same time is held again.
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
    """One row: the secret key of the digests of end users."""

    __tablename__ = "digest_key"
    __table_args__ = (sa.CheckConstraint("id = 1", name="is_one"),)

    id: int = Field(default=1, primary_key=True)
    key: bytes


class IdempotencyKeyRow(SQLModel, table=True):
    """The request that an `Idempotency-Key` stands for, and its outcome once that is decided.

    `key` is a digest of the client and its key. `made` names the resource that the request made, changed or showed;
    `refused` is the refusal that the request was answered with.
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
