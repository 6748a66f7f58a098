"""Who takes a meeting when several can: the highest priority level, in it the fairest, then a draw.

The draw is a hash of employee and start: the same for the same request, and spread evenly over everybody.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache, reduce
from hashlib import blake2b
from operator import itemgetter, or_
from typing import Final

from domain.availability.board import Board
from domain.availability.groups import capacities, level
from domain.availability.rules import Rule, verdict
from domain.availability.timeline import Day, Starts, indices
from domain.availability.working import Case
from domain.configuration import Employee, ServiceGroup
from domain.meetings import MeetingType

DRAWS: Final = 1 << 64
"""A draw is the product of two hashes modulo this, and the lowest wins: a search draws millions of times."""

NO_TIME: Final = timedelta()
NO_LOAD: Final[Mapping[date, timedelta]] = {}

Standing = tuple[int, timedelta]
"""A place in the queue on a local day: the priority level, then the meeting time that there is already."""

Ticket = tuple[int, Starts, "Candidate"]
"""A candidate of one day: the number that draws, and the day's starts alone."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The first of these employees takes the meeting and the others take part, at any of these starts.

    `level` is the rank of the first one's priority level; the first one serves through `group`, or is local.
    """

    employees: tuple[Employee, ...]
    starts: Starts
    level: int
    group: ServiceGroup | None = None

    @property
    def lead(self) -> Employee:
        return self.employees[0]


def willing(
    board: Board, employee: Employee, meeting_type: MeetingType, skipped: frozenset[Rule] = frozenset()
) -> Iterator[Candidate]:
    """The employee in each capacity that the rules allow. Each start comes once, in the best capacity."""
    left = board.line.every
    for rank, group in ranked(board, employee):
        starts = left & verdict(Case(board, employee, meeting_type, group), skipped)[0]
        if starts:
            yield Candidate((employee,), starts, rank, group)
            left &= ~starts


def ranked(board: Board, employee: Employee) -> list[tuple[int, ServiceGroup | None]]:
    """The capacities of the employee with their levels, the best one first."""
    found = capacities(board.search, employee, board.called)
    return sorted(((level(board.situation, board.search, employee, each), each) for each in found), key=_rank)


def best(board: Board, candidates: Sequence[Candidate]) -> Iterator[tuple[int, Candidate]]:
    """For each start that somebody can, in order, the index of the start and who is to have it."""
    everybody = [(_of(each.lead), board.load.get(each.lead.id, NO_LOAD), each) for each in candidates]
    for day in board.line.days_of_starts:
        queue: defaultdict[Standing, list[Ticket]] = defaultdict(list)
        for number, load, each in everybody:
            cut = day.cut(each.starts)
            if cut:
                queue[each.level, load.get(day.on, NO_TIME)].append((number, cut, each))
        yield from sorted(_served(board, day, [queue[key] for key in sorted(queue)]), key=itemgetter(0))


def by_preference(board: Board, index: int, candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates in the order in which they should be asked to take the meeting at that start."""
    day, number = board.line.dates[index], _number(board.line.starts[index].isoformat())
    return sorted(candidates, key=lambda each: (_standing(board, each, day), _of(each.lead) * number % DRAWS))


def _served(board: Board, day: Day, queue: list[list[Ticket]]) -> Iterator[tuple[int, Candidate]]:
    """The first of the queue at each start of the day. Those of one standing draw, so the queue is one of groups."""
    left = (1 << day.length) - 1
    for group in queue:
        served = left & reduce(or_, (cut for _, cut, _ in group))
        for offset in indices(served):
            number, bit = _number(board.line.starts[day.first + offset].isoformat()), 1 << offset
            draws = {who * number % DRAWS: each for who, cut, each in group if cut & bit}
            yield day.first + offset, draws[min(draws)]
        left &= ~served


def _standing(board: Board, candidate: Candidate, day: date) -> Standing:
    return candidate.level, board.load.get(candidate.lead.id, NO_LOAD).get(day, NO_TIME)


def _rank(capacity: tuple[int, ServiceGroup | None]) -> tuple[int, bool]:
    rank, group = capacity
    return rank, group is not None


def _of(employee: Employee) -> int:
    return _number(employee.id.hex)


@lru_cache(maxsize=16384)
def _number(text: str) -> int:
    """An odd number that looks random and is the same in every process."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) | 1
