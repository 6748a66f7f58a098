"""Stored time of employees and rooms as packed instants, with the sets of starts that were computed from them.

An index of this kind serves many searches. A set of starts is computed once for all possible starts of the index, and
a search cuts its part out.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.availability.timeline import NEVER, Starts, Timeline
from domain.local_time import grid_of_day, hours_of_day, local_days
from domain.time_slots import Interval

SINCE: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Packed instants are the microseconds since this instant, as in PostgreSQL's binary format."""

MICROSECOND: Final = timedelta(microseconds=1)
MOST_REMEMBERED: Final = 12
"""Sets of starts that are remembered for each owner: some kinds of time for each duration of meetings."""

MOST_BITS: Final = 200_000
"""Bits of these sets for each owner, 25 kB, unless one search needs more. A grid of 400 days may be very long."""

Packed = Sequence[int]
"""Intervals as packed instants: start, end, start, end, and so on, in any order."""

PartOfDay = tuple[int, int, date]
"""First instant of a part of a local day, the instant after it, and the day."""

NOTHING: Final[Packed] = ()


def pack(instant: datetime) -> int:
    return (instant - SINCE) // MICROSECOND


@dataclass(frozen=True)
class Grid:
    """All possible starts of an index, sorted, in UTC. `days` are the local days around them."""

    zone: ZoneInfo
    starts: tuple[datetime, ...]
    days: tuple[date, ...]

    @cached_property
    def instants(self) -> Packed:
        return array("q", map(pack, self.starts))

    @cached_property
    def remembered(self) -> int:
        """Return the number of sets of starts to remember for each owner. One search needs at most three."""
        return max(3, min(MOST_REMEMBERED, MOST_BITS // max(1, len(self.starts))))

    @cached_property
    def parts_of_days(self) -> list[PartOfDay]:
        return parts_of_days(self.zone, self.days)

    def place(self, timeline: Timeline) -> int | None:
        """Return the index of the timeline's first start, or None if its starts are no part of this grid."""
        first = bisect_left(self.starts, timeline.starts[0])
        return first if self.starts[first : first + len(timeline.starts)] == timeline.starts else None


def build_grid(zone: ZoneInfo, span: Interval, step: timedelta) -> Grid:
    """Build the grid of the local days that the span touches."""
    days = tuple(local_days(zone, span))
    return Grid(zone, tuple(sorted(start for day in days for start in grid_of_day(zone, day, step))), days)


@dataclass(slots=True)
class OwnedTime:
    """Stored time of one employee or room. A room has only `busy` time.

    `until` is the first deadline of the holds among it. From then on, the time must be read again.
    """

    meetings: Packed = NOTHING
    busy: Packed = NOTHING
    openings: Packed = NOTHING
    elsewhere: Packed = NOTHING
    until: datetime | None = None
    _starts: dict[tuple[str, int, int], Starts] = field(default_factory=dict)
    _load: Mapping[date, timedelta] | None = None

    def starts(self, kind: str, grid: Grid, before: int, after: int) -> Starts:
        """Return the starts of the grid less than `before` ahead of an interval's start, and `after` of its end."""
        key = kind, before, after
        found = self._starts.get(key)
        if found is None:
            # Several threads may do this at once. Nothing iterates over the sets, and each thread returns its own.
            if len(self._starts) >= grid.remembered:
                self._starts.clear()
            found = self._starts[key] = overlapping(grid.instants, self.of_kind(kind), before, after)
        return found

    def of_kind(self, kind: str) -> Packed:
        return (*self.meetings, *self.busy) if kind == TAKEN else getattr(self, kind)

    def load(self, grid: Grid) -> Mapping[date, timedelta]:
        if self._load is None:
            self._load = time_by_day(grid.parts_of_days, self.meetings)
        return self._load


TAKEN: Final = "taken"
MEETINGS: Final = "meetings"
ELSEWHERE: Final = "elsewhere"


@dataclass(frozen=True)
class IndexedTime:
    """Stored time of all employees and rooms that have any. Without a `grid`, nothing is remembered.

    The time must cover the local days of every search, the length of its meetings, and the buffer around them.
    """

    employees: Mapping[UUID, OwnedTime]
    rooms: Mapping[UUID, OwnedTime]
    grid: Grid | None = None

    def only(self, named: frozenset[UUID]) -> "IndexedTime":
        """Return the stored time of these employees, and of all rooms."""
        employees = {who: self.employees[who] for who in named if who in self.employees}
        return IndexedTime(employees, self.rooms, self.grid)

    def taken_employees(self, timeline: Timeline) -> Mapping[UUID, Starts]:
        return self._overlapping(self.employees, TAKEN, timeline)

    def taken_rooms(self, timeline: Timeline) -> Mapping[UUID, Starts]:
        return self._overlapping(self.rooms, TAKEN, timeline)

    def near_employees(self, timeline: Timeline, buffer: timedelta) -> Mapping[UUID, Starts]:
        return self._overlapping(self.employees, MEETINGS, timeline, buffer // MICROSECOND) if buffer else {}

    def working_elsewhere(self, timeline: Timeline) -> Mapping[UUID, Starts]:
        some = {who: owned for who, owned in self.employees.items() if owned.elsewhere}
        return self._overlapping(some, ELSEWHERE, timeline)

    def open_intervals(self) -> Mapping[UUID, list[Interval]]:
        return {who: list(_intervals(owned.openings)) for who, owned in self.employees.items() if owned.openings}

    def load(self, timeline: Timeline) -> Mapping[UUID, Mapping[date, timedelta]]:
        """Return the meeting time of each employee by local day."""
        some = ((who, owned) for who, owned in self.employees.items() if owned.meetings)
        if self.grid is not None and self.grid.place(timeline) is not None:
            return {who: owned.load(self.grid) for who, owned in some}
        parts = parts_of_days(timeline.zone, [day for day, _ in timeline.days])
        return {who: time_by_day(parts, owned.meetings) for who, owned in some}

    def _overlapping(
        self, owners: Mapping[UUID, OwnedTime], kind: str, timeline: Timeline, buffer: int = 0
    ) -> Mapping[UUID, Starts]:
        before = (timeline.ends[0] - timeline.starts[0]) // MICROSECOND + buffer
        first = self.grid.place(timeline) if self.grid is not None else None
        if self.grid is None or first is None:
            instants = array("q", map(pack, timeline.starts))
            return {who: overlapping(instants, owned.of_kind(kind), before, buffer) for who, owned in owners.items()}
        grid, every = self.grid, timeline.every
        return {who: owned.starts(kind, grid, before, buffer) >> first & every for who, owned in owners.items()}


def overlapping(starts: Packed, intervals: Packed, before: int, after: int) -> Starts:
    """Return the starts that are less than `before` ahead of an interval's start, and less than `after` after its end.

    With the length of meetings as `before`, these are the meetings that overlap one of the intervals.
    """
    union, pairs = NEVER, iter(intervals)
    for start, end in zip(pairs, pairs, strict=True):
        first = bisect_right(starts, start - before)
        last = bisect_left(starts, end + after, first)
        if first < last:
            union |= (1 << last) - (1 << first)
    return union


def parts_of_days(zone: ZoneInfo, days: Sequence[date]) -> list[PartOfDay]:
    """Return the local days as parts without a change of clocks, sorted by time."""
    return sorted((pack(part.start), pack(part.end), day) for day in days for part in hours_of_day(zone, day))


def time_by_day(parts: Sequence[PartOfDay], intervals: Packed) -> Mapping[date, timedelta]:
    """Return the sum of the intervals on each of these days. Days without any are left out."""
    found: defaultdict[date, int] = defaultdict(int)
    pairs = iter(intervals)
    for start, end in zip(pairs, pairs, strict=True):
        place = bisect_right(parts, start, key=_end_of_part)
        while place < len(parts) and parts[place][0] < end:
            first, last, day = parts[place]
            found[day] += min(last, end) - max(first, start)
            place += 1
    return {day: MICROSECOND * length for day, length in found.items()}


def _end_of_part(part: PartOfDay) -> int:
    return part[1]


def _intervals(packed: Packed) -> Iterator[Interval]:
    pairs = iter(packed)
    for start, end in zip(pairs, pairs, strict=True):
        yield Interval(SINCE + MICROSECOND * start, SINCE + MICROSECOND * end)
