"""Tables of the organisation, locations, topics, customer types, employees, workdays and rooms."""

from datetime import time, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlmodel import Field, SQLModel

import storage.tables.columns  # noqa: F401 - it sets the naming convention of constraints
from domain.configuration import Capacity


def usual_priority() -> list[dict[str, Any]]:
    return [{"capacity": str(capacity)} for capacity in Capacity]


class OrganisationRow(SQLModel, table=True):
    """Table of one row: the settings of the organisation. `time_zone` is an IANA name.

    `slot_interval` is the time between two starts. `working_time_buffer` is the least time between a customer's booking
    and the start of the meeting. Only the employee's working time counts.
    """

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
    """A customer type to which a topic is open. A topic without rows in this table is open to every customer type."""

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


SECONDS_OF_THE_DAY: Final = (
    "numrange(extract(epoch FROM starts), CASE ends WHEN '00:00' THEN 86400 ELSE extract(epoch FROM ends) END)"
)


class WorkdayRow(SQLModel, table=True):
    """A working span of an employee on one weekday (ISO 8601: Monday is 1), in local time.

    If `ends` is 00:00, the span ends at midnight, at the end of the day.
    """

    __tablename__ = "workday"
    __table_args__ = (
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday_is_iso"),
        sa.CheckConstraint("starts < ends OR ends = '00:00'", name="is_not_overnight"),
        ExcludeConstraint(
            ("employee_id", "="),
            ("weekday", "="),
            (sa.text(SECONDS_OF_THE_DAY), "&&"),
            using="gist",
            name="working_spans_of_a_weekday_do_not_overlap",
        ),
    )

    employee_id: UUID = Field(primary_key=True, foreign_key="employee.id", ondelete="CASCADE")
    weekday: int = Field(primary_key=True)
    starts: time = Field(primary_key=True)
    ends: time
    location: str = Field(foreign_key="location.id")
    meeting_types: list[str] = Field(sa_type=ARRAY(sa.Text))


class EmployeeTopicRow(SQLModel, table=True):
    """A topic that an employee serves. Without rows in this table, the employee's own skills include every topic.

    The own skills of a member of competence groups count only with a row here or in `employee_customer_type`.
    """

    __tablename__ = "employee_topic"

    employee_id: UUID = Field(primary_key=True, foreign_key="employee.id", ondelete="CASCADE")
    topic_id: UUID = Field(primary_key=True, foreign_key="topic.id")


class EmployeeCustomerTypeRow(SQLModel, table=True):
    """A customer type that an employee serves. Without rows here, the employee's own skills include every one.

    The own skills of a member of competence groups count only with a row here or in `employee_topic`.
    """

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
