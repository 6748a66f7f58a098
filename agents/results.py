"""Results of the tools: short, because a model reads all of them, with times in the organisation's time zone.

The names of the members are those of the arguments: a `hold_id` of a result is the `hold_id` of the next call.
"""

from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from bookme_client import models
from pydantic import BaseModel, Field, SerializerFunctionWrapHandler, model_serializer

from agents.backend import Backend, Names
from agents.words import Written, local


class Result(BaseModel):
    """A JSON object. Members without a value are left out."""

    @model_serializer(mode="wrap")
    def _without_missing(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value is not None}


class TopicShown(Result):
    topic_id: UUID
    name: Written
    customer_type_ids: list[UUID] = Field(description="Customer types that the topic is for. Empty: all.")


class CustomerTypeShown(Result):
    customer_type_id: UUID
    name: Written


class Topics(Result):
    topics: list[TopicShown]
    customer_types: list[CustomerTypeShown]
    time_zone: str = Field(description="IANA time zone of the organisation. Times without an offset are local to it.")
    next: str


class SlotShown(Result):
    """A time slot that can be held now."""

    start: str
    end: str
    employee_id: UUID
    employee: Written | None = None
    room: Written | None = None


class DayShown(Result):
    date: str
    free: int = Field(description="Free start times on this day.")


class TimeSlots(Result):
    time_zone: str
    time_slots: list[SlotShown]
    more: int = Field(description="Free time slots of the search that are not in this result.")
    days: list[DayShown] = Field(description="Days with free time slots. Search again with `earliest` for another day.")
    next: str


class HoldShown(Result):
    hold_id: UUID
    status: Literal["held", "confirmed without a meeting"]
    start: str
    end: str
    employee_id: UUID | None = None
    employee: Written | None = None
    room: Written | None = None
    held_until: str | None = None
    time_left: str | None = Field(None, description="hh:mm:ss")


class MeetingShown(Result):
    meeting_id: UUID
    status: str
    start: str
    end: str
    employee_id: UUID
    employee: Written | None = None
    topic: Written | None = None
    meeting_type: str
    room: Written | None = None
    title: Written | None = None
    description: Written | None = None
    video_link: Written | None = None
    cancellation_reason: Written | None = None


class Held(Result):
    hold: HoldShown
    next: str


class Changed(Result):
    """The outcome of a tool that asks for agreement first. Nothing has changed unless `done` is true."""

    done: bool
    meeting: MeetingShown | None = None
    next: str


class Outcome(Result):
    holds: list[HoldShown]
    meetings: list[MeetingShown]
    more_meetings: int = 0
    next: str


class Explained(Result):
    offered: bool
    reasons: list[str] = Field(description="Rules that refuse the time slot.")
    next: str


def shown_hold(hold: models.HeldTimeSlot, names: Names, zone: ZoneInfo) -> HoldShown:
    is_reserved = hold.status == models.TimeSlotStatus.RESERVED
    return HoldShown(
        hold_id=hold.id,
        status="held" if is_reserved else "confirmed without a meeting",
        start=local(hold.start_date, zone),
        end=local(hold.end_date, zone),
        employee_id=hold.employee_id,
        employee=names.employees.get(hold.employee_id) if hold.employee_id else None,
        room=names.rooms.get(hold.room_id) if hold.room_id else None,
        held_until=local(hold.hold_expires_at, zone) if hold.hold_expires_at else None,
        time_left=hold.time_left,
    )


def shown_meeting(meeting: models.Meeting, names: Names, zone: ZoneInfo) -> MeetingShown:
    return MeetingShown(
        meeting_id=meeting.id,
        status=str(meeting.status),
        start=local(meeting.start_date, zone),
        end=local(meeting.end_date, zone),
        employee_id=meeting.employee_id,
        employee=names.employees.get(meeting.employee_id),
        topic=names.topics.get(meeting.topic_id),
        meeting_type=str(meeting.type),
        room=names.rooms.get(meeting.room_id) if meeting.room_id else None,
        title=meeting.title,
        description=meeting.description,
        video_link=meeting.video_link,
        cancellation_reason=meeting.reason,
    )


async def show_hold(backend: Backend, hold: models.HeldTimeSlot) -> HoldShown:
    return shown_hold(hold, await backend.names(), await backend.zone())


async def show_meeting(backend: Backend, meeting: models.Meeting) -> MeetingShown:
    return shown_meeting(meeting, await backend.names(), await backend.zone())
