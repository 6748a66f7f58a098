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
    Name,
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
from domain.meetings import LONGEST_RESERVATION, MeetingType
from domain.messages.booking import TimeSlotSnapshot, WantedTimeSlot
from domain.time_slots import TimeSlotStatus
from storage.tables.booking import TimeSlotRow

TEAM: Final[JsonDict] = {"employeeId": examples.EMPLOYEE, "additionalEmployees": [examples.COLLEAGUE]}


class TimeSlot(Wire):
    """A time slot of an employee, with or without a room. A busy time from a room's calendar has only the room."""

    model_config = example(
        id=examples.TIME_SLOT,
        **examples.INTERVAL,
        status="Reserved",
        **TEAM,
        **examples.STAMPS,
        holdExpiresAt=examples.DEADLINE,
    )

    id: UUID = Field(description="The time slot's id.")
    start_date: Instant = Field(
        validation_alias=AliasChoices("start_at", "start"), description="Start of the time slot."
    )
    end_date: Instant = Field(validation_alias=AliasChoices("end_at", "end"), description="End of the time slot.")
    status: TimeSlotStatus = Field(
        description="`Reserved`, then `Booked`, for the time slot of a booking. Busy times have the other statuses."
    )
    employee_id: UUID | None = Field(
        None, description="The employee of the time slot. Absent only for busy times from a room's calendar."
    )
    room_id: UUID | None = Field(None, description="Room of the time slot, if it has one.")
    service_group: str | None = Field(None, description="Free text of the client, stored with the time slot.")
    date_created: Instant = Field(
        validation_alias=AliasChoices("created_at", "date_created"),
        description="When the time slot was reserved or entered.",
    )
    date_modified: Instant = Field(
        validation_alias=AliasChoices("modified_at", "date_modified"),
        description="When the time slot was last changed.",
    )
    hold_expires_at: Instant | None = Field(
        None,
        validation_alias=AliasChoices("hold_expires_at", "kept_until"),
        description="Deadline of the next step: to mark the time slot `Booked`, or to create the meeting.",
    )
    hold_extended: bool | None = Field(
        None,
        validation_alias=AliasChoices("extension_id", "hold_extended"),
        description="true if the hold was extended. It cannot be extended again.",
    )
    additional_employees: tuple[UUID, ...] | None = Field(
        None, description="The other employees who are held with the time slot, if there are any."
    )
    companion_of: UUID | None = Field(
        None,
        description="For the time slot of an additional employee: the main time slot. Change the main time slot "
        "instead.",
    )

    @field_validator("hold_extended", mode="before")
    @classmethod
    def _true_or_none(cls, extension: UUID | bool | None) -> bool | None:
        return True if extension else None

    @field_validator("additional_employees", mode="before")
    @classmethod
    def _nobody_is_none(cls, employees: Sequence[UUID]) -> Sequence[UUID] | None:
        return employees or None

    @classmethod
    def stored(cls, slot: TimeSlotRow | TimeSlotSnapshot) -> Self:
        """Return the answer for a row, or for the snapshot of one that a workflow has answered."""
        return cls.model_validate(slot, from_attributes=True)


