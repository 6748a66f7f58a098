"""Local days, hours and grid of the organisation as instants in UTC, exact across every change of clocks.

A local time in a gap has no instant, and a local time in a fold has two instants.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from domain.time_slots import Interval

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
FARTHEST_OFFSET: Final = timedelta(hours=16)
"""No zone has ever been farther than this from UTC."""


class Stretch(NamedTuple):
    """Part of one local day, from `start` to `end` in UTC, in which the zone keeps one `offset` from UTC."""

    start: datetime
    end: datetime
    offset: timedelta


def in_utc(interval: Interval) -> Interval:
    """Return the interval in UTC. Two datetimes in one zone compare by their wall clocks, which is wrong in a fold."""
    if interval.start.tzinfo is UTC and interval.end.tzinfo is UTC:
        return interval
    return Interval(interval.start.astimezone(UTC), interval.end.astimezone(UTC))


def common(interval: Interval, others: Iterable[Interval]) -> Iterator[Interval]:
    """Yield the parts of the interval that lie in one of the others."""
    for each in others:
        if interval.overlaps(each):
            yield Interval(max(interval.start, each.start), min(interval.end, each.end))


def local_days(zone: ZoneInfo, interval: Interval) -> list[date]:
    """Return the local days that the interval touches and one more on each side, as a clock set back revisits a day."""
    first = interval.start.astimezone(zone).date() - DAY
    last = interval.end.astimezone(zone).date() + DAY
    return [first + DAY * number for number in range((last - first).days + 1)]


@lru_cache(maxsize=4096)
def grid_of_day(zone: ZoneInfo, day: date, step: timedelta) -> tuple[datetime, ...]:
    """Return the instants of the local day, in UTC, whose local time is a multiple of `step` since 00:00."""
    midnight = _wall(day, time.min)
    return tuple(
        midnight + step * number - stretch.offset
        for stretch in stretches(zone, day)
        for number in range(
            _steps(stretch.start + stretch.offset - midnight, step),
            _steps(stretch.end + stretch.offset - midnight, step),
        )
    )


@lru_cache(maxsize=4096)
def hours_of_day(zone: ZoneInfo, day: date, starts: time, ends: time) -> tuple[Interval, ...]:
    """Return the intervals in UTC of local time `[starts, ends)` on this day. `ends` 00:00 is the end of the day."""
    opens, closes = _wall(day, starts), _wall(day, ends) + (DAY if ends == time.min else timedelta())
    cut = (
        Interval(max(stretch.start, opens - stretch.offset), min(stretch.end, closes - stretch.offset))
        for stretch in stretches(zone, day)
    )
    return tuple(interval for interval in cut if interval.start < interval.end)


@lru_cache(maxsize=4096)
def stretches(zone: ZoneInfo, day: date) -> tuple[Stretch, ...]:
    """Return one local day, cut where the zone's offset changes. The result is empty if the zone skipped the day."""
    midnight = _wall(day, time.min)
    first, last = midnight - FARTHEST_OFFSET, midnight + DAY + FARTHEST_OFFSET
    edges = (first, *_changes(zone, first, last), last)
    kept = (Stretch(start, end, _offset(zone, start)) for start, end in pairwise(edges))
    cut = (
        Stretch(max(start, midnight - offset), min(end, midnight + DAY - offset), offset) for start, end, offset in kept
    )
    return tuple(stretch for stretch in cut if stretch.start < stretch.end)


def _changes(zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield the instants at which the zone's offset changes, exact to the second. The offset is probed every hour."""
    probes = (first + HOUR * number for number in range((last - first) // HOUR + 1))
    for before, after in pairwise(probes):
        if _offset(zone, before) != _offset(zone, after):
            yield _change(zone, before, after)


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    new, second = _offset(zone, after), timedelta(seconds=1)
    seconds = range((after - before) // second)
    return before + second * bisect_left(seconds, True, key=lambda count: _offset(zone, before + second * count) == new)


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).replace(tzinfo=UTC) - moment


def _wall(day: date, at: time) -> datetime:
    """Return a local time as if the zone were UTC. Subtract an offset to get the instant."""
    return datetime.combine(day, at, UTC)


def _steps(length: timedelta, step: timedelta) -> int:
    """Return the smallest number of steps that reach the length."""
    return -(-length // step)
