"""Schemas of time slots."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field, WithJsonSchema, field_validator, model_validator
from pydantic.config import JsonDict

from api.http.errors import UnusableRequest
from api.resources.search_pages import CURSOR, MOST_TIME_SLOTS
from api.schemas.base import examples
from api.schemas.base.common import (
    AnyCase,
    Body,
    Duration,
    Instant,
    Line,
    Listed,
    QueryInstant,
    Token,
    Wire,
    constant,
    one_name,
    readable,
)
from api.schemas.base.examples import example
from api.schemas.base.ids import CustomerTypeId, EmployeeId, LocationId, MeetingId, OrNone, RoomId, TopicId
from api.schemas.teams import Team, check_team
from domain.availability import OfferedSlot
from domain.meetings import MeetingType
from domain.messages.booking import TimeSlotSnapshot, WantedTimeSlot
from domain.time_slots import TimeSlotStatus
from storage.tables.booking import TimeSlotRow

LONGEST: Final = timedelta(hours=24)
TEAM: Final[JsonDict] = {"employeeId": examples.EMPLOYEE, "additionalEmployees": [examples.COLLEAGUE]}


class TimeSlot(Wire):
    """A time slot of an employee and perhaps a room. A busy time from a room's calendar only has the room."""

    model_config = example(
        id=examples.TIME_SLOT,
        **examples.INTERVAL,
        status="Reserved",
        **TEAM,
        **examples.STAMPS,
        holdExpiresAt=examples.DEADLINE,
    )

    id: UUID = Field(description="The time slot's id.")
    start_date: Instant = Field(validation_alias=AliasChoices("start_at", "start"), description="When it starts.")
    end_date: Instant = Field(validation_alias=AliasChoices("end_at", "end"), description="When it ends.")
    status: TimeSlotStatus = Field(description="`Reserved`, then `Booked`; the others are not a booking's.")
    employee_id: UUID | None = Field(
        None, description="Whose time it is. Only what comes from a room's calendar is nobody's."
    )
    room_id: UUID | None = Field(None, description="The room, if it has one.")
    service_group: str | None = Field(None, description="As whoever made it said.")
    date_created: Instant = Field(
        validation_alias=AliasChoices("created_at", "date_created"), description="When it was reserved, or entered."
    )
    date_modified: Instant = Field(
        validation_alias=AliasChoices("modified_at", "date_modified"), description="When it was last changed."
    )
    hold_expires_at: Instant | None = Field(
        None,
        validation_alias=AliasChoices("hold_expires_at", "kept_until"),
        description="Until when the time slot is kept for its next step: Booked, or the meeting.",
    )
    additional_employees: tuple[UUID, ...] | None = Field(None, description="Who else is held with it, if anybody is.")
    companion_of: UUID | None = Field(
        None, description="The time slot that this one is held with, for an additional employee. Change that one."
    )

    @field_validator("additional_employees", mode="before")
    @classmethod
    def _nobody_is_none(cls, employees: Sequence[UUID]) -> Sequence[UUID] | None:
        return employees or None

    @classmethod
    def stored(cls, slot: TimeSlotRow | TimeSlotSnapshot) -> Self:
        """Return the answer for a row, or for the snapshot of one that a workflow has answered."""
        return cls.model_validate(slot, from_attributes=True)


class ReserveTimeSlotRequest(Body):
    """The time slot that a reservation asks for."""

    start_date: Instant = Field(description="When it starts.")
    end_date: Instant = Field(description="When it ends, at most 24 hours after `startDate`.")
    status: Annotated[Literal["Reserved"], constant("Reserved")] = Field(description="`Reserved`, in any letter case.")
    employee_id: OrNone[EmployeeId] = Field(None, description="Without it, the best employee who is free is chosen.")
    room_id: OrNone[RoomId] = Field(None, description="A room to hold too; a physical meeting may need one.")
    service_group: Line | None = Field(None, description="Kept with the time slot, and answered with it.")
    additional_employees: Team | None = Field(
        None, description="Who else is to take part: held too, all of them or nobody."
    )
    ignore_time_slot_conflicts: Annotated[Literal[False], WithJsonSchema({"type": "boolean"})] | None = Field(
        None, description="A reservation never ignores conflicts: only false is accepted."
    )

    @model_validator(mode="after")
    def _is_an_interval(self) -> Self:
        if not timedelta(0) < self.end_date - self.start_date <= LONGEST:
            message = "endDate must be after startDate, by at most 24 hours"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _is_a_team(self) -> Self:
        check_team(self.employee_id, self.additional_employees)
        return self