class ReserveTimeSlotRequest(Body):
    """The time slot to reserve."""

    start_date: Instant = Field(description="Start of the time slot.")
    end_date: Instant = Field(description="End of the time slot, at most 24 hours after `startDate`.")
    status: Annotated[Literal["Reserved"], constant("Reserved")] = Field(description="`Reserved`, in any letter case.")
    employee_id: OrNone[EmployeeId] = Field(
        None, description="The employee. Without it, BookMe chooses the best employee who is free."
    )
    room_id: OrNone[RoomId] = Field(None, description="A room to hold too. A physical meeting may need a room.")
    service_group: Line | None = Field(
        None, description="The `serviceGroup` that search returned. Stored with the time slot and returned with it."
    )
    additional_employees: Team | None = Field(
        None,
        description="The other employees who take part. BookMe holds the time of all of them, or reserves nothing.",
    )
    ignore_time_slot_conflicts: Annotated[Literal[False], WithJsonSchema({"type": "boolean"})] | None = Field(
        None, description="Only false is accepted, because a reservation never ignores conflicts."
    )

    @model_validator(mode="after")
    def _is_an_interval(self) -> Self:
        if not timedelta(0) < self.end_date - self.start_date <= LONGEST_RESERVATION:
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
    """A hold to create. The token is the idempotency key of the booking: it names one booking of this client."""

    model_config = example(timeSlot={**examples.INTERVAL, "status": "Reserved", **TEAM}, token=examples.TOKEN)

    time_slot: ReserveTimeSlotRequest = Field(description="The time slot to hold.")
    token: Token = Field(description="The client's own name for this booking. Each booking has its own token.")
    existing_meeting_id: OrNone[MeetingId] = Field(None, description="The meeting to move to the reserved time slot.")
    meeting_type: Annotated[MeetingType, AnyCase] | None = Field(
        None,
        description="Type of the meeting, if it is known. A time slot that is not offered for this type is then "
        "refused.",
    )
    topic_id: OrNone[TopicId] = Field(
        None, description="Topic of the meeting, if it is known. Also accepted as `topic`, `theme`, `themeId`."
    )
    customer_type_id: OrNone[CustomerTypeId] = Field(
        None, description="Type of the customer, if it is known. Also accepted as `customerCategoryId`."
    )
    customer_id: Name | None = Field(
        None,
        description="The client's own name for the customer, if it is known. Operators then find the hold by its "
        "customer, also after it has expired. Events do not have it.",
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

    start_date: Instant = Field(description="Start of the time slot.")
    end_date: Instant = Field(description="End of the time slot.")
    meeting_type: MeetingType = Field(description="Type of the meeting.")
    room_id: str = Field(description="The free room. Empty if the meeting needs no room.")
    employee_id: UUID = Field(description="The employee who is free.")
    meeting_topic_id: str = Field(description="Topic of the search. Empty if the search had no topic.")
    service_group: str | None = Field(
        None,
        description="The service group through which the employee takes the meeting. Send it back when you reserve.",
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
        description="true: all of `explicitEmployeeIds` must be free at the same time. false: one of them is enough."
    )
    explicit_employee_ids: Listed[EmployeeId] = Field(
        default=[], description="Only these employees. An empty list means any employee."
    )
    start_date: QueryInstant | None = Field(
        None, description="Start of the search period. Without it, the search starts now."
    )
    look_forward_time: Duration | None = Field(None, description="Length of the search period, from `startDate`.")
    meeting_duration: Duration | None = Field(
        None,
        description="Duration of the meeting. The default is one hour, unless the organisation configures another one.",
    )
    topic: OrNone[TopicId] = Field(
        None, description="Topic of the meeting. Also accepted as `topicId`, `theme`, `themeId`."
    )
    customer_type_id: OrNone[CustomerTypeId] = Field(
        None, description="Type of the customer. Also accepted as `customerCategoryId`."
    )
    meeting_types: Listed[Annotated[MeetingType, AnyCase]] = Field(
        default=[], description="Types of the meeting. An empty list means any type."
    )
    customer_location: OrNone[LocationId] = Field(
        None, description="Location of the customer. The meeting takes place there, unless `meetingLocation` is given."
    )
    meeting_location: OrNone[LocationId] = Field(
        None, description="Location of the meeting. It takes precedence over `customerLocation`."
    )
    ignore_meeting_ids: Listed[MeetingId] = Field(default=[], description="Search as if these meetings did not exist.")
    require_room: bool = Field(default=False, description="true: offer physical meetings only where a room is free.")
    specific_rooms: Listed[RoomId] = Field(default=[], description="Only meetings in one of these rooms.")
    is_customer_initiated: bool = Field(default=True, description="Whether the rules for customers apply.")
    ignore_minimum_time_before_booking: bool = Field(
        default=False, description="true: search without the minimum notice."
    )
    get_best_time_slots: bool = Field(default=True, description="true: one time slot for each start and meeting type.")
    limit: int = Field(
        MOST_TIME_SLOTS, ge=1, le=MOST_TIME_SLOTS, description="Maximum number of time slots in one answer."
    )
    cursor: Annotated[str, Field(max_length=400), readable(CURSOR.read)] | None = Field(
        None, description="The cursor from the `Link` header of the previous page."
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
