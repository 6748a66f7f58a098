"""Choice of the employee for a wanted time slot by the availability rules, or the refusal if nobody is available.

`employee_label` gives the chosen employee a name for operators.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.availability import AvailabilityData, SlotSearch, WantedSlot, choose_employees, offered_slots, refusal
from domain.configuration import Employee
from domain.errors import Conflict, NotFound, NotOffered, TimeSlotTaken, instant
from domain.local_time import LOCAL_DAY
from domain.messages.booking import BookingKey, WantedTimeSlot
from domain.time_slots import Interval
from storage.availability.situations import read_availability_data
from storage.bookings.time_slots import find_live_hold, with_attendee_slots
from storage.tables.booking import TimeSlotRow

DAY: Final = timedelta(days=1)
"""The alternatives of a refusal start within this time after the wanted start."""

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9900, 1, 1, tzinfo=UTC)

MAX_ALTERNATIVES: Final = 3
"""Maximum number of free time slots that a refusal lists."""

MAX_COMPARED_EMPLOYEES: Final = 20
"""Maximum number of employees whose refusals are compared when no candidate is allowed."""


async def candidates_for(
    session: AsyncSession, booking: BookingKey | None, wanted: WantedTimeSlot, ignored_slots: frozenset[UUID]
) -> list[UUID]:
    """Return the requested employee, or all employees that could take the wanted time slot, best first.

    If the request has an employee, return only that employee, without a check. Otherwise the rules choose, and the
    list has no additional employees. Two kinds of time slots do not count as taken: those with an id in
    `ignored_slots`, and the hold of `booking` that has not expired, with its attendee slots.
    """
    if wanted.employee_id is not None:
        return [wanted.employee_id]
    held_slot = await find_live_hold(session, booking.client_id, booking.token) if booking else None
    availability = await read_availability_data(
        session, interval_with_margin(wanted, LOCAL_DAY), rooms=rooms_of(wanted)
    )
    slot = _slot_for_rules(wanted, None, ignored_slots | with_attendee_slots(held_slot), availability)
    chosen = choose_employees(slot, availability)
    return [each for each in chosen if each not in wanted.additional_employees]


async def first_allowed(
    session: AsyncSession,
    wanted: WantedTimeSlot,
    candidates: Sequence[UUID],
    ignored_slots: frozenset[UUID],
    *,
    held_slot: TimeSlotRow | None = None,
    availability: AvailabilityData | None = None,
) -> Employee:
    """Return the first candidate that the availability rules allow, if they also allow all additional employees.

    `held_slot` is the time slot that the candidate and the additional employees hold already, if any. `availability`
    is the data of `interval_to_read(wanted)`, if the caller has read it. Without candidates, the data of all employees
    are read instead, to find the reason and the next free time slots.

    Raises:
        NotFound: an employee or the room of the request does not exist.
        NotOffered: a rule refuses every candidate or an additional employee.
        TimeSlotTaken: the time is taken, or the rules refuse the employees for different reasons. `nextTimeSlots`
            lists the next free time slots.

    """
    if availability is None or not candidates:
        employees = [*candidates, *wanted.additional_employees] if candidates else None
        availability = await read_availability_data(
            session, interval_to_read(wanted), employees, rooms=rooms_of(wanted)
        )
    _check_known(wanted, availability)
    slot_for = partial(
        _slot_for_rules, wanted, ignored_slots=ignored_slots, availability=availability, held_slot=held_slot
    )
    refusal_for = cache(lambda employee_id: refusal(slot_for(employee_id), availability))
    chosen = next((each for each in candidates if refusal_for(each) is None), None)
    if chosen is None:
        raise _with_alternatives(
            _common_refusal(wanted, refusal_for, availability), wanted, ignored_slots, availability
        )
    if (
        conflict := _refusal_of_additional_employees(wanted, ignored_slots, availability, held_slot=held_slot)
    ) is not None:
        raise _with_alternatives(conflict, wanted, ignored_slots, availability)
    return next(each for each in availability.employees if each.id == chosen)


async def check_additional(session: AsyncSession, wanted: WantedTimeSlot, ignored_slots: frozenset[UUID]) -> None:
    """Check that the availability rules allow all additional employees.

    Before the call, the caller must clear `employee_id` and `room_id` of `wanted`, because only the data of the
    additional employees is read.

    Raises:
        NotFound: an additional employee does not exist.
        TimeSlotTaken, NotOffered: the rules refuse an additional employee; `employeeId` names the employee.

    """
    employees = wanted.additional_employees
    availability = await read_availability_data(session, interval_with_margin(wanted, LOCAL_DAY), employees, rooms=())
    _check_known(wanted, availability)
    if (conflict := _refusal_of_additional_employees(wanted, ignored_slots, availability)) is not None:
        raise conflict


def employee_label(display_name: str | None, *, in_full: bool) -> str | None:
    """Return the name of an employee as operators see it in the Temporal UI: in full, or its initials only.

    The UI shows Markdown, so characters with a meaning in Markdown are left out. Return None if nothing is left.
    """
    words = re.sub(r"[^\w\s.,'\u2019()&-]|_", " ", display_name or "").split()
    return (" ".join(words) if in_full else "".join(word[0] for word in words if word[0].isalpha()).upper()) or None


def interval_to_read(wanted: WantedTimeSlot) -> Interval:
    """Return the interval whose data `first_allowed` reads.

    The interval covers the local days that the rules read, and one more day for the next free time slots.
    """
    return interval_with_margin(wanted, DAY + LOCAL_DAY)


def interval_with_margin(wanted: WantedTimeSlot, margin: timedelta = timedelta(0)) -> Interval:
    """Return the interval of the time slot, extended by `margin` on both sides.

    The time slot is first limited to the years that the database can express.
    """
    return Interval(max(wanted.start, EARLIEST) - margin, min(wanted.end, LATEST) + margin)


def rooms_of(wanted: WantedTimeSlot) -> list[UUID]:
    return [] if wanted.room_id is None else [wanted.room_id]


def _check_known(wanted: WantedTimeSlot, availability: AvailabilityData) -> None:
    known = {each.id for each in availability.employees}
    for employee_id in filter(None, (wanted.employee_id, *wanted.additional_employees)):
        if employee_id not in known:
            raise NotFound("employee", employee_id)
    if wanted.room_id is not None and not availability.rooms:
        raise NotFound("room", wanted.room_id)


def _common_refusal(
    wanted: WantedTimeSlot, refusal_for: Callable[[UUID], Conflict | None], availability: AvailabilityData
) -> Conflict:
    """Return the refusal of the rule that refuses all compared employees, or `TimeSlotTaken` if the rules differ.

    If the rules differ, the result is `TimeSlotTaken` even if no employee's time is taken.
    """
    others = [each.id for each in availability.employees if each.id not in wanted.additional_employees]
    refusals = {
        conflict.facts.get("rule"): conflict
        for conflict in map(refusal_for, others[:MAX_COMPARED_EMPLOYEES])
        if conflict
    }
    return next(iter(refusals.values())) if len(refusals) == 1 else TimeSlotTaken()


def _refusal_of_additional_employees(
    wanted: WantedTimeSlot,
    ignored_slots: frozenset[UUID],
    availability: AvailabilityData,
    *,
    held_slot: TimeSlotRow | None = None,
) -> Conflict | None:
    """Return the refusal of the first additional employee that the rules refuse, or None if they allow all.

    The room and the service group are not checked, because they concern only the time slot's own employee.
    """
    anywhere = wanted.model_copy(update={"room_id": None, "service_group": None})
    for employee_id in wanted.additional_employees:
        slot = _slot_for_rules(anywhere, employee_id, ignored_slots, availability, held_slot=held_slot)
        conflict = refusal(replace(slot, needs_room=False), availability)
        if conflict is not None:
            conflict.facts = {**conflict.facts, "employeeId": str(employee_id)}
            return conflict
    return None


def _with_alternatives(
    conflict: Conflict, wanted: WantedTimeSlot, ignored_slots: frozenset[UUID], availability: AvailabilityData
) -> Conflict:
    """Return the same conflict, with the next free time slots in its facts (`nextTimeSlots`).

    A `NotOffered` is returned unchanged: it names the rule that refuses. The next time slots are not searched for it,
    although the rule may allow another time.
    """
    if not isinstance(conflict, NotOffered):
        conflict.facts = {**conflict.facts, "nextTimeSlots": _next_time_slots(wanted, ignored_slots, availability)}
    return conflict


def _next_time_slots(
    wanted: WantedTimeSlot, ignored_slots: frozenset[UUID], availability: AvailabilityData
) -> list[dict[str, str]]:
    """Return the next time slots of this length within 24 hours after the wanted start, one for each start.

    Each is free for the wanted employee, or for any employee if none is wanted, and for all additional employees.
    """
    team = wanted.additional_employees
    slot_for_rules = _slot_for_rules(wanted, wanted.employee_id, ignored_slots, availability)
    search = SlotSearch(
        window=Interval(wanted.start, wanted.start + DAY),
        duration=wanted.end - wanted.start,
        explicit_employees=() if wanted.employee_id is None else (wanted.employee_id,),
        specific_rooms=tuple(rooms_of(wanted)),
        ignore_slots=ignored_slots,
        best=not team,
        service_group=slot_for_rules.service_group,
        meeting_types=slot_for_rules.meeting_types,
        topic=slot_for_rules.topic,
        customer_type=slot_for_rules.customer_type,
        unsaid_is_any=True,
    )
    offered = [slot for slot in offered_slots(search, availability) if slot.employee_id not in team]
    if team:
        team_search = replace(search, explicit_employees=team, require_all=True, specific_rooms=(), service_group=None)
        team_intervals = {slot.interval for slot in offered_slots(team_search, availability)}
        offered = [slot for slot in offered if slot.interval in team_intervals]
    starts = {slot.interval.start: slot for slot in offered}
    return [
        {
            "startDate": str(instant(slot.interval.start)),
            "endDate": str(instant(slot.interval.end)),
            "employeeId": str(slot.employee_id),
        }
        for slot in list(starts.values())[:MAX_ALTERNATIVES]
    ]


def _slot_for_rules(
    wanted: WantedTimeSlot,
    employee_id: UUID | None,
    ignored_slots: frozenset[UUID],
    availability: AvailabilityData,
    *,
    held_slot: TimeSlotRow | None = None,
) -> WantedSlot:
    """Return the wanted time slot of a message as the availability rules read it (`WantedSlot`), for this employee.

    A service group whose id is not in the database is free text of the client, so the rules ignore it. `held_slot` is
    as in `first_allowed`. `has_room` is true if the hold has the wanted room, and also if no room is held or wanted.
    """
    known = {str(group.id): group.id for group in availability.service_groups}
    return WantedSlot(
        interval=Interval(wanted.start, wanted.end),
        employee_id=employee_id,
        room_id=wanted.room_id,
        ignore_slots=ignored_slots,
        soft_rules=not wanted.by_staff,
        meeting_types=frozenset({wanted.meeting_type} if wanted.meeting_type else ()),
        topic=wanted.topic_id,
        customer_type=wanted.customer_type_id,
        service_group=known.get(wanted.service_group or ""),
        is_held=held_slot is not None,
        has_room=held_slot is not None and held_slot.room_id == wanted.room_id,
    )
