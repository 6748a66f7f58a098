"""Tables of closing days, competence groups, service groups and external calendars.

They refer to `storage.tables.organisation`. A row to which another row refers cannot be deleted, unless the foreign key
cascades.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

import storage.tables.organisation  # noqa: F401 - foreign keys refer to its tables by name
from storage.tables.columns import INSTANT


class ClosingDayRow(SQLModel, table=True):
    """A local date on which the organisation is closed."""

    __tablename__ = "closing_day"

    day: date = Field(primary_key=True)
    name: str = ""


class CompetenceGroupRow(SQLModel, table=True):
    """A competence group. Its members have its topics and customer types, and those of all its parent groups."""

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
    """A group of employees who serve other locations than their own, for meetings of the `meeting_types`."""

    __tablename__ = "service_group"

    id: UUID = Field(primary_key=True)
    name: str = Field(unique=True)
    label: str | None = None
    meeting_types: list[str] = Field(default_factory=list, sa_type=ARRAY(sa.Text))
    max_meeting_time_per_day: timedelta | None = Field(default=None, sa_type=sa.Interval)


class ServiceGroupTopicRow(SQLModel, table=True):
    """A topic for which the group is used. A group without rows in this table is used for every topic."""

    __tablename__ = "service_group_topic"

    group_id: UUID = Field(primary_key=True, foreign_key="service_group.id", ondelete="CASCADE")
    topic_id: UUID = Field(primary_key=True, foreign_key="topic.id")


class ServiceGroupCustomerTypeRow(SQLModel, table=True):
    """A customer type for which the group is used. A group without rows in this table is used for every one."""

    __tablename__ = "service_group_customer_type"

    group_id: UUID = Field(primary_key=True, foreign_key="service_group.id", ondelete="CASCADE")
    customer_type_id: UUID = Field(primary_key=True, foreign_key="customer_type.id")


class ServiceGroupCustomerLocationRow(SQLModel, table=True):
    """A customer location for which the group is used. A group without rows in this table is used for every one."""

    __tablename__ = "service_group_customer_location"

    group_id: UUID = Field(primary_key=True, foreign_key="service_group.id", ondelete="CASCADE")
    location_id: str = Field(primary_key=True, foreign_key="location.id")


class ServiceGroupLocationRow(SQLModel, table=True):
    """A location where the group holds physical meetings. A group without rows in this table holds none."""

    __tablename__ = "service_group_location"

    group_id: UUID = Field(primary_key=True, foreign_key="service_group.id", ondelete="CASCADE")
    location_id: str = Field(primary_key=True, foreign_key="location.id")


class ServiceGroupMemberRow(SQLModel, table=True):
    __tablename__ = "service_group_member"

    group_id: UUID = Field(primary_key=True, foreign_key="service_group.id", ondelete="CASCADE")
    employee_id: UUID = Field(primary_key=True, foreign_key="employee.id", ondelete="CASCADE")


class CalendarRow(SQLModel, table=True):
    """An external calendar of an employee or a room: a feed, which has a `url`, or an uploaded file.

    Its busy times are rows of `time_slot`. `content` is the last calendar that was read, reduced to the properties that
    determine times. From `content`, recurring events are expanded again as time passes, even while the feed cannot be
    read. `failure` is the reason why the last reading failed, or None if it succeeded.
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
