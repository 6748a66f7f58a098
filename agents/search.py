"""Tools that look up: what can be booked, when, and why not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from bookme_client import models, operations
from pydantic import Field

from agents.backend import Call, Names, backend_of, duration_of
from agents.plan import MeetingType
from agents.results import CustomerTypeShown, DayShown, Explained, SlotShown, TimeSlots, Topics, TopicShown
from agents.words import in_words, local

TopicId = Annotated[UUID, Field(description="From find_topics.")]
CustomerTypeId = Annotated[UUID, Field(description="From find_topics.")]
EmployeeId = Annotated[UUID, Field(description="From find_time_slots.")]
Minutes = Annotated[int, Field(ge=5, le=1440, description="Duration. Without it, the organisation's usual one.")]
Instant = Annotated[
    datetime,
    Field(description="RFC 3339, such as 2026-12-01T09:00+01:00. Without an offset: local to the organisation."),
]

MOST_DAYS: Final = 14
"""Days with free time slots in one result."""

Starts = tuple[datetime, UUID, models.OfferedMeeting]


@dataclass(frozen=True)
class Found:
    """The time slots of a search, by start."""

    starts: list[Starts]
    days: list[DayShown]
    duration: timedelta
    zone: ZoneInfo


@in_words
async def find_topics(call: Call) -> Topics:
    """List the topics of meetings and the customer types. Begin here: the other tools need their ids.

    Ask the user which topic and which customer type fit, unless it is clear.
    """
    backend = backend_of(call)
    topics, customer_types = await backend.bookme.topics(), await backend.bookme.customer_types()
    return Topics(
        topics=[TopicShown(topic_id=each.id, name=each.name, customer_type_ids=each.customer_types) for each in topics],
        customer_types=[CustomerTypeShown(customer_type_id=each.id, name=each.name) for each in customer_types],
        time_zone=(await backend.zone()).key,
        next="Call find_time_slots with one topic, one customer type and the meeting type that the user wants.",
    )


@in_words
async def find_time_slots(
    call: Call,
    topic_id: TopicId,
    customer_type_id: CustomerTypeId,
    meeting_type: MeetingType,
    earliest: Annotated[Instant | None, Field(description="Search from here. Without it, from now.")] = None,
    days: Annotated[int, Field(ge=1, le=31, description="Length of the search.")] = 14,
    employee_id: Annotated[UUID | None, Field(description="Only this employee.")] = None,
    duration_minutes: Minutes | None = None,
    limit: Annotated[int, Field(ge=1, le=20, description="Most time slots in the result.")] = 8,
) -> TimeSlots:
    """List free time slots, the earliest first, and the number of free times on each day.

    Nothing is held yet: others can take a time slot until hold_time_slot has answered.
    """
    backend = backend_of(call)
    asked = operations.time_slots_list_compact(
        require_employee_participation=False,
        explicit_employee_ids=[employee_id] if employee_id else None,
        start_date=await backend.instant(earliest) if earliest else None,
        look_forward_time=f"P{days}D",
        meeting_duration=f"PT{duration_minutes}M" if duration_minutes else None,
        topic=topic_id,
        customer_type_id=customer_type_id,
        meeting_types=[meeting_type],
    )
    found = found_in(await backend.bookme.request(asked))
    names = await backend.names()
    return TimeSlots(
        time_zone=found.zone.key,
        time_slots=[shown(each, found, names) for each in found.starts[:limit]],
        more=max(0, len(found.starts) - limit),
        days=found.days[:MOST_DAYS],
        next=NEXT_HOLD if found.starts else NEXT_NOTHING,
    )


NEXT_HOLD: Final = "Let the user choose a time. Then call hold_time_slot with its start and its employee_id."
NEXT_NOTHING: Final = "Nothing is free. Ask the user for another time, meeting type or employee, and search again."


def found_in(answer: models.CompactAvailability) -> Found:
    """Unfold the ranges of starts of a compact search."""
    starts = sorted(unfolded(answer), key=lambda each: (each[0], str(each[1])))
    zone = ZoneInfo(answer.time_zone)
    by_day: dict[str, set[datetime]] = {}
    for start, _, _ in starts:
        by_day.setdefault(start.astimezone(zone).date().isoformat(), set()).add(start)
    days = [DayShown(date=date, free=len(times)) for date, times in by_day.items()]
    return Found(starts, days, duration_of(answer.meeting_duration), zone)


def unfolded(answer: models.CompactAvailability) -> Iterator[Starts]:
    interval = duration_of(answer.slot_interval)
    for day in answer.days:
        for offer in day.offers:
            ranges: dict[str, Any] = offer.starts
            for place, spans in ranges.items():
                for number in (each for first, last in spans for each in range(first, last + 1)):
                    yield day.first_start + number * interval, answer.employees[int(place)], offer.meetings[0]


def shown(start: Starts, found: Found, names: Names) -> SlotShown:
    at, employee, meeting = start
    return SlotShown(
        start=local(at, found.zone),
        end=local(at + found.duration, found.zone),
        employee_id=employee,
        employee=names.employees.get(employee),
        room=names.rooms.get(meeting.room_id) if meeting.room_id else None,
    )


@in_words
async def explain_unavailable(
    call: Call,
    start: Instant,
    employee_id: EmployeeId,
    topic_id: Annotated[UUID | None, Field(description="From find_topics.")] = None,
    customer_type_id: Annotated[UUID | None, Field(description="From find_topics.")] = None,
    meeting_type: MeetingType | None = None,
    duration_minutes: Minutes | None = None,
) -> Explained:
    """Say why a time of an employee is not offered. Needs the scope bookme.staff.

    The reasons are for staff. Do not tell customers about other people's meetings or working hours.
    """
    backend = backend_of(call)
    begin = await backend.instant(start)
    duration = timedelta(minutes=duration_minutes) if duration_minutes else await backend.duration()
    asked = operations.time_slots_explain(
        employee_id=employee_id,
        start_date=begin,
        end_date=begin + duration,
        topic=topic_id,
        customer_type_id=customer_type_id,
        meeting_types=[meeting_type] if meeting_type else None,
    )
    answer = await backend.bookme.request(asked)
    reasons = [f"{each.rule}: {each.why}" for each in answer.rules if not each.passed]
    if answer.offered:
        return Explained(offered=True, reasons=[], next="The time is free: hold_time_slot can hold it.")
    return Explained(offered=False, reasons=reasons, next="Call find_time_slots for another time.")
