"""The result of a search as sets of starts and as counts, without an object for each time slot.

Both have exactly the time slots of `offered_slots`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache, partial, reduce
from operator import or_
from typing import NamedTuple
from uuid import UUID

from domain.availability.context import SearchContext, build_context, grid
from domain.availability.employee_time import current_span
from domain.availability.inputs import AvailabilityData, SlotSearch
from domain.availability.search import Candidate, best_candidates, find_candidates
from domain.availability.timeline import NEVER, Day, Starts, Timeline, indices
from domain.configuration import Employee
from domain.meetings import MeetingType

Range = tuple[int, int]
"""The first and the last number of consecutive numbers."""

RoomsOfPart = Sequence[tuple[UUID | None, Starts]]
"""Starts at which each room is the one that is offered. None: no room is named, or none is free."""


class OfferedStarts(NamedTuple):
    """Starts at which one employee can have one type of meeting, in one room and in one capacity.

    Start number n is n times the slot interval after the `first` start of its part of the day.
    """

    meeting_type: MeetingType
    employee_id: UUID
    room_id: UUID | None
    service_group_id: UUID | None
    starts: Starts


class PartOfDay(NamedTuple):
    """Starts of one local day with the slot interval between them. `first` is the first one that is offered, in UTC.

    A day has one part, or more if the clocks change on it.
    """

    on: date
    first: datetime
    offered: list[OfferedStarts]


class CountedDay(NamedTuple):
    """Number of starts on a local day at which somebody can have a meeting: of each type, and of any type."""

    on: date
    of_type: Mapping[MeetingType, int]
    total: int


def offered_starts(search: SlotSearch, data: AvailabilityData) -> Iterator[PartOfDay]:
    """Yield the parts of all days on which something is offered, sorted by time."""
    context = _context_of(search, data)
    if context is None:
        return
    offered = [(each, _candidates(context, each)) for each in search.types]
    for part in _parts(context.timeline, data.organisation.slot_interval):
        rooms = cache(partial(_rooms, context, part))
        found = [
            OfferedStarts(meeting_type, each.lead.id, room, each.group.id if each.group else None, starts)
            for meeting_type, candidates in offered
            for each in candidates
            for room, starts in _with_rooms(context, part, meeting_type, each, rooms)
        ]
        if found:
            first = min(_lowest(each.starts) for each in found)
            shifted = [each._replace(starts=each.starts >> first) for each in found]
            yield PartOfDay(part.on, context.timeline.starts[part.first + first], shifted)


def counted_days(search: SlotSearch, data: AvailabilityData) -> Iterator[CountedDay]:
    """Yield every local day of the search that has possible starts, sorted, also if nothing is offered on the day."""
    context = _context_of(search, data)
    if context is None:
        return
    of_type = {
        each: reduce(or_, (one.starts for one in find_candidates(context, each)), NEVER) for each in search.types
    }
    any_type = reduce(or_, of_type.values(), NEVER)
    for day in context.timeline.days_of_starts:
        counts = {each: day.cut(starts).bit_count() for each, starts in of_type.items()}
        yield CountedDay(day.on, counts, day.cut(any_type).bit_count())


def ranges(starts: Starts) -> Iterator[Range]:
    """Yield the ranges of consecutive numbers in a set of starts, sorted."""
    while starts:
        first = _lowest(starts)
        rest = ~(starts >> first)
        length = (rest & -rest).bit_length() - 1
        yield first, first + length - 1
        starts &= ~((1 << length) - 1 << first)


def _lowest(starts: Starts) -> int:
    return (starts & -starts).bit_length() - 1


def _context_of(search: SlotSearch, data: AvailabilityData) -> SearchContext | None:
    starts = grid(search, data)
    return build_context(search, data, starts) if starts else None


def _candidates(context: SearchContext, meeting_type: MeetingType) -> list[Candidate]:
    """Return the candidates that are offered, each with the starts at which it is offered.

    A search for the best time slots offers one candidate at each start.
    """
    candidates = list(find_candidates(context, meeting_type))
    if not context.search.best:
        return candidates
    chosen: defaultdict[int, Starts] = defaultdict(int)
    for index, each in best_candidates(context, candidates):
        chosen[id(each)] |= 1 << index
    return [each._replace(starts=chosen[id(each)]) for each in candidates if id(each) in chosen]


def _parts(timeline: Timeline, step: timedelta) -> Iterator[Day]:
    """Yield the days of the timeline, cut where the time between two starts is not `step`."""
    for day in timeline.days_of_starts:
        begin = day.first
        for index in range(day.first + 1, day.first + day.length + 1):
            is_end = index == day.first + day.length
            if is_end or timeline.starts[index] - timeline.starts[index - 1] != step:
                yield Day(day.on, begin, index - begin)
                begin = index


def _with_rooms(
    context: SearchContext,
    part: Day,
    meeting_type: MeetingType,
    candidate: Candidate,
    rooms: Callable[[str], RoomsOfPart],
) -> Iterator[tuple[UUID | None, Starts]]:
    """Yield the starts of the candidate in this part, with the room that is offered at them."""
    starts = part.cut(candidate.starts)
    found: defaultdict[UUID | None, Starts] = defaultdict(int)
    if meeting_type is MeetingType.PHYSICAL:
        for place, there in _places(context, part, candidate.lead, starts):
            for room, free in rooms(place):
                found[room] |= there & free
    else:
        found[None] = starts
    yield from ((room, offered) for room, offered in found.items() if offered)


def _places(context: SearchContext, part: Day, employee: Employee, starts: Starts) -> Iterable[tuple[str, Starts]]:
    """Return the starts in this part at each location where the employee meets customers at them."""
    if not starts:
        return ()
    if context.search.place is not None:
        return ((context.search.place, starts),)
    spans = employee.week[context.timeline.weekdays[part.first]]
    if len(spans) == 1:
        return ((spans[0].location, starts),)
    found: defaultdict[str, Starts] = defaultdict(int)
    for index in indices(starts):
        found[current_span(spans, context.timeline.clocks[part.first + index]).location] |= 1 << index
    return found.items()


def _rooms(context: SearchContext, part: Day, place: str) -> RoomsOfPart:
    """Return the starts in this part at which each room of the location is the first free one."""
    left = (1 << part.length) - 1
    found: list[tuple[UUID | None, Starts]] = []
    if context.room_named(place):
        for room in context.rooms.get(place, ()):
            free = left & ~part.cut(context.taken_rooms.get(room.id, NEVER))
            found.append((room.id, free))
            left &= ~free
    return [*found, (None, left)]
