"""Who gets a wanted time slot by the rules of search, and what to tell when nobody can."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from activities.messages import BookingName, WantedTimeSlot
from domain.availability import Purpose, Situation, SlotSearch, WantedSlot, choose_employees, offered_slots, refusal
from domain.errors import Conflict, NotFound, NotOffered, TimeSlotTaken, instant
from domain.time_slots import Interval
from storage.booking_tables import TimeSlotRow
from storage.companions import with_companions
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
    session: AsyncSession, booking: BookingName | None, wanted: WantedTimeSlot, own: frozenset[UUID]
) -> list[UUID]:
    """The employee asked for, or all who could take it, the best first.

    `own` time slots are not in the way, nor is the one that the booking holds, if there is a booking.
    """
    if wanted.employee_id is not None:
        return [wanted.employee_id]
    held = await find_live_hold(session, booking.client_id, booking.token) if booking else None
    situation = await read_situation(session, window_of(wanted, LOCAL_DAY), rooms=rooms_of(wanted))
    chosen = choose_employees(
        Interval(wanted.start, wanted.end),
        wanted.room_id,
        situation,
        ignore_slots=own | with_companions(held),
        soft_rules=not wanted.by_staff,
        purpose=_purpose(wanted, situation),
    )
    return [each for each in chosen if each not in wanted.additional_employees]


async def first_allowed(
    session: AsyncSession,
    wanted: WantedTimeSlot,
    candidates: Sequence[UUID],
    own: frozenset[UUID],
    *,
    held: TimeSlotRow | None = None,
    situation: Situation | None = None,
) -> UUID:
    """The first of the candidates whom the availability rules allow; raise why if there is none.

    Nor is there if they do not allow all additional employees. `held` is theirs already, at that time. `situation` is
    that of `around(wanted)`, if it was read before.
    """
    if situation is None or not candidates:
        employees = [*candidates, *wanted.additional_employees] if candidates else None
        situation = await read_situation(session, around(wanted), employees, rooms=rooms_of(wanted))
    _check_known(wanted, situation)
    asked = partial(_asked, wanted, own=own, situation=situation, held=held)
    judge = cache(lambda employee_id: refusal(asked(employee_id), situation))
    chosen = next((each for each in candidates if judge(each) is None), None)
    if chosen is None:
        raise _with_alternatives(_why_nobody(wanted, judge, situation), wanted, own, situation)
    if (refused := _why_not_all(wanted, own, situation, held=held)) is not None:
        raise _with_alternatives(refused, wanted, own, situation)
    return chosen


async def check_additional(session: AsyncSession, wanted: WantedTimeSlot, own: frozenset[UUID]) -> None:
    """Raise `NotFound` or why not, unless the availability rules allow all additional employees."""
    employees = wanted.additional_employees
    situation = await read_situation(session, window_of(wanted, LOCAL_DAY), employees, rooms=())
    _check_known(wanted, situation)
    if (refused := _why_not_all(wanted, own, situation)) is not None:
        raise refused


def around(wanted: WantedTimeSlot) -> Interval:
    """Return the time that `first_allowed` reads: the rules' days, and a day more to find the next free time slots."""
    return window_of(wanted, DAY + LOCAL_DAY)


def window_of(wanted: WantedTimeSlot, around: timedelta = timedelta(0)) -> Interval:
    """What the database is asked about: the time slot and so much on either side, within years that it can express."""
    return Interval(max(wanted.start, EARLIEST) - around, min(wanted.end, LATEST) + around)


def rooms_of(wanted: WantedTimeSlot) -> list[UUID]:
    return [] if wanted.room_id is None else [wanted.room_id]


def _check_known(wanted: WantedTimeSlot, situation: Situation) -> None:
    known = {each.id for each in situation.employees}
    for employee_id in filter(None, (wanted.employee_id, *wanted.additional_employees)):
        if employee_id not in known:
            raise NotFound("employee", employee_id)
    if wanted.room_id is not None and not situation.rooms:
        raise NotFound("room", wanted.room_id)


