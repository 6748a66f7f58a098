"""Schemas of the configuration of employees, rooms and locations."""

from datetime import time
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any, Final, Self

from pydantic import Field, StrictBool, StrictInt, field_validator, model_validator

from api.schemas.base import examples
from api.schemas.base.addresses import STORED, MailAddress, OptionalMailAddress
from api.schemas.base.common import AnyCase, Body, Line, LocalTime, Name, Span, any_case
from api.schemas.base.examples import example
from api.schemas.base.ids import CustomerTypeId, LocationId, OrNone, TopicId
from api.schemas.configuration.records import RecordSettings, RecordSettingsWithId
from domain.meetings import MeetingType

MIDNIGHT: Final = time(0)
MOST_SPANS: Final = 70
"""The most working spans of one week."""


class DayOfWeek(StrEnum):
    """A day of the week, in the organisation's local time."""

    MONDAY = "Monday"
    TUESDAY = "Tuesday"
    WEDNESDAY = "Wednesday"
    THURSDAY = "Thursday"
    FRIDAY = "Friday"
    SATURDAY = "Saturday"
    SUNDAY = "Sunday"


WEEK: Final = tuple(DayOfWeek)


class WorkdaySettings(Body):
    """A span of working time on one weekday. Working time over midnight needs a span on each of the two days."""

    day_of_week: Annotated[DayOfWeek, any_case(DayOfWeek)] = Field(description="Weekday of the span.")
    is_available: StrictBool = Field(
        default=True, description="Whether the employee works in this span. A span with `false` is not stored."
    )
    from_: LocalTime = Field(alias="from", description="Start of the span, in the organisation's time zone.")
    to: LocalTime = Field(description="End of the span. 00:00:00 is midnight at the end of the day.")
    location: LocationId = Field(description="Id of the location where the employee is in this span.")
    meeting_types: list[Annotated[MeetingType, AnyCase]] = Field(
        description="Types of meetings that the employee takes in this span."
    )

    @model_validator(mode="after")
    def _is_one_day(self) -> Self:
        if self.from_ >= self.to and self.to != MIDNIGHT:
            message = "to must be after from on the same day; hours over midnight belong to two days"
            raise ValueError(message)
        return self

    def __str__(self) -> str:
        return f"{self.day_of_week} {self.from_}-{self.to}"


class EmployeeSettings(RecordSettingsWithId):
    """The configuration of an employee.

    An employee without topics takes every topic. An employee without customer types takes every customer type.
    """

    model_config = example(
        id=examples.EMPLOYEE,
        displayName="Freja Lindqvist",
        firstName="Freja",
        lastName="Lindqvist",
        email="freja.lindqvist@nordhavn.example.com",
        initials="FLI",
        location="copenhagen-city",
        maxMeetingTimePerDay="04:00:00",
        topics=[examples.TOPIC],
        workdays=[
            {
                "dayOfWeek": "Monday",
                "from": "08:00:00",
                "to": "16:00:00",
                "location": "copenhagen-city",
                "meetingTypes": ["online", "physical"],
            }
        ],
    )

    display_name: Name = Field(description="The name that customers see.")
    first_name: Line = Field("", description="The given name.")
    last_name: Line = Field("", description="The family name.")
    email: MailAddress = Field(description="The employee's mail address.")
    initials: Name = Field(description="The employee's initials.")
    location: LocationId | None = Field(None, description="The id of the home location.")
    external_id: Line | None = Field(None, description="The employee's id in another system.")
    can_be_booked: StrictBool = Field(default=True, description="Whether meetings with the employee can be booked.")
    is_only_explicitly_available: StrictBool = Field(
        default=False, description="true: the employee is offered only if the request names the employee."
    )
    max_meeting_time_per_day: Span | None = Field(
        None, description="Daily cap of the meeting time. Null means that the employee has no own cap."
    )
    topics: list[TopicId] = Field(default=[], max_length=500, description="Topics that the employee takes.")
    customer_types: list[CustomerTypeId] = Field(
        default=[], max_length=500, description="Customer types that the employee takes."
    )
    workdays: list[WorkdaySettings] = Field(
        default=[],
        max_length=MOST_SPANS,
        description="Working spans of the week. A day with breaks has several spans. A day without a span is "
        "free. Spans must not overlap.",
    )

    @field_validator("workdays")
    @classmethod
    def _spans_do_not_overlap(cls, workdays: list[WorkdaySettings]) -> list[WorkdaySettings]:
        in_order = sorted(workdays, key=lambda span: (span.day_of_week, span.from_))
        for before, after in pairwise(in_order):
            if before.day_of_week == after.day_of_week and (before.to > after.from_ or before.to == MIDNIGHT):
                message = f"{before} and {after} overlap; the working spans of one day may only touch"
                raise ValueError(message)
        return workdays

    def record(self) -> dict[str, Any]:
        days = [_workday_record(day) for day in self.workdays if day.is_available]
        return self.model_dump(exclude={"workdays"}) | {"workdays": days}

    @classmethod
    def stored(cls, record: dict[str, Any]) -> Self:
        days = [_workday(**day) for day in record["workdays"]]
        return cls.model_validate(record | {"workdays": days}, context=STORED)


