"""Choice of the employee for a wanted time slot by the availability rules, or the refusal if nobody is available."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.availability import AvailabilityData, SlotSearch, WantedSlot, choose_employees, offered_slots, refusal
from domain.errors import Conflict, NotFound, NotOffered, TimeSlotTaken, instant
from domain.messages.booking import BookingKey, WantedTimeSlot
from domain.time_slots import Interval
from storage.availability.situations import read_availability_data
from storage.bookings.time_slots import find_live_hold, with_attendee_slots
from storage.tables.booking import TimeSlotRow

DAY: Final = timedelta(days=1)
"""The alternatives of a refusal start within this time after the wanted start."""

LOCAL_DAY: Final = timedelta(hours=26)
"""Margin around a time slot for rules that read whole local days. Some local days have 25 hours."""

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9900, 1, 1, tzinfo=UTC)

MOST_ALTERNATIVES: Final = 3
"""Maximum number of free time slots that a refusal lists."""

MOST_JUDGED: Final = 20
"""Maximum number of employees whose refusals are compared when no candidate is allowed."""


async def candidates_for(
    session: AsyncSession, booking: BookingKey | None, wanted: WantedTimeSlot, own: frozenset[UUID]
) -> list[UUID]:
    """Return the requested employee, or all employees that could take the wanted time slot, best first.

    The time slots `own`, and the live hold of `booking` with its attendee slots, do not count as taken. A requested
    employee is returned without a check. Otherwise additional employees are left out.
    """
    if wanted.employee_id is not None:
        return [wanted.employee_id]
    held = await find_live_hold(session, booking.client_id, booking.token) if booking else None
    situation = await read_availability_data(session, window_of(wanted, LOCAL_DAY), rooms=rooms_of(wanted))
    asked = _asked(wanted, None, own | with_attendee_slots(held), situation)
    chosen = choose_employees(asked, situation)
    return [each for each in chosen if each not in wanted.additional_employees]


async def first_allowed(
    session: AsyncSession,
    wanted: WantedTimeSlot,
    candidates: Sequence[UUID],
    own: frozenset[UUID],
    *,
    held: TimeSlotRow | None = None,
    situation: AvailabilityData | None = None,
) -> UUID:
    """Return the first candidate that the availability rules allow, if they also allow all additional employees.

    `held` is the time slot if the candidate and the additional employees hold it already. `situation` is the
    availability data of `around(wanted)`, if the caller has read it.

    Raises:
        NotFound: a named employee or the room does not exist.
        NotOffered: a rule refuses every candidate or an additional employee.
        TimeSlotTaken: the time is taken, or the employees are refused for different reasons. `nextTimeSlots` lists free
            ones.

    """
    if situation is None or not candidates:
        employees = [*candidates, *wanted.additional_employees] if candidates else None
        situation = await read_availability_data(session, around(wanted), employees, rooms=rooms_of(wanted))
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
    """Check that the availability rules allow all additional employees.

    The caller clears `employee_id` and `room_id` of `wanted`: only the additional employees are read.

    Raises:
        NotFound: an additional employee does not exist.
        TimeSlotTaken, NotOffered: the rules refuse an additional employee; `employeeId` names the employee.

    """
    employees = wanted.additional_employees
    situation = await read_availability_data(session, window_of(wanted, LOCAL_DAY), employees, rooms=())
    _check_known(wanted, situation)
    if (refused := _why_not_all(wanted, own, situation)) is not None:
        raise refused


def around(wanted: WantedTimeSlot) -> Interval:
    """Return the interval whose data `first_allowed` reads.

    The interval covers the local days that the rules read, and one more day for the next free time slots.
    """
    return window_of(wanted, DAY + LOCAL_DAY)


def window_of(wanted: WantedTimeSlot, around: timedelta = timedelta(0)) -> Interval:
    """Return the interval of the time slot, extended by `around` on both sides.

    The time slot is first limited to the years that the database can express.
    """
    return Interval(max(wanted.start, EARLIEST) - around, min(wanted.end, LATEST) + around)


def rooms_of(wanted: WantedTimeSlot) -> list[UUID]:
    return [] if wanted.room_id is None else [wanted.room_id]


def _check_known(wanted: WantedTimeSlot, situation: AvailabilityData) -> None:
    known = {each.id for each in situation.employees}
    for employee_id in filter(None, (wanted.employee_id, *wanted.additional_employees)):
        if employee_id not in known:
            raise NotFound("employee", employee_id)
    if wanted.room_id is not None and not situation.rooms:
        raise NotFound("room", wanted.room_id)


def _why_nobody(
    wanted: WantedTimeSlot, judge: Callable[[UUID], Conflict | None], situation: AvailabilityData
) -> Conflict:
    """Return the refusal if all compared employees are refused by the same rule, else `TimeSlotTaken`.

    `TimeSlotTaken` also stands for different reasons, even if none of them is a taken time.
    """
    others = [each.id for each in situation.employees if each.id not in wanted.additional_employees]
    refusals = {refused.facts.get("rule"): refused for refused in map(judge, others[:MOST_JUDGED]) if refused}
    return next(iter(refusals.values())) if len(refusals) == 1 else TimeSlotTaken()


def _why_not_all(
    wanted: WantedTimeSlot, own: frozenset[UUID], situation: AvailabilityData, *, held: TimeSlotRow | None = None
) -> Conflict | None:
    """Return the refusal of the first additional employee that the rules refuse, or None if they allow all.

    Room and service group are left out: they concern only the meeting's own employee.
    """
    anywhere = wanted.model_copy(update={"room_id": None, "service_group": None})
    for employee_id in wanted.additional_employees:
        asked = _asked(anywhere, employee_id, own, situation, held=held)
        refused = refusal(replace(asked, needs_room=False), situation)
        if refused is not None:
            refused.facts = {**refused.facts, "employeeId": str(employee_id)}
            return refused
    return None


def _with_alternatives(
    refused: Conflict, wanted: WantedTimeSlot, own: frozenset[UUID], situation: AvailabilityData
) -> Conflict:
    if not isinstance(refused, NotOffered):
        refused.facts = {**refused.facts, "nextTimeSlots": _next_time_slots(wanted, own, situation)}
    return refused


def _next_time_slots(wanted: WantedTimeSlot, own: frozenset[UUID], situation: AvailabilityData) -> list[dict[str, str]]:
    """Return the next time slots of this length that are free for one wanted employee and all additional employees."""
    team, asked = wanted.additional_employees, _asked(wanted, wanted.employee_id, own, situation)
    search = SlotSearch(
        window=Interval(wanted.start, wanted.start + DAY),
        duration=wanted.end - wanted.start,
        explicit_employees=() if wanted.employee_id is None else (wanted.employee_id,),
        specific_rooms=tuple(rooms_of(wanted)),
        ignore_slots=own,
        best=not team,
        service_group=asked.service_group,
        meeting_types=asked.meeting_types,
        topic=asked.topic,
        customer_type=asked.customer_type,
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
    employee_id: UUID | None,
    own: frozenset[UUID],
    situation: AvailabilityData,
    *,
    held: TimeSlotRow | None = None,
) -> WantedSlot:
    """Return the domain's request. A service group that the database does not have is the client's free text."""
    known = {str(group.id): group.id for group in situation.service_groups}
    return WantedSlot(
        interval=Interval(wanted.start, wanted.end),
        employee_id=employee_id,
        room_id=wanted.room_id,
        ignore_slots=own,
        soft_rules=not wanted.by_staff,
        meeting_types=frozenset({wanted.meeting_type} if wanted.meeting_type else ()),
        topic=wanted.topic_id,
        customer_type=wanted.customer_type_id,
        service_group=known.get(wanted.service_group or ""),
        is_held=held is not None,
        has_room=held is not None and held.room_id == wanted.room_id,
    )
