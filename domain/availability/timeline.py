"""Possible starts of one search, and sets of starts.

A set of starts is an `int` whose bit n stands for `Timeline.starts[n]`. `&` is the intersection and `|` the union of
sets. Therefore a rule costs the same for a day as for a month.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import groupby
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from domain.configuration import Weekday
from domain.local_time import hours_of_day, local_days
from domain.time_slots import Interval

Starts = int
"""Set of starts, one bit for each start."""

NEVER: Final[Starts] = 0


class Day(NamedTuple):
    """Consecutive starts on one local date: `length` starts, of which the first one has the index `first`."""

    on: date
    first: int
    length: int

    def cut(self, starts: Starts) -> Starts:
        """Return the given starts on this day. Bit 0 is the first start of the day.

        Small numbers are faster to iterate over than numbers with the bits of the whole timeline.
        """
        return starts >> self.first & (1 << self.length) - 1


@dataclass(frozen=True)
class Timeline:
    """Possible meetings of one search: `starts` (one or more, sorted), `ends` and `dates` are parallel.

    Instants are in UTC, dates are local. `days` are all local days that a meeting on this timeline may touch.
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
        """Return the interval from the first start to the last end."""
        return Interval(self.starts[0], self.ends[-1])

    @cached_property
    def meetings(self) -> tuple[Interval, ...]:
        """Return the interval of the meeting at each start."""
        return tuple(map(Interval, self.starts, self.ends))

    @cached_property
    def days_of_starts(self) -> tuple[Day, ...]:
        """Return all starts, divided into days."""
        days, first = [], 0
        for day, those in groupby(self.dates):
            days.append(Day(day, first, sum(1 for _ in those)))
            first += days[-1].length
        return tuple(days)

    @cached_property
    def weekdays(self) -> tuple[Weekday, ...]:
        """Return the local weekday of each start."""
        return tuple(Weekday(day.isoweekday()) for day in self.dates)

    @cached_property
    def clocks(self) -> tuple[time, ...]:
        """Return the local time of day of each start."""
        return tuple(start.astimezone(self.zone).time() for start in self.starts)

    @cached_property
    def _parts_of_days(self) -> list[tuple[datetime, datetime, date]]:
        """Return start, end and date of each local day, in order. A change of clocks cuts a day in parts."""
        parts = ((part, day) for day, _ in self.days for part in hours_of_day(self.zone, day))
        return sorted((part.start, part.end, day) for part, day in parts)

    @cached_property
    def _ends_of_parts(self) -> list[datetime]:
        return [end for _, end, _ in self._parts_of_days]

    @cached_property
    def shares(self) -> Mapping[tuple[date, timedelta], Starts]:
        """Return the starts whose meetings take this much time on this local day.

        A meeting over midnight has a share in both days.
        """
        starts: defaultdict[tuple[date, timedelta], Starts] = defaultdict(int)
        for index, meeting in enumerate(self.meetings):
            for share in self.time_by_day([meeting]).items():
                starts[share] |= 1 << index
        return starts

    def time_by_day(self, intervals: Iterable[Interval]) -> Mapping[date, timedelta]:
        """Return the sum of the intervals on each local day of the timeline. Days without any are left out."""
        parts, ends = self._parts_of_days, self._ends_of_parts
        found: defaultdict[date, timedelta] = defaultdict(timedelta)
        for each in intervals:
            for start, end, day in parts[bisect_right(ends, each.start) :]:
                if each.end <= start:
                    break
                found[day] += min(end, each.end) - max(start, each.start)
        return found

    def fitting(self, intervals: Iterable[Interval]) -> Starts:
        """Return the starts of meetings that lie completely in one of the intervals."""
        union = NEVER
        for each in intervals:
            first, end = bisect_left(self.starts, each.start), bisect_right(self.ends, each.end)
            if first < end:
                union |= (1 << end) - (1 << first)
        return union

    def overlapping(self, intervals: Iterable[Interval]) -> Starts:
        """Return the starts of meetings that overlap one of the intervals."""
        starts, ends, union = self.starts, self.ends, NEVER
        for each in intervals:
            first = bisect_right(ends, each.start)
            end = bisect_left(starts, each.end, first)
            if first < end:
                union |= (1 << end) - (1 << first)
        return union

    def since(self, earliest: datetime) -> Starts:
        """Return the starts at or after `earliest`."""
        first = bisect_left(self.starts, earliest)
        return self.every >> first << first

    def until(self, latest: datetime) -> Starts:
        """Return the starts at or before `latest`."""
        return (1 << bisect_right(self.starts, latest)) - 1

    def among(self, instants: Iterable[datetime]) -> Starts:
        """Return the starts that are one of these instants."""
        wanted = set(instants)
        return sum(1 << index for index, start in enumerate(self.starts) if start in wanted)


def build_timeline(zone: ZoneInfo, starts: tuple[datetime, ...], duration: timedelta) -> Timeline:
    """Build the timeline of meetings of this duration with these starts: one or more, sorted, in UTC."""
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
    """Return the same time in the fewest intervals, sorted. Intervals that touch or overlap become one."""
    union: list[Interval] = []
    for each in sorted(intervals, key=lambda interval: interval.start):
        if union and each.start <= union[-1].end:
            union[-1] = Interval(union[-1].start, max(union[-1].end, each.end))
        else:
            union.append(each)
    return union


def indices(starts: Starts) -> Iterator[int]:
    """Yield the indices of the starts in a set, in order."""
    while starts:
        lowest = starts & -starts
        yield lowest.bit_length() - 1
        starts ^= lowest