def check_length(start: datetime, end: datetime, least: timedelta, member: str) -> None:
    """Raise `UnusableRequest` if a reservation is shorter than `least`. `member` is the path of its end in the body."""
    if end - start < least:
        message = f"A reservation lasts at least {least}."
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, message, member, place="body")


RESERVATION_SYNONYMS: Final = {
    "type": "meetingType",
    "topic": "topicId",
    "theme": "topicId",
    "themeId": "topicId",
    "meetingTopicId": "topicId",
    "customerCategoryId": "customerTypeId",
}


class Reservation(Body):
    """A hold to create. The token is the booking's idempotency key: it names one booking of this client."""

    model_config = example(timeSlot={**examples.INTERVAL, "status": "Reserved", **TEAM}, token=examples.TOKEN)

    time_slot: ReserveTimeSlotRequest = Field(description="What to hold.")
    token: Token = Field(description="The client's name for this booking; each booking has its own.")
    existing_meeting_id: OrNone[MeetingId] = Field(None, description="The meeting that this reservation is to move.")
    meeting_type: Annotated[MeetingType, AnyCase] | None = Field(
        None, description="How they are to meet, if it is known: then the time slot is refused if it is not for that."
    )
    topic_id: OrNone[TopicId] = Field(
        None, description="What the meeting is to be about, if it is known. Also `topic`, `theme`, `themeId`."
    )
    customer_type_id: OrNone[CustomerTypeId] = Field(
        None, description="The kind of the customer, if it is known. Also `customerCategoryId`."
    )

    @model_validator(mode="before")
    @classmethod
    def _both_vocabularies(cls, data: Any) -> Any:  # noqa: ANN401 - whatever a client sends
        return one_name(data, RESERVATION_SYNONYMS)

    def wanted(self, *, by_staff: bool) -> WantedTimeSlot:
        return WantedTimeSlot(
            start=self.time_slot.start_date,
            end=self.time_slot.end_date,
            employee_id=self.time_slot.employee_id,
            room_id=self.time_slot.room_id,
            service_group=self.time_slot.service_group,
            existing_meeting_id=self.existing_meeting_id,
            by_staff=by_staff,
            additional_employees=tuple(self.time_slot.additional_employees or ()),
            meeting_type=self.meeting_type,
            topic_id=self.topic_id,
            customer_type_id=self.customer_type_id,
        )


class AvailableTimeslot(Wire):
    """A time slot that can be reserved now. Ids that do not apply are empty strings, as in the contract."""

    model_config = example(
        **examples.INTERVAL,
        meetingType="online",
        roomId="",
        employeeId=examples.EMPLOYEE,
        meetingTopicId=examples.TOPIC,
    )

    start_date: Instant = Field(description="When it starts.")
    end_date: Instant = Field(description="When it ends.")
    meeting_type: MeetingType = Field(description="How the customer and the employee would meet.")
    room_id: str = Field(description="The free room; empty when the meeting needs none.")
    employee_id: UUID = Field(description="Who is free.")
    meeting_topic_id: str = Field(description="The topic that was asked for; empty when none was.")
    service_group: str | None = Field(
        None, description="The service group through which the employee serves; send it back when reserving."
    )

    @classmethod
    def offered(cls, slot: OfferedSlot, topic: UUID | None) -> Self:
        return cls(
            start_date=slot.interval.start,
            end_date=slot.interval.end,
            meeting_type=slot.meeting_type,
            room_id=str(slot.room_id or ""),
            employee_id=slot.employee_id,
            meeting_topic_id=str(topic or ""),
            service_group=str(slot.service_group_id) if slot.service_group_id else None,
        )


