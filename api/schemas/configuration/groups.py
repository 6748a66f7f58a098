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
    """Members take the topics and customer types of their group and of the groups above it. An empty list means any."""

    model_config = example(name="Pensions", topics=[examples.TOPIC], members=[examples.EMPLOYEE])

    name: Name = Field(description="The group's name.")
    parent_id: OrNone[CompetenceGroupId] = Field(None, description="The group above it; there may be five levels.")
    topics: list[TopicId] = Field(default=[], max_length=500, description="Topics that its members take.")
    customer_types: list[CustomerTypeId] = Field(
        default=[], max_length=500, description="Customer types that its members take."
    )
    members: list[EmployeeId] = Field(default=[], max_length=MOST_MEMBERS, description="Employees.")


class Trigger(Body):
    """Meetings for which a service group serves. An empty list means any."""

    topics: list[TopicId] = Field(default=[], max_length=500, description="Topics.")
    customer_types: list[CustomerTypeId] = Field(default=[], max_length=500, description="Customer types.")
    customer_locations: list[LocationId] = Field(default=[], max_length=500, description="Locations of customers.")


class ServiceLevel(Body):
    """Locations and meeting types that a service group serves. An empty list means none."""

    locations: list[LocationId] = Field(default=[], max_length=500, description="Where it holds physical meetings.")
    meeting_types: list[Annotated[MeetingType, AnyCase]] = Field(default=[], description="The meetings that it takes.")


class ServiceGroupSettings(RecordSettingsWithId):
    """Employees who serve other locations than their own."""

    model_config = example(
        name="Remote advisors",
        label="remote",
        trigger={"topics": [examples.TOPIC]},
        serviceLevel={"meetingTypes": ["online", "telephone"]},
        members=[examples.EMPLOYEE],
        maxMeetingTimePerDay="05:00:00",
    )

    name: Name = Field(description="The group's name.")
    label: Line | None = Field(None, description="By which a priority level may name the group.")
    trigger: Trigger = Field(default=Trigger(), description="What calls the group in.")
    service_level: ServiceLevel = Field(default=ServiceLevel(), description="What the group serves.")
    members: list[EmployeeId] = Field(default=[], max_length=MOST_MEMBERS, description="Employees.")
    max_meeting_time_per_day: Span | None = Field(None, description="The members' daily cap; null is none.")

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
