"""Search for the time slots that are offered."""

from collections.abc import Iterable, Iterator
from functools import cache, partial, reduce
from heapq import merge
from itertools import chain
from operator import and_, attrgetter, or_
from uuid import UUID

from domain.availability.candidates import Candidate, best, eligible_candidates
from domain.availability.context import SearchContext, build_context, grid
from domain.availability.employee_time import current_span
from domain.availability.inputs import AvailabilityData, OfferedSlot, SlotSearch
from domain.availability.timeline import NEVER, Starts, indices
from domain.configuration import Employee
from domain.meetings import MeetingType

Party = tuple[Employee, ...]
"""Employees who take part in one meeting. The first employee takes the meeting."""


def offered_slots(search: SlotSearch, data: AvailabilityData) -> Iterator[OfferedSlot]:
    """Yield the time slots that can be reserved now, sorted by start, meeting type and employee.

    The time slots are alternatives, so they may overlap. They are computed day by day on demand, so that a page does
    not cost the whole search.
    """
    starts = grid(search, data)
    if not starts:
        return
    context = build_context(search, data, starts)
    of_each_type = (_offers(context, meeting_type) for meeting_type in search.types)
    yield from merge(*of_each_type, key=attrgetter("interval.start"))


def _offers(context: SearchContext, meeting_type: MeetingType) -> Iterator[OfferedSlot]:
    """Yield the offered time slots of this meeting type, sorted by start."""
    candidates = list(_candidates(context, meeting_type))
    is_physical, requested = meeting_type is MeetingType.PHYSICAL, context.search.place
    # The room depends only on location and start, not on the employee.
    free_room = cache(partial(_free_room, context))
    for index, each in best(context, candidates) if context.search.best else _all(context, candidates):
        lead, *others = each.employees
        room = free_room(requested or _workplace(context, lead, index), index) if is_physical else None
        further = tuple(employee.id for employee in others) if others else ()
        group = each.group.id if each.group else None
        yield OfferedSlot(context.timeline.meetings[index], meeting_type, lead.id, room, further, group)


def _candidates(context: SearchContext, meeting_type: MeetingType) -> Iterator[Candidate]:
    for party in _parties(context.search, context.data.employees):
        for lead in eligible_candidates(context, party[0], meeting_type):
            starts = reduce(and_, (_able(context, each, meeting_type) for each in party[1:]), lead.starts)
            if meeting_type is MeetingType.PHYSICAL and len(party) > 1:
                starts = _at_one_place(context, party, starts)
            if starts:
                yield Candidate(party, starts, lead.level, lead.group)


def _able(context: SearchContext, employee: Employee, meeting_type: MeetingType) -> Starts:
    return reduce(or_, (each.starts for each in eligible_candidates(context, employee, meeting_type)), NEVER)


def _parties(search: SlotSearch, employees: Iterable[Employee]) -> list[Party]:
    """Return the parties that could have the meeting: each employee alone, sorted by id, or all named ones together."""
    known = {employee.id: employee for employee in employees}
    named = dict.fromkeys(search.explicit_employees or known)
    found = tuple(known[identity] for identity in named if identity in known)
    if search.explicit_employees and search.require_all:
        return [found] if len(found) == len(named) else []
    return [(employee,) for employee in sorted(found, key=lambda each: each.id.int)]


def _at_one_place(context: SearchContext, party: Party, starts: Starts) -> Starts:
    """Return the starts at which the whole party is at one location. The rules have checked a requested location."""
    if context.search.place is not None:
        return starts
    together = (index for index in indices(starts) if len({_workplace(context, each, index) for each in party}) == 1)
    return sum(1 << index for index in together)


def _all(context: SearchContext, candidates: Iterable[Candidate]) -> Iterator[tuple[int, Candidate]]:
    """Yield all candidates of each start, in the order of starts, with the index of the start."""
    for day in context.timeline.days_of_starts:
        able: list[list[tuple[int, Candidate]]] = [[] for _ in range(day.length)]
        for each in candidates:
            for offset in indices(day.cut(each.starts)):
                able[offset].append((day.first + offset, each))
        yield from chain.from_iterable(able)


def _free_room(context: SearchContext, place: str, index: int) -> UUID | None:
    """Return the room that is named for a physical meeting at this location and start, or None."""
    if not context.room_named(place):
        return None
    rooms, taken = context.rooms.get(place, ()), context.taken_rooms
    return next((room.id for room in rooms if not taken.get(room.id, NEVER) >> index & 1), None)


def _workplace(context: SearchContext, employee: Employee, index: int) -> str:
    """Return the employee's location at this start. Valid only for local physical meetings that the rules allow."""
    spans = employee.week[context.timeline.weekdays[index]]
    # Fast path: nearly every day has one span, and this function runs for each offered slot.
    span = spans[0] if len(spans) == 1 else current_span(spans, context.timeline.clocks[index])
    return span.location
