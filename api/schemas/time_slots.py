"""Schemas of time slots."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Final, Literal, Self
from uuid import UUID

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field, WithJsonSchema, field_validator, model_validator
from pydantic.config import JsonDict

from api.http.errors import UnusableRequest
from api.http.pagination import BY_TIME, CursorCodec, PageQuery
from api.schemas.base import examples
from api.schemas.base.common import (
    AnyCase,
    Body,
    Instant,
    Line,
    Name,
    Span,
    Token,
    Wire,
    any_case,
    constant,
    must,
    one_name,
)
from api.schemas.base.examples import example
from api.schemas.base.ids import CustomerTypeId, EmployeeId, MeetingId, OrNone, RoomId, TopicId
from api.schemas.teams import Team, check_team
from domain.meetings import LONGEST_RESERVATION, MeetingType
from domain.messages.booking import TimeSlotSnapshot, WantedTimeSlot
from domain.time_slots import MEETINGS, TimeSlotStatus
from storage.bookings.time_slots import TimedSlot
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


class HeldTimeSlot(TimeSlot):
    """A time slot that is held until its deadline, and what the client said when it reserved the time slot."""

    model_config = example(
        id=examples.TIME_SLOT,
        **examples.INTERVAL,
        status="Reserved",
        **TEAM,
        **examples.STAMPS,
        holdExpiresAt=examples.DEADLINE,
        timeLeft="00:04:19",
        token=examples.TOKEN,
        customerId="customer-4711",
        clientId="demo",
    )

    time_left: Span = Field(description="Time until `holdExpiresAt` when the list was read, in whole seconds.")
    token: str = Field(description="Token of the reservation.")
    customer_id: str | None = Field(None, description="The `customerId` of the reservation, if it had one.")
    existing_meeting_id: UUID | None = Field(None, description="The meeting that the time slot is reserved to move.")
    client_id: str = Field(description="The client that holds the time slot.")

    @classmethod
    def held(cls, seen: TimedSlot) -> Self:
        """Return the answer for a hold that was not overdue when it was read."""
        slot = seen.slot
        assert slot.hold_expires_at is not None, "it is a hold"  # noqa: S101 - for the type checker
        return cls(
            **TimeSlot.stored(slot).model_dump(),
            time_left=timedelta(seconds=int((slot.hold_expires_at - seen.at).total_seconds())),
            token=str(slot.reservation_token),
            customer_id=slot.customer_id,
            existing_meeting_id=slot.existing_meeting_id,
            client_id=str(slot.client_id),
        )


OfHolds = must(lambda status: status in MEETINGS, "must be Reserved or Booked")


class HeldQuery(PageQuery):
    """Filters and page of the list of holds."""

    codec: ClassVar[CursorCodec[Any]] = BY_TIME

    token: Token | None = Field(None, description="Only the hold with this token.")
    customer_id: Name | None = Field(None, description="Only holds whose reservation had this `customerId`.")
    status: Annotated[TimeSlotStatus, any_case(TimeSlotStatus), OfHolds] | None = Field(
        None, description="Only holds with this status: `Reserved` or `Booked`, in any letter case."
    )

    @property
    def columns(self) -> dict[str, object]:
        """Return the filters by the names of their columns."""
        given = {"reservation_token": self.token, "customer_id": self.customer_id, "status": self.status}
        return {name: value for name, value in given.items() if value is not None}


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

    model_config = example(
        timeSlot={**examples.INTERVAL, "status": "Reserved", **TEAM}, customerId="customer-4711", token=examples.TOKEN
    )

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
