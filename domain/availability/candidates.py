"""Choice of the employee who takes a meeting: by priority level, then by the least meeting time, then by a draw.

The draw is a hash of employee and start. The same request has the same result, and all employees are drawn evenly.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache, reduce
from hashlib import blake2b
from operator import itemgetter, or_
from typing import Final

from domain.availability.context import RuleInput, SearchContext
from domain.availability.rules import Rule, evaluate
from domain.availability.timeline import Day, Starts, indices
from domain.configuration import Employee, ServiceGroup
from domain.meetings import MeetingType

DRAWS: Final = 1 << 64
"""Modulus of a draw. A draw is the product of two hashes modulo this number, and the lowest draw wins.

A product is cheap, and a search draws millions of times.
"""

NO_TIME: Final = timedelta()
NO_LOAD: Final[Mapping[date, timedelta]] = {}

Standing = tuple[int, timedelta]
"""Position in the queue on a local day: the priority level, then the meeting time that the employee already has."""

Ticket = tuple[int, Starts, "Candidate"]
"""Entry of the queue of one day: the number for the draw, the candidate's starts on this day, and the candidate."""


@dataclass(frozen=True, slots=True)
class Candidate:
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


def eligible_candidates(
    context: SearchContext, employee: Employee, meeting_type: MeetingType, skipped: frozenset[Rule] = frozenset()
) -> Iterator[Candidate]:
    """Yield the employee in each capacity that the rules allow. Each start occurs once, in the best capacity."""
    left = context.timeline.every
    for rank, group in context.capacities(employee):
        starts = left & evaluate(RuleInput(context, employee, meeting_type, group), skipped)[0]
        if starts:
            yield Candidate((employee,), starts, rank, group)
            left &= ~starts


def best(context: SearchContext, candidates: Sequence[Candidate]) -> Iterator[tuple[int, Candidate]]:
    """Yield the index of each start that has a candidate, in order, with the candidate to choose."""
    everybody = [(_of(each.lead), context.load.get(each.lead.id, NO_LOAD), each) for each in candidates]
    for day in context.timeline.days_of_starts:
        queue: defaultdict[Standing, list[Ticket]] = defaultdict(list)
        for number, load, each in everybody:
            cut = day.cut(each.starts)
            if cut:
                queue[each.level, load.get(day.on, NO_TIME)].append((number, cut, each))
        yield from sorted(_served(context, day, [queue[key] for key in sorted(queue)]), key=itemgetter(0))


def by_preference(context: SearchContext, index: int, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the candidates in the order of preference for the start with this index."""
    day, number = context.timeline.dates[index], _number(context.timeline.starts[index].isoformat())
    return sorted(candidates, key=lambda each: (_standing(context, each, day), _of(each.lead) * number % DRAWS))


def _served(context: SearchContext, day: Day, queue: list[list[Ticket]]) -> Iterator[tuple[int, Candidate]]:
    """Yield the index of each start of the day that has a candidate, with the first candidate in the queue.

    The queue consists of groups of equal standing. Within a group a draw decides.
    """
    left = (1 << day.length) - 1
    for group in queue:
        served = left & reduce(or_, (cut for _, cut, _ in group))
        for offset in indices(served):
            number, bit = _number(context.timeline.starts[day.first + offset].isoformat()), 1 << offset
            draws = {who * number % DRAWS: each for who, cut, each in group if cut & bit}
            yield day.first + offset, draws[min(draws)]
        left &= ~served


def _standing(context: SearchContext, candidate: Candidate, day: date) -> Standing:
    return candidate.level, context.load.get(candidate.lead.id, NO_LOAD).get(day, NO_TIME)


def _of(employee: Employee) -> int:
    return _number(employee.id.hex)


@lru_cache(maxsize=16384)
def _number(text: str) -> int:
    """Return an odd pseudo-random number that is the same in every process."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) | 1
