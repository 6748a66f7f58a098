"""Who gets a wanted time slot by the rules of search, and what to tell when nobody can."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from activities.messages import BookingName, WantedTimeSlot
from domain.availability import Purpose, Situation, SlotSearch, WantedSlot, choose_employees, offered_slots, refusal
from domain.errors import Conflict, NotFound, NotOffered, TimeSlotTaken, instant
from domain.time_slots import Interval
from storage.situations import read_situation
from storage.time_slots import find_live_hold

DAY: Final = timedelta(days=1)
"""How far from the wanted time slot another one is looked for."""

LOCAL_DAY: Final = timedelta(hours=26)
"""The rules look at the whole local days around a time slot, and some have 25 hours."""

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9900, 1, 1, tzinfo=UTC)

MOST_ALTERNATIVES: Final = 3
"""How many free time slots a refusal names."""

MOST_JUDGED: Final = 20
"""How many employees are looked at to find out why nobody can."""


async def candidates_for(
    session: AsyncSession, booking: BookingName, wanted: WantedTimeSlot, own: frozenset[UUID]
) -> list[UUID]:
    """The employee asked for, or all who could take it, the best first. `own` time slots are not in the way."""
    if wanted.employee_id is not None:
        return [wanted.employee_id]
    held = await find_live_hold(session, booking.client_id, booking.token)
    situation = await read_situation(session, window_of(wanted, LOCAL_DAY), rooms=rooms_of(wanted))
    return choose_employees(
        Interval(wanted.start, wanted.end),
        wanted.room_id,
        situation,
        ignore_slots=own | ({held.id} if held else set()),
        soft_rules=not wanted.by_staff,
        purpose=_purpose(wanted, situation),
    )


async def first_allowed(
    session: AsyncSession, wanted: WantedTimeSlot, candidates: Sequence[UUID], own: frozenset[UUID]
) -> UUID:
    """The first of the candidates whom the availability rules allow; if there is none, raise why."""
    situation = await read_situation(
        session, window_of(wanted, DAY + LOCAL_DAY), candidates or None, rooms=rooms_of(wanted)
    )
    _check_known(wanted, situation)
    for employee_id in candidates:
        if refusal(_asked(wanted, employee_id, own, situation), situation) is None:
            return employee_id
    raise _why_nobody(wanted, own, situation)


def window_of(wanted: WantedTimeSlot, around: timedelta = timedelta(0)) -> Interval:
    """What the database is asked about: the time slot and so much on either side, within years that it can express."""
    return Interval(max(wanted.start, EARLIEST) - around, min(wanted.end, LATEST) + around)


def rooms_of(wanted: WantedTimeSlot) -> list[UUID]:
    return [] if wanted.room_id is None else [wanted.room_id]


def _check_known(wanted: WantedTimeSlot, situation: Situation) -> None:
    if wanted.employee_id is not None and not situation.employees:
        raise NotFound("employee", wanted.employee_id)
    if wanted.room_id is not None and not situation.rooms:
        raise NotFound("room", wanted.room_id)


def _why_nobody(wanted: WantedTimeSlot, own: frozenset[UUID], situation: Situation) -> Conflict:
    """The one reason that holds for everybody, else that the time is taken; then also when it is not."""
    judged = (refusal(_asked(wanted, each.id, own, situation), situation) for each in situation.employees[:MOST_JUDGED])
    refusals = {refused.facts.get("rule"): refused for refused in judged if refused is not None}
    refused = next(iter(refusals.values())) if len(refusals) == 1 else TimeSlotTaken()
    if not isinstance(refused, NotOffered):
        refused.facts = {**refused.facts, "nextTimeSlots": _next_time_slots(wanted, own, situation)}
    return refused


def _next_time_slots(wanted: WantedTimeSlot, own: frozenset[UUID], situation: Situation) -> list[dict[str, str]]:
    """The next starts, within a day, at which one of these employees is free for as long."""
    named = () if wanted.employee_id is None else (wanted.employee_id,)
    search = SlotSearch(
        window=Interval(wanted.start, wanted.start + DAY),
        duration=wanted.end - wanted.start,
        explicit_employees=named,
        specific_rooms=tuple(rooms_of(wanted)),
        ignore_slots=own,
        service_group=_purpose(wanted, situation).service_group,
        unsaid_is_any=True,
    )
    starts = {slot.interval.start: slot for slot in offered_slots(search, situation)}
    return [
        {
            "startDate": str(instant(slot.interval.start)),
            "endDate": str(instant(slot.interval.end)),
            "employeeId": str(slot.employee_id),
        }
        for slot in list(starts.values())[:MOST_ALTERNATIVES]
    ]


def _asked(wanted: WantedTimeSlot, employee_id: UUID, own: frozenset[UUID], situation: Situation) -> WantedSlot:
    return WantedSlot(
        interval=Interval(wanted.start, wanted.end),
        employee_id=employee_id,
        room_id=wanted.room_id,
        ignore_slots=own,
        soft_rules=not wanted.by_staff,
        purpose=_purpose(wanted, situation),
    )


def _purpose(wanted: WantedTimeSlot, situation: Situation) -> Purpose:
    """What the reservation says of its meeting. A service group that nobody knows is the client's own word."""
    known = {str(group.id): group.id for group in situation.service_groups}
    return Purpose(service_group=known.get(wanted.service_group or ""))
