"""Schemas of the explanation why a time slot is offered or not."""

from datetime import timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, JsonValue, model_validator

from api.schemas.base import examples
from api.schemas.base.common import AnyCase, Body, Listed, QueryInstant, Wire
from api.schemas.base.examples import example
from api.schemas.base.ids import (
    CustomerTypeId,
    EmployeeId,
    LocationId,
    MeetingId,
    OrNone,
    RoomId,
    ServiceGroupId,
    TopicId,
)
from domain.availability import Explanation, Rule, WantedSlot
from domain.meetings import LONGEST_RESERVATION, MeetingType
from domain.time_slots import Interval


class ExplainQuery(Body):
    """The time slot whose availability to explain, and the known details of its meeting.

    An omitted field matches any value.
    """

    employee_id: EmployeeId = Field(description="The employee of the time slot.")
    start_date: QueryInstant = Field(description="Start of the time slot.")
    end_date: QueryInstant = Field(description="End of the time slot, at most 24 hours after `startDate`.")
    room_id: OrNone[RoomId] = Field(None, description="Room of the time slot.")
    meeting_types: Listed[Annotated[MeetingType, AnyCase]] = Field(
        default=[], description="Types of the meeting. An empty list means any type."
    )
    topic: OrNone[TopicId] = Field(None, description="Topic of the meeting.")
    customer_type_id: OrNone[CustomerTypeId] = Field(None, description="Type of the customer.")
    meeting_location: OrNone[LocationId] = Field(
        None, description="Location of the meeting. It takes precedence over `customerLocation`."
    )
    customer_location: OrNone[LocationId] = Field(None, description="Location of the customer.")
    service_group: OrNone[ServiceGroupId] = Field(
        None, description="The service group through which the employee takes the meeting."
    )
    ignore_meeting_ids: Listed[MeetingId] = Field(default=[], description="Explain as if these meetings did not exist.")

    @model_validator(mode="after")
    def _is_an_interval(self) -> Self:
        if not timedelta(0) < self.end_date - self.start_date <= LONGEST_RESERVATION:
            message = "endDate must be after startDate, by at most 24 hours"
            raise ValueError(message)
        return self

    def wanted(self, ignored: frozenset[UUID]) -> WantedSlot:
        """Return the time slot for the rules. `ignored` are the ids of the time slots of `ignore_meeting_ids`."""
        return WantedSlot(
            Interval(self.start_date, self.end_date),
            self.employee_id,
            self.room_id,
            ignored,
            meeting_types=frozenset(self.meeting_types),
            topic=self.topic,
            customer_type=self.customer_type_id,
            meeting_location=self.meeting_location or None,
            customer_location=self.customer_location or None,
            service_group=self.service_group,
        )


class RuleExplained(Wire):
    """The result of one rule for the time slot."""

    rule: Rule = Field(description="Name of the rule, the same as in a refused reservation.")
    passed: bool = Field(description="Whether the rule allows the time slot.")
    why: str | None = Field(None, description="Why the rule refuses the time slot, as text.")
    overridable: bool = Field(description="Whether staff can override this rule.")
    facts: dict[str, JsonValue] = Field(description="Data that the rule used: hours, closing day, cap, `heldUntil`.")

    @classmethod
    def of(cls, said: Explanation) -> Self:
        facts = dict(said.facts)
        return cls(rule=said.rule, passed=said.passed, why=said.why or None, overridable=said.overridable, facts=facts)


class SlotExplained(Wire):
    """The result of every rule for one time slot, in the order in which the rules are applied."""

    model_config = example(
        offered=False,
        meetingType="online",
        rules=[
            {
                "rule": "DAILY_CAP_REACHED",
                "passed": False,
                "why": "the employee would have more meeting time that day than allowed",
                "overridable": True,
                "facts": {"date": "2026-11-23", "capMinutes": 240, "usedMinutes": 240, "wantedMinutes": 60},
            }
        ],
        serviceGroup=examples.TOPIC,
    )

    offered: bool = Field(description="Whether search offers the time slot to customers.")
    meeting_type: MeetingType | None = Field(None, description="The meeting type that comes closest to an offer.")
    service_group: UUID | None = Field(
        None, description="The service group through which the employee takes the meeting. Absent for a local employee."
    )
    rules: list[RuleExplained] = Field(description="Result of each rule.")

    @classmethod
    def of(cls, said: tuple[Explanation, ...]) -> Self:
        group = said[0].service_group
        return cls(
            offered=all(each.passed for each in said),
            meeting_type=said[0].meeting_type,
            service_group=group.id if group else None,
            rules=[RuleExplained.of(each) for each in said],
        )