def _why_nobody(wanted: WantedTimeSlot, judge: Callable[[UUID], Conflict | None], situation: Situation) -> Conflict:
    """The one reason that holds for everybody, else that the time is taken; then also when it is not."""
    others = [each.id for each in situation.employees if each.id not in wanted.additional_employees]
    refusals = {refused.facts.get("rule"): refused for refused in map(judge, others[:MOST_JUDGED]) if refused}
    return next(iter(refusals.values())) if len(refusals) == 1 else TimeSlotTaken()


def _why_not_all(
    wanted: WantedTimeSlot, own: frozenset[UUID], situation: Situation, *, held: TimeSlotRow | None = None
) -> Conflict | None:
    """Why the first additional employee who cannot take part cannot, wherever they are; None if all can."""
    anywhere = wanted.model_copy(update={"room_id": None, "service_group": None})
    for employee_id in wanted.additional_employees:
        asked = _asked(anywhere, employee_id, own, situation, held=held)
        refused = refusal(replace(asked, needs_room=False), situation)
        if refused is not None:
            refused.facts = {**refused.facts, "employeeId": str(employee_id)}
            return refused
    return None


def _with_alternatives(
    refused: Conflict, wanted: WantedTimeSlot, own: frozenset[UUID], situation: Situation
) -> Conflict:
    if not isinstance(refused, NotOffered):
        refused.facts = {**refused.facts, "nextTimeSlots": _next_time_slots(wanted, own, situation)}
    return refused


def _next_time_slots(wanted: WantedTimeSlot, own: frozenset[UUID], situation: Situation) -> list[dict[str, str]]:
    """The next starts, within a day, at which one of these employees is free for as long, and so is the whole team."""
    team, purpose = wanted.additional_employees, _purpose(wanted, situation)
    search = SlotSearch(
        window=Interval(wanted.start, wanted.start + DAY),
        duration=wanted.end - wanted.start,
        explicit_employees=() if wanted.employee_id is None else (wanted.employee_id,),
        specific_rooms=tuple(rooms_of(wanted)),
        ignore_slots=own,
        best=not team,
        service_group=purpose.service_group,
        meeting_types=purpose.meeting_types,
        topic=purpose.topic,
        customer_type=purpose.customer_type,
        unsaid_is_any=True,
    )
    offered = [slot for slot in offered_slots(search, situation) if slot.employee_id not in team]
    if team:
        of_team = replace(search, explicit_employees=team, require_all=True, specific_rooms=(), service_group=None)
        together = {slot.interval for slot in offered_slots(of_team, situation)}
        offered = [slot for slot in offered if slot.interval in together]
    starts = {slot.interval.start: slot for slot in offered}
    return [
        {
            "startDate": str(instant(slot.interval.start)),
            "endDate": str(instant(slot.interval.end)),
            "employeeId": str(slot.employee_id),
        }
        for slot in list(starts.values())[:MOST_ALTERNATIVES]
    ]


def _asked(
    wanted: WantedTimeSlot,
    employee_id: UUID,
    own: frozenset[UUID],
    situation: Situation,
    *,
    held: TimeSlotRow | None = None,
) -> WantedSlot:
    return WantedSlot(
        interval=Interval(wanted.start, wanted.end),
        employee_id=employee_id,
        room_id=wanted.room_id,
        ignore_slots=own,
        soft_rules=not wanted.by_staff,
        purpose=_purpose(wanted, situation),
        is_held=held is not None,
        has_room=held is not None and held.room_id == wanted.room_id,
    )


def _purpose(wanted: WantedTimeSlot, situation: Situation) -> Purpose:
    """What the reservation says of its meeting. A service group that nobody knows is the client's own word."""
    known = {str(group.id): group.id for group in situation.service_groups}
    return Purpose(
        meeting_types=frozenset({wanted.meeting_type} if wanted.meeting_type else ()),
        topic=wanted.topic_id,
        customer_type=wanted.customer_type_id,
        service_group=known.get(wanted.service_group or ""),
    )
