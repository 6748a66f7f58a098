"""Search for the time slots that are offered, and choose between several employees.

The choice is by priority level, then by the least meeting time, then by a draw. The draw is a hash of employee and
start. The same request has the same result, and all employees are drawn evenly.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cache, lru_cache, partial, reduce
from hashlib import blake2b
from heapq import merge
from itertools import chain
from operator import and_, itemgetter, or_
from typing import Final, NamedTuple
from uuid import UUID

from domain.availability.context import (
    NO_LOAD,
    NO_TIME,
    AllowedCapacity,
    Party,
    RuleInput,
    SearchContext,
    build_context,
    grid,
)
from domain.availability.employee_time import current_span
from domain.availability.inputs import AvailabilityData, OfferedSlot, SlotSearch
from domain.availability.rules import OF_OWN_TIME, Rule, evaluate, refused_by_own_time
from domain.availability.timeline import NEVER, Day, Starts, indices
from domain.configuration import Employee, ServiceGroup
from domain.meetings import MeetingType

DRAWS: Final = 1 << 64
"""Modulus of a draw. A draw is the product of two hashes modulo this number, and the lowest draw wins.

A product is cheap, and a search draws millions of times.
"""

Ticket = tuple[int, Starts, "Candidate"]
"""Entry of the queue of one day: the number for the draw, the candidate's starts on this day, and the candidate."""


class Candidate(NamedTuple):
    """Employees who can have the meeting at any of these starts. The first one takes the meeting, the others take part.

    `level` is the rank of the first employee's priority level. `group` is the service group through which the first
    employee serves, or None if the employee is local.
    """

    employees: tuple[Employee, ...]
    starts: Starts
    level: int
    group: ServiceGroup | None = None

    @property
    def lead(self) -> Employee:
        return self.employees[0]


def offered_slots(search: SlotSearch, data: AvailabilityData) -> Iterator[OfferedSlot]:
    """Yield the time slots that can be reserved now, sorted by start, meeting type and employee.

    The time slots are alternatives, so they may overlap. They are computed start by start on demand, so that a page
    does not cost the whole search.
    """
    starts = grid(search, data)
    if not starts:
        return
    context = build_context(search, data, starts)
    of_each_type = (_offers(context, meeting_type) for meeting_type in search.types)
    yield from chain.from_iterable(slots for _, slots in merge(*of_each_type, key=itemgetter(0)))


def _offers(context: SearchContext, meeting_type: MeetingType) -> Iterator[tuple[int, list[OfferedSlot]]]:
    """Yield the index of each start at which this meeting type is offered, in order, with its time slots."""
    candidates = list(find_candidates(context, meeting_type))
    is_physical, requested = meeting_type is MeetingType.PHYSICAL, context.search.place
    # The room depends only on location and start, not on the employee.
    free_room = cache(partial(_free_room, context))
    for index, chosen in _best(context, candidates) if context.search.best else _all(context, candidates):
        interval = context.timeline.meetings[index]
        slots = []
        for each in chosen:
            lead, group = each.lead, each.group
            room = free_room(requested or _workplace(context, lead, index), index) if is_physical else None
            further = tuple(other.id for other in each.employees[1:]) if len(each.employees) > 1 else ()
            slots.append(OfferedSlot(interval, meeting_type, lead.id, room, further, group.id if group else None))
        yield index, slots


def find_candidates(context: SearchContext, meeting_type: MeetingType) -> Iterator[Candidate]:
    """Yield the candidates for this meeting type, each with all starts that the rules allow, sorted by employee."""
    for party in context.parties:
        if len(party) == 1:
            yield from eligible_candidates(context, party[0], meeting_type)
            continue
        for lead in eligible_candidates(context, party[0], meeting_type):
            starts = reduce(and_, (_able(context, each, meeting_type) for each in party[1:]), lead.starts)
            if meeting_type is MeetingType.PHYSICAL:
                starts = _at_one_place(context, party, starts)
            if starts:
                yield Candidate(party, starts, lead.level, lead.group)


def _able(context: SearchContext, employee: Employee, meeting_type: MeetingType) -> Starts:
    return reduce(or_, (each.starts for each in eligible_candidates(context, employee, meeting_type)), NEVER)


def _at_one_place(context: SearchContext, party: Party, starts: Starts) -> Starts:
    """Return the starts at which the whole party is at one location. The rules have checked a requested location."""
    if context.search.place is not None:
        return starts
    together = (index for index in indices(starts) if len({_workplace(context, each, index) for each in party}) == 1)
    return sum(1 << index for index in together)


def _all(context: SearchContext, candidates: Iterable[Candidate]) -> Iterator[tuple[int, list[Candidate]]]:
    """Yield the index of each start that has a candidate, in order, with all its candidates."""
    for day in context.timeline.days_of_starts:
        able = [(cut, each) for each in candidates if (cut := day.cut(each.starts))]
        for offset in indices(reduce(or_, (cut for cut, _ in able), NEVER)):
            bit = 1 << offset
            yield day.first + offset, [each for cut, each in able if cut & bit]