SYNONYMS: Final = {"topicId": "topic", "theme": "topic", "themeId": "topic", "customerCategoryId": "customerTypeId"}


class AvailableQuery(Body):
    """A search for free time slots."""

    require_employee_participation: bool = Field(
        description="true: all of `explicitEmployeeIds` must be free at once; false: any one of them."
    )
    explicit_employee_ids: Listed[EmployeeId] = Field(default=[], description="Only these employees; none means any.")
    start_date: QueryInstant | None = Field(None, description="Search from here; now when not given.")
    look_forward_time: Duration | None = Field(None, description="How far from `startDate` to search.")
    meeting_duration: Duration | None = Field(None, description="One hour unless configured otherwise.")
    topic: OrNone[TopicId] = Field(None, description="Also `topicId`, `theme`, `themeId`.")
    customer_type_id: OrNone[CustomerTypeId] = Field(None, description="Also `customerCategoryId`.")
    meeting_types: Listed[Annotated[MeetingType, AnyCase]] = Field(default=[], description="None means any.")
    customer_location: OrNone[LocationId] = Field(
        None, description="Where the customer is, if the meeting is to be there."
    )
    meeting_location: OrNone[LocationId] = Field(None, description="Where to meet; before `customerLocation`.")
    ignore_meeting_ids: Listed[MeetingId] = Field(default=[], description="Search as if these meetings did not exist.")
    require_room: bool = Field(default=False, description="Physical meetings only where a room is free.")
    specific_rooms: Listed[RoomId] = Field(default=[], description="Only in one of these rooms.")
    is_customer_initiated: bool = Field(default=True, description="Whether the rules that bind customers apply.")
    ignore_minimum_time_before_booking: bool = Field(default=False, description="Search without the notice period.")
    get_best_time_slots: bool = Field(default=True, description="One time slot for each start and meeting type.")
    limit: int = Field(MOST_TIME_SLOTS, ge=1, le=MOST_TIME_SLOTS, description="The most time slots in one answer.")
    cursor: Annotated[str, Field(max_length=400), readable(CURSOR.read)] | None = Field(
        None, description="Where the page before ended."
    )
    topic_id: Annotated[OrNone[TopicId], Field(deprecated=True, description="The same as `topic`.")] = None
    theme: Annotated[OrNone[TopicId], Field(deprecated=True, description="The same as `topic`.")] = None
    theme_id: Annotated[OrNone[TopicId], Field(deprecated=True, description="The same as `topic`.")] = None
    customer_category_id: Annotated[
        OrNone[CustomerTypeId], Field(deprecated=True, description="The same as `customerTypeId`.")
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _both_vocabularies(cls, data: Any) -> Any:  # noqa: ANN401 - whatever a client sends
        return one_name(data, SYNONYMS)


def _operations(value: Any) -> Any:  # noqa: ANN401
    if not isinstance(value, list) or len(value) != 1:
        message = 'send one operation: [{"op": "replace", "path": "/status", "value": "Booked"}]'
        raise ValueError(message)
    return value


class MarkBooked(Body):
    """The only JSON Patch operation for a booking's time slot. Other members are ignored (RFC 6902)."""

    model_config = ConfigDict(extra="ignore")

    op: Literal["replace"] = Field(description="`replace`.")
    path: Literal["/status"] = Field(description="`/status`.")
    value: Annotated[Literal["Booked"], constant("Booked")] = Field(description="`Booked`, in any letter case.")


MarkBookedPatch = Annotated[
    list[MarkBooked],
    BeforeValidator(_operations),
    Field(examples=[[{"op": "replace", "path": "/status", "value": "Booked"}]], min_length=1, max_length=1),
]
