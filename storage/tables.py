"""The tables. They never leave this package's callers as they are: HTTP and Temporal have messages of their own.

A `SQLModel` table does not validate what it is given; what comes in has been validated before.
All instants are `timestamptz`; intervals are half-open `[start_at, end_at)`.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlmodel import Field, SQLModel

from domain.configuration import Capacity
from domain.time_slots import HELD, TimeSlotStatus

NAMING = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_is_unique",
    "ix": "%(table_name)s_by_%(column_0_N_name)s",
    "ck": "%(table_name)s_%(constraint_name)s",
}
SQLModel.metadata.naming_convention = NAMING

INSTANT = sa.DateTime(timezone=True)
IS_HOLD = "hold_expires_at IS NOT NULL"
HAS_NO_RUN = "run_opened_at IS NULL AND cancelled_at IS NULL"
HOLD_HAS_AN_OWNER = (
    "hold_expires_at IS NULL OR (client_id IS NOT NULL AND (reservation_token IS NOT NULL OR companion_of IS NOT NULL))"
)


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


def usual_priority() -> list[dict[str, Any]]:
    return [{"capacity": str(capacity)} for capacity in Capacity]


class OrganisationRow(SQLModel, table=True):
    """One row: the settings that every search obeys. `time_zone` is an IANA name."""

    __tablename__ = "organisation"
    __table_args__ = (sa.CheckConstraint("id = 1", name="is_one"),)

    id: int = Field(default=1, primary_key=True)
    name: str
    email: str
    time_zone: str
    slot_interval: timedelta = Field(default=timedelta(minutes=30), sa_type=sa.Interval)
    default_duration: timedelta = Field(default=timedelta(hours=1), sa_type=sa.Interval)
    default_look_forward: timedelta = Field(default=timedelta(days=7), sa_type=sa.Interval)
    max_look_forward: timedelta = Field(default=timedelta(days=31), sa_type=sa.Interval)
    max_time_from_booking_to_meeting: timedelta = Field(default=timedelta(days=180), sa_type=sa.Interval)
    buffer_between_meetings: timedelta = Field(default=timedelta(0), sa_type=sa.Interval)
    working_time_buffer: timedelta = Field(default=timedelta(0), sa_type=sa.Interval)
    opens: time | None = None
    closes: time | None = None
    max_meeting_time_per_day: timedelta | None = Field(default=None, sa_type=sa.Interval)
    priority_levels: list[dict[str, Any]] = Field(default_factory=usual_priority, sa_type=JSONB)
    calendar_title: str | None = None
    calendar_description: str | None = None


class LocationRow(SQLModel, table=True):
    __tablename__ = "location"

    id: str = Field(primary_key=True)
    display_name: str
    require_available_room: bool = False
    add_rooms_to_booked_meetings: bool = True


class TopicRow(SQLModel, table=True):
    __tablename__ = "topic"

    id: UUID = Field(primary_key=True)
    unique_topic_id: str = Field(unique=True)
    name: str
    parent_id: UUID | None = Field(default=None, foreign_key="topic.id")
    order: int | None = None
    is_customer_bookable: bool = True


class CustomerTypeRow(SQLModel, table=True):
    __tablename__ = "customer_type"

    id: UUID = Field(primary_key=True)
    name: str = Field(unique=True)


class TopicCustomerTypeRow(SQLModel, table=True):
    """A topic without rows here is open to every customer type."""

    __tablename__ = "topic_customer_type"

    topic_id: UUID = Field(primary_key=True, foreign_key="topic.id", ondelete="CASCADE")
    customer_type_id: UUID = Field(primary_key=True, foreign_key="customer_type.id")


class EmployeeRow(SQLModel, table=True):
    __tablename__ = "employee"

    id: UUID = Field(primary_key=True)
    display_name: str
    first_name: str
    last_name: str
    email: str
    initials: str
    location: str | None = Field(default=None, foreign_key="location.id")
    external_id: str | None = None
    can_be_booked: bool = True
    is_only_explicitly_available: bool = False
    max_meeting_time_per_day: timedelta | None = Field(default=None, sa_type=sa.Interval)


class WorkdayRow(SQLModel, table=True):
    """One weekday (ISO 8601, Monday is 1) of an employee; from/to in the organisation's local time."""

    __tablename__ = "workday"
    __table_args__ = (
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday_is_iso"),
        sa.CheckConstraint("starts < ends OR ends = '00:00'", name="is_not_overnight"),
    )

    employee_id: UUID = Field(primary_key=True, foreign_key="employee.id", ondelete="CASCADE")
    weekday: int = Field(primary_key=True)
    starts: time
    ends: time
    location: str = Field(foreign_key="location.id")
    meeting_types: list[str] = Field(sa_type=ARRAY(sa.Text))


class EmployeeTopicRow(SQLModel, table=True):
    """An employee without rows here serves every topic."""

    __tablename__ = "employee_topic"

    employee_id: UUID = Field(primary_key=True, foreign_key="employee.id", ondelete="CASCADE")
    topic_id: UUID = Field(primary_key=True, foreign_key="topic.id")


class EmployeeCustomerTypeRow(SQLModel, table=True):
    """An employee without rows here serves every customer type."""

    __tablename__ = "employee_customer_type"

    employee_id: UUID = Field(primary_key=True, foreign_key="employee.id", ondelete="CASCADE")
    customer_type_id: UUID = Field(primary_key=True, foreign_key="customer_type.id")


class RoomRow(SQLModel, table=True):
    __tablename__ = "room"

    id: UUID = Field(primary_key=True)
    name: str
    email: str
    location: str = Field(foreign_key="location.id")
    can_be_booked: bool = True


class TimeSlotRow(SQLModel, table=True):
    """Time of an employee and perhaps a room: held by a booking, or busy for another reason.

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
        forbid_overlap("employee"),
        forbid_overlap("room"),
        sa.Index(
            "one_hold_per_token", "client_id", "reservation_token", unique=True, postgresql_where=sa.text(IS_HOLD)
        ),
        # By their ends: what is looked for lies ahead, and what has ended grows for ever.
        sa.Index("time_slot_by_employee", "employee_id", "end_at"),
        sa.Index("time_slot_by_room", "room_id", "end_at"),
        sa.Index("time_slot_by_end", "end_at"),
    )

    id: UUID = Field(primary_key=True)
    start_at: datetime = Field(sa_type=INSTANT)
    end_at: datetime = Field(sa_type=INSTANT)
    status: TimeSlotStatus = Field(sa_type=sa.Text)
    employee_id: UUID = Field(foreign_key="employee.id")
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
    positions never do.
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
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)


class IdempotencyKeyRow(SQLModel, table=True):
    """Which request a client's `Idempotency-Key` stands for."""

    __tablename__ = "idempotency_key"

    client_id: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: str
    used_at: datetime = Field(sa_type=INSTANT)