def _workday_record(day: WorkdaySettings) -> dict[str, Any]:
    return {
        "weekday": WEEK.index(day.day_of_week) + 1,
        "starts": day.from_,
        "ends": day.to,
        "location": day.location,
        "meeting_types": sorted(set(day.meeting_types)),
    }


def _workday(weekday: int, starts: time, ends: time, location: str, meeting_types: list[str]) -> WorkdaySettings:
    types = [MeetingType(each) for each in meeting_types]
    return WorkdaySettings(day_of_week=WEEK[weekday - 1], from_=starts, to=ends, location=location, meeting_types=types)


class RoomSettings(RecordSettingsWithId):
    """The configuration of a room."""

    model_config = example(
        id=examples.ROOM, name="Øresund", email="room.oeresund@nordhavn.example.com", location="copenhagen-city"
    )

    name: Name = Field(description="The room's name.")
    email: OptionalMailAddress = Field("", description="The room's mail address. An empty string means none.")
    location: LocationId = Field(description="The id of the room's location.")
    can_be_booked: StrictBool = Field(default=True, description="Whether meetings can take place in the room.")


class LocationSettings(RecordSettings):
    """The configuration of a location."""

    model_config = example(id="copenhagen-city", displayName="København City", requireAvailableRoom=True)

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")] = Field(
        description="Id of the location: letters, digits, dots, dashes and underscores."
    )
    display_name: Name = Field(description="The name that customers see.")
    require_available_room: StrictBool = Field(
        default=False, description="Whether a physical meeting here needs a room."
    )
    add_rooms_to_booked_meetings: StrictBool = Field(
        default=True, description="Whether BookMe offers a free room for a physical meeting that needs no room."
    )


class CreateTopicRequest(RecordSettingsWithId):
    """A topic to add. A topic without customer types is open to every customer type."""

    model_config = example(name="Pension", uniqueTopicId="pension", order=3, isCustomerBookable=True)

    name: Name = Field(description="The name that customers see.")
    unique_topic_id: Name = Field(description="The organisation's own name for the topic.")
    parent_id: OrNone[TopicId] = Field(None, description="The topic above this topic.")
    order: StrictInt | None = Field(None, ge=-(2**31), le=2**31 - 1, description="Position of the topic in the list.")
    is_customer_bookable: StrictBool = Field(
        default=True, description="Whether customers can book meetings on the topic themselves."
    )
    customer_types: list[CustomerTypeId] = Field(
        default=[], max_length=500, description="The customer types that the topic is open to. An empty list means all."
    )


class CreateCustomerTypeRequest(RecordSettingsWithId):
    """A customer type to add."""

    model_config = example(name="Private")

    name: Name = Field(description="The name that employees use.")
