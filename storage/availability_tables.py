"""The tables of what the availability rules need beyond the basics: groups, closing days, calendars elsewhere.

They refer to `storage.organisation_tables`. What something else names cannot be deleted.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

import storage.organisation_tables  # noqa: F401 - its tables are referred to by their names
from storage.columns import INSTANT


class ClosingDayRow(SQLModel, table=True):
    """A day on which the organisation is closed, by its local date."""

    __tablename__ = "closing_day"

    day: date = Field(primary_key=True)
    name: str = ""


class CompetenceGroupRow(SQLModel, table=True):
    """Members of a group have its topics and customer types, and those of the groups above it."""

    __tablename__ = "competence_group"

    id: UUID = Field(primary_key=True)
    name: str = Field(unique=True)
    parent_id: UUID | None = Field(default=None, foreign_key="competence_group.id")


class CompetenceGroupTopicRow(SQLModel, table=True):
    __tablename__ = "competence_group_topic"

    group_id: UUID = Field(primary_key=True, foreign_key="competence_group.id", ondelete="CASCADE")
    topic_id: UUID = Field(primary_key=True, foreign_key="topic.id")


class CompetenceGroupCustomerTypeRow(SQLModel, table=True):
    __tablename__ = "competence_group_customer_type"

    group_id: UUID = Field(primary_key=True, foreign_key="competence_group.id", ondelete="CASCADE")
    customer_type_id: UUID = Field(primary_key=True, foreign_key="customer_type.id")


class CompetenceGroupMemberRow(SQLModel, table=True):
    __tablename__ = "competence_group_member"

    group_id: UUID = Field(primary_key=True, foreign_key="competence_group.id", ondelete="CASCADE")
    employee_id: UUID = Field(primary_key=True, foreign_key="employee.id", ondelete="CASCADE")


class ServiceGroupRow(SQLModel, table=True):
    """Employees who serve other locations than their own. The meeting types are part of its service level."""

    __tablename__ = "service_group"

    id: UUID = Field(primary_key=True)
    name: str = Field(unique=True)
    label: str | None = None
    meeting_types: list[str] = Field(default_factory=list, sa_type=ARRAY(sa.Text))
    max_meeting_time_per_day: timedelta | None = Field(default=None, sa_type=sa.Interval)


class ServiceGroupTopicRow(SQLModel, table=True):
    """A topic that calls the group in; without rows here any does."""

    __tablename__ = "service_group_topic"

    group_id: UUID = Field(primary_key=True, foreign_key="service_group.id", ondelete="CASCADE")
    topic_id: UUID = Field(primary_key=True, foreign_key="topic.id")


class ServiceGroupCustomerTypeRow(SQLModel, table=True):
    """A customer type that calls the group in; without rows here any does."""

    __tablename__ = "service_group_customer_type"

    group_id: UUID = Field(primary_key=True, foreign_key="service_group.id", ondelete="CASCADE")
    customer_type_id: UUID = Field(primary_key=True, foreign_key="customer_type.id")


class ServiceGroupCustomerLocationRow(SQLModel, table=True):
    """A customer location that calls the group in; without rows here any does."""

    __tablename__ = "service_group_customer_location"

    group_id: UUID = Field(primary_key=True, foreign_key="service_group.id", ondelete="CASCADE")
    location_id: str = Field(primary_key=True, foreign_key="location.id")


class ServiceGroupLocationRow(SQLModel, table=True):
    """A location that the group serves with physical meetings; without rows here it holds none."""

    __tablename__ = "service_group_location"

    group_id: UUID = Field(primary_key=True, foreign_key="service_group.id", ondelete="CASCADE")
    location_id: str = Field(primary_key=True, foreign_key="location.id")


class ServiceGroupMemberRow(SQLModel, table=True):
    __tablename__ = "service_group_member"

    group_id: UUID = Field(primary_key=True, foreign_key="service_group.id", ondelete="CASCADE")
    employee_id: UUID = Field(primary_key=True, foreign_key="employee.id", ondelete="CASCADE")


class CalendarRow(SQLModel, table=True):
    """A calendar elsewhere of an employee or a room: a feed, which has a `url`, or a file.

    Its busy times are time slots. `content` is what was last read of it, without what does not say when: from it, what
    recurs is expanded anew as time goes on, also while the feed cannot be read. `failure` says why the last try failed,
    None if it did not.
    """

    __tablename__ = "calendar"
    __table_args__ = (
        sa.CheckConstraint("num_nonnulls(employee_id, room_id) = 1", name="has_one_owner"),
        sa.Index("calendar_by_employee", "employee_id"),
        sa.Index("calendar_by_room", "room_id"),
    )

    id: UUID = Field(primary_key=True)
    employee_id: UUID | None = Field(default=None, foreign_key="employee.id", ondelete="CASCADE")
    room_id: UUID | None = Field(default=None, foreign_key="room.id", ondelete="CASCADE")
    name: str
    url: str | None = None
    content: str | None = None
    busy_times: int = 0
    imported_at: datetime | None = Field(default=None, sa_type=INSTANT)
    failed_at: datetime | None = Field(default=None, sa_type=INSTANT)
    failure: str | None = None
