"""Schemas of competence groups and service groups."""

from typing import Annotated, Any, Final, Self

from pydantic import Field

from api.schemas.base import examples
from api.schemas.base.common import AnyCase, Body, Line, Name, Span
from api.schemas.base.examples import example
from api.schemas.base.ids import CompetenceGroupId, CustomerTypeId, EmployeeId, LocationId, OrNone, TopicId
from api.schemas.configuration.records import RecordSettingsWithId
from domain.meetings import MeetingType

MOST_MEMBERS: Final = 5_000
"""The most members of a group: as many as fit into the largest request body of the default configuration."""


class CompetenceGroupSettings(RecordSettingsWithId):
    """A group of employees who take the same topics and customer types.

    Members take the topics and customer types of the group and of the groups above it. An empty list of topics or
    customer types means all.
    """

    model_config = example(name="Pensions", topics=[examples.TOPIC], members=[examples.EMPLOYEE])

    name: Name = Field(description="The group's name.")
    parent_id: OrNone[CompetenceGroupId] = Field(
        None, description="The group above this group. There may be five levels of groups."
    )
    topics: list[TopicId] = Field(default=[], max_length=500, description="Topics that the members take.")
    customer_types: list[CustomerTypeId] = Field(
        default=[], max_length=500, description="Customer types that the members take."
    )
    members: list[EmployeeId] = Field(default=[], max_length=MOST_MEMBERS, description="Employees in the group.")


class Trigger(Body):
    """The meetings for which a service group serves. An empty list means any value."""

    topics: list[TopicId] = Field(default=[], max_length=500, description="Topics of the meetings.")
    customer_types: list[CustomerTypeId] = Field(
        default=[], max_length=500, description="Customer types of the meetings."
    )
    customer_locations: list[LocationId] = Field(default=[], max_length=500, description="Locations of the customers.")


class ServiceLevel(Body):
    """Locations and meeting types that a service group serves. An empty list means none."""

    locations: list[LocationId] = Field(
        default=[], max_length=500, description="Locations where the group holds physical meetings."
    )
    meeting_types: list[Annotated[MeetingType, AnyCase]] = Field(
        default=[], description="Types of meetings that the group takes."
    )


class ServiceGroupSettings(RecordSettingsWithId):
    """A group of employees who serve locations other than their own."""

    model_config = example(
        name="Remote advisors",
        label="remote",
        trigger={"topics": [examples.TOPIC]},
        serviceLevel={"meetingTypes": ["online", "telephone"]},
        members=[examples.EMPLOYEE],
        maxMeetingTimePerDay="05:00:00",
    )

    name: Name = Field(description="The group's name.")
    label: Line | None = Field(None, description="A priority level can select groups by this label.")
    trigger: Trigger = Field(default=Trigger(), description="The meetings for which the group serves.")
    service_level: ServiceLevel = Field(
        default=ServiceLevel(), description="The locations and meeting types that the group serves."
    )
    members: list[EmployeeId] = Field(default=[], max_length=MOST_MEMBERS, description="Employees in the group.")
    max_meeting_time_per_day: Span | None = Field(
        None, description="Daily cap of the meeting time of each member. Null means that the group sets no cap."
    )

    @classmethod
    def stored(cls, record: dict[str, Any]) -> Self:
        trigger = {name: record[name] for name in Trigger.model_fields}
        level = {name: record[name] for name in ServiceLevel.model_fields}
        rest = {name: value for name, value in record.items() if name not in trigger | level}
        return cls(**rest, trigger=Trigger(**trigger), service_level=ServiceLevel(**level))

    def record(self) -> dict[str, Any]:
        nested = self.trigger.model_dump() | self.service_level.model_dump()
        types = sorted({str(each) for each in self.service_level.meeting_types})
        return self.model_dump(exclude={"trigger", "service_level"}) | nested | {"meeting_types": types}
