"""Search for the time slots that are offered."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from heapq import merge
from itertools import chain
from operator import and_, itemgetter, or_
from uuid import UUID

from domain.availability.choice import Candidate, best, eligible_candidates
from domain.availability.context.board import NEVER, SearchContext, build_context, grid
from domain.availability.context.timeline import Starts, indices
from domain.availability.context.working import current_span
from domain.availability.questions import AvailabilityData, OfferedSlot, SlotSearch
from domain.configuration import Employee
from domain.meetings import MeetingType

Party = tuple[Employee, ...]
"""Employees who take part in one meeting. The first employee takes the meeting."""


def offered_slots(search: SlotSearch, situation: AvailabilityData) -> list[OfferedSlot]:
    """Return the time slots that can be reserved now, sorted by start, meeting type and employee.

    The time slots are alternatives, so they may overlap.
    """
    return list(offers(search, situation))


def offers(search: SlotSearch, situation: AvailabilityData) -> Iterator[OfferedSlot]:
    """Yield the result of `offered_slots` day by day on demand, so that a page does not cost the whole search."""
    starts = grid(search, situation)
    if not starts:
        return
    board = build_context(search, situation, starts)
    of_each_type = (_offers(board, meeting_type) for meeting_type in search.types)
    for _, slot in merge(*of_each_type, key=itemgetter(0)):
        yield slot


def _offers(board: SearchContext, meeting_type: MeetingType) -> Iterator[tuple[int, OfferedSlot]]:
    """Yield the offered time slots of this meeting type in order, each with the index of its start."""
    candidates = list(_candidates(board, meeting_type))
    rooms = _Rooms(board) if meeting_type is MeetingType.PHYSICAL else None
    for index, each in best(board, candidates) if board.search.best else _all(board, candidates):
        room = rooms.named(each, index) if rooms else None
        lead, *others = each.employees
        further = tuple(employee.id for employee in others) if others else ()
        group = each.group.id if each.group else None
        yield index, OfferedSlot(board.line.meetings[index], meeting_type, lead.id, room, further, group)


def _candidates(board: SearchContext, meeting_type: MeetingType) -> Iterator[Candidate]:
    for party in _parties(board.search, board.situation.employees):
        for lead in eligible_candidates(board, party[0], meeting_type):
            starts = reduce(and_, (_able(board, each, meeting_type) for each in party[1:]), lead.starts)
            if meeting_type is MeetingType.PHYSICAL and len(party) > 1:
                starts = _at_one_place(board, party, starts)
            if starts:
                yield Candidate(party, starts, lead.level, lead.group)


def _able(board: SearchContext, employee: Employee, meeting_type: MeetingType) -> Starts:
    return reduce(or_, (each.starts for each in eligible_candidates(board, employee, meeting_type)), NEVER)


def _parties(search: SlotSearch, employees: Iterable[Employee]) -> list[Party]:
    """Return the parties that could have the meeting: each employee alone, sorted by id, or all named ones together."""
    known = {employee.id: employee for employee in employees}
    named = dict.fromkeys(search.explicit_employees or known)
    found = tuple(known[identity] for identity in named if identity in known)
    if search.explicit_employees and search.require_all:
        return [found] if len(found) == len(named) else []
    return [(employee,) for employee in sorted(found, key=lambda each: each.id.int)]


def _at_one_place(board: SearchContext, party: Party, starts: Starts) -> Starts:
    """Return the starts at which the whole party is at one location. The rules have checked a requested location."""
    if board.search.place is not None:
        return starts
    together = (index for index in indices(starts) if len({_workplace(board, each, index) for each in party}) == 1)
    return sum(1 << index for index in together)


def _all(board: SearchContext, candidates: Iterable[Candidate]) -> Iterator[tuple[int, Candidate]]:
    """Yield all candidates of each start, in the order of starts, with the index of the start."""
    for day in board.line.days_of_starts:
        able: list[list[tuple[int, Candidate]]] = [[] for _ in range(day.length)]
        for each in candidates:
            for offset in indices(day.cut(each.starts)):
                able[offset].append((day.first + offset, each))
        yield from chain.from_iterable(able)


@dataclass(frozen=True, slots=True)
class _Rooms:
    """Names the rooms of physical meetings. The room depends only on location and start, not on the employee."""

    board: SearchContext
    known: dict[tuple[str, int], UUID | None] = field(default_factory=dict)

    def named(self, candidate: Candidate, index: int) -> UUID | None:
        place = self.board.search.place or _workplace(self.board, candidate.lead, index)
        if (place, index) not in self.known:
            self.known[place, index] = self._first_free(place, index)
        return self.known[place, index]

    def _first_free(self, place: str, index: int) -> UUID | None:
        if not self.board.room_named(place):
            return None
        taken = self.board.taken_rooms
        free = (room.id for room in self.board.rooms.get(place, ()) if not taken.get(room.id, NEVER) >> index & 1)
        return next(free, None)


def _workplace(board: SearchContext, employee: Employee, index: int) -> str:
    """Return the employee's location at this start. Valid only for local physical meetings that the rules allow."""
    spans = employee.week[board.line.weekdays[index]]
    # Fast path: nearly every day has one span, and this function runs for each offered slot.
    span = spans[0] if len(spans) == 1 else current_span(spans, board.line.clocks[index])
    return span.location