def _best(context: SearchContext, candidates: Sequence[Candidate]) -> Iterator[tuple[int, list[Candidate]]]:
    return ((index, [each]) for index, each in best_candidates(context, candidates))


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


def eligible_candidates(
    context: SearchContext, employee: Employee, meeting_type: MeetingType, skipped: frozenset[Rule] = frozenset()
) -> Iterator[Candidate]:
    """Yield the employee in each capacity that the rules allow. Each start occurs once, in the best capacity."""
    left = context.timeline.every
    profile = None if skipped else context.profile(employee)
    if profile is None:
        capacities = _capacities(context, employee, meeting_type, skipped)
    elif capacities := _capacities_of(context, profile, employee, meeting_type):
        left &= ~refused_by_own_time(context, meeting_type).get(employee.id, NEVER)
    for rank, group, allowed in capacities:
        starts = left & allowed
        if starts:
            yield Candidate((employee,), starts, rank, group)
            left &= ~starts


def _capacities_of(
    context: SearchContext, profile: int, employee: Employee, meeting_type: MeetingType
) -> Sequence[AllowedCapacity]:
    """Return the capacities of all employees with this profile, as if they had no time slots, from one of them."""
    found = context.shared.get((profile, meeting_type))
    if found is None:
        found = context.shared[profile, meeting_type] = _capacities(context, employee, meeting_type, OF_OWN_TIME)
    return found


def _capacities(
    context: SearchContext, employee: Employee, meeting_type: MeetingType, skipped: frozenset[Rule]
) -> Sequence[AllowedCapacity]:
    """Return the employee's capacities with the starts that the rules allow, without those that have no start."""
    evaluated = (
        (rank, group, evaluate(RuleInput(context, employee, meeting_type, group), skipped)[0])
        for rank, group in context.capacities(employee)
    )
    return [each for each in evaluated if each[2]]


def best_candidates(context: SearchContext, candidates: Sequence[Candidate]) -> Iterator[tuple[int, Candidate]]:
    """Yield the index of each start that has a candidate, in order, with the candidate to choose."""
    levels: defaultdict[int, defaultdict[UUID, list[Candidate]]] = defaultdict(partial(defaultdict, list))
    for each in candidates:
        levels[each.level][each.lead.id].append(each)
    queue = [levels[level] for level in sorted(levels)]
    every = reduce(or_, (each.starts for each in candidates), NEVER)
    for day in context.timeline.days_of_starts:
        if wanted := day.cut(every):
            yield from sorted(_served(context, day, wanted, _groups(context, day, queue)), key=itemgetter(0))


def _groups(
    context: SearchContext, day: Day, queue: Iterable[Mapping[UUID, Sequence[Candidate]]]
) -> Iterator[list[Ticket]]:
    """Yield the candidates of this day in groups of equal standing, the best standing first.

    `queue` has the candidates of each priority level by lead. Later groups are not built if they are not needed.
    """
    by_load = context.by_load(day.on)
    for leads in queue:
        for load in sorted(by_load):
            together = chain.from_iterable(leads.get(lead, ()) for lead in by_load[load])
            yield [(_number_of(each.lead), cut, each) for each in together if (cut := day.cut(each.starts))]


def by_preference(context: SearchContext, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the candidates for the single start of this context, the best first.

    The lowest level comes first, then the lead with the least meeting time on that day. A draw decides ties. The draw
    looks random, but is always the same for the same lead and start.
    """
    day, number = context.timeline.dates[0], _number(context.timeline.starts[0].isoformat())

    def standing(each: Candidate) -> tuple[int, timedelta, int]:
        load = context.load.get(each.lead.id, NO_LOAD).get(day, NO_TIME)
        draw = _number_of(each.lead) * number % DRAWS
        return each.level, load, draw

    return sorted(candidates, key=standing)


def _served(
    context: SearchContext, day: Day, left: Starts, queue: Iterable[list[Ticket]]
) -> Iterator[tuple[int, Candidate]]:
    """Yield the index of each of the starts `left` on the day, with the first candidate in the queue.

    The queue consists of groups of equal standing. Within a group a draw decides.
    """
    for group in queue:
        served = left & reduce(or_, (cut for _, cut, _ in group), NEVER)
        for offset in indices(served):
            number, bit = _number(context.timeline.starts[day.first + offset].isoformat()), 1 << offset
            draws = {who * number % DRAWS: each for who, cut, each in group if cut & bit}
            yield day.first + offset, draws[min(draws)]
        left &= ~served
        if not left:
            return


def _number_of(employee: Employee) -> int:
    return _number(employee.id.hex)


@lru_cache(maxsize=16384)
def _number(text: str) -> int:
    """Return an odd pseudo-random number that is the same in every process."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) | 1
