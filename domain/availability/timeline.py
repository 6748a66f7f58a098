"""The possible starts of one search, and sets of them.

A set of starts is an `int` whose bit n stands for `Timeline.starts[n]`: "both can" is `&`, "either can" is `|`, and a
rule costs the same for a day as for a month.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.availability.local_time import local_days
from domain.configuration import Weekday
from domain.time_slots import Interval

Starts = int
"""A set of starts, one bit each."""


class Day(NamedTuple):
    """Starts on one local date that follow each other: `length` of them, the first of which has the index `first`."""

    on: date
    first: int
    length: int

    def cut(self, starts: Starts) -> Starts:
        """Those of the starts that are this day's, counted from its first: small numbers are fast to look into."""
        return starts >> self.first & (1 << self.length) - 1


@dataclass(frozen=True)
class Timeline:
    """`starts` (one or more, sorted), `ends` and `dates` run in parallel; instants are in UTC, dates local.

    `days` are all the local days that a meeting on this timeline may touch.
    """

    zone: ZoneInfo
    starts: tuple[datetime, ...]
    ends: tuple[datetime, ...]
    dates: tuple[date, ...]
    days: tuple[tuple[date, Weekday], ...]

    @cached_property
    def every(self) -> Starts:
        return (1 << len(self.starts)) - 1

    @property
    def span(self) -> Interval:
        """From the first start to the last end."""
        return Interval(self.starts[0], self.ends[-1])

    @cached_property
    def meetings(self) -> tuple[Interval, ...]:
        """The meeting of each start."""
        return tuple(map(Interval, self.starts, self.ends))

    @cached_property
    def days_of_starts(self) -> tuple[Day, ...]:
        """All the starts, cut into days."""
        days, first = [], 0
        for day, those in groupby(self.dates):
            days.append(Day(day, first, sum(1 for _ in those)))
            first += days[-1].length
        return tuple(days)

    @cached_property
    def weekdays(self) -> tuple[Weekday, ...]:
        """The local weekday of each start."""
        return tuple(Weekday(day.isoweekday()) for day in self.dates)

    @cached_property
    def clocks(self) -> tuple[time, ...]:
        """The local time of day of each start."""
        return tuple(start.astimezone(self.zone).time() for start in self.starts)

    def fitting(self, intervals: Iterable[Interval]) -> Starts:
        """The starts of meetings that lie wholly in one of the intervals."""
        return _union((bisect_left(self.starts, each.start), bisect_right(self.ends, each.end)) for each in intervals)

    def overlapping(self, intervals: Iterable[Interval]) -> Starts:
        """The starts of meetings that overlap one of the intervals."""
        starts, ends, union = self.starts, self.ends, 0
        # Every stored time slot comes by here, so this loop is written out.
        for each in intervals:
            first = bisect_right(ends, each.start)
            end = bisect_left(starts, each.end, first)
            if first < end:
                union |= (1 << end) - (1 << first)
        return union

    def since(self, earliest: datetime) -> Starts:
        """The starts at that instant and later."""
        return _union([(bisect_left(self.starts, earliest), len(self.starts))])

    def until(self, latest: datetime) -> Starts:
        """The starts at that instant and earlier."""
        return _union([(0, bisect_right(self.starts, latest))])

    def among(self, instants: Iterable[datetime]) -> Starts:
        """The starts that are one of these instants."""
        wanted = set(instants)
        return sum(1 << index for index, start in enumerate(self.starts) if start in wanted)


def timeline(zone: ZoneInfo, starts: tuple[datetime, ...], duration: timedelta) -> Timeline:
    """The timeline of meetings of this duration with these starts."""
    ends = tuple(start + duration for start in starts)
    days = local_days(zone, Interval(starts[0], ends[-1]))
    return Timeline(
        zone=zone,
        starts=starts,
        ends=ends,
        dates=tuple(start.astimezone(zone).date() for start in starts),
        days=tuple((day, Weekday(day.isoweekday())) for day in days),
    )


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time in the fewest intervals, sorted: those that touch or overlap become one."""
    union: list[Interval] = []
    for each in sorted(intervals, key=lambda interval: interval.start):
        if union and each.start <= union[-1].end:
            union[-1] = Interval(union[-1].start, max(union[-1].end, each.end))
        else:
            union.append(each)
    return union


def indices(starts: Starts) -> Iterator[int]:
    """The members of a set of starts, in order."""
    while starts:
        lowest = starts & -starts
        yield lowest.bit_length() - 1
        starts ^= lowest


def _union(ranges: Iterable[tuple[int, int]]) -> Starts:
    """The starts in any of these half-open ranges of indices."""
    union = 0
    for first, end in ranges:
        if first < end:
            union |= (1 << end) - (1 << first)
    return union
