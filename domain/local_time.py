"""Local days and hours of a time zone as instants in UTC, exact across every change of clocks.

A local time in a gap has no instant, and a local time in a fold has two instants.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from domain.time_slots import Interval

DAY: Final = timedelta(days=1)
LOCAL_DAY: Final = timedelta(hours=26)
"""Margin around a time for rules that read whole local days. Some local days have 25 hours."""

HOUR: Final = timedelta(hours=1)
SECOND: Final = timedelta(seconds=1)
FARTHEST_OFFSET: Final = timedelta(hours=16)
"""No zone has ever been farther than this from UTC."""


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


def start_of_day(zone: ZoneInfo, day: date) -> datetime:
    """Return the first instant of the local day, in UTC. If the zone skipped the day, the next day begins then."""
    parts = _parts(zone, day) or _parts(zone, day + DAY)
    return parts[0][0].start


@lru_cache(maxsize=4096)
def grid_of_day(zone: ZoneInfo, day: date, step: timedelta) -> tuple[datetime, ...]:
    """Return the instants of the local day, in UTC, whose local time is a multiple of `step` since 00:00."""
    clocks = (_wall(day, time.min) + step * number for number in range(-(-DAY // step)))
    hours = ((clock - offset, part) for clock in clocks for part, offset in _parts(zone, day))
    return tuple(sorted(instant for instant, part in hours if part.start <= instant < part.end))


@lru_cache(maxsize=4096)
def hours_of_day(zone: ZoneInfo, day: date, starts: time = time.min, ends: time = time.min) -> tuple[Interval, ...]:
    """Return the intervals in UTC of local time `[starts, ends)` on this day. `ends` 00:00 is the end of the day."""
    opens, closes = _wall(day, starts), _wall(day, ends) + (DAY if ends == time.min else timedelta())
    cut = (
        Interval(max(part.start, opens - offset), min(part.end, closes - offset)) for part, offset in _parts(zone, day)
    )
    return tuple(interval for interval in cut if interval.start < interval.end)


def offset_changes(zone: ZoneInfo, first: datetime, last: datetime, step: timedelta = HOUR) -> Iterator[datetime]:
    """Yield the instants at which the zone's offset changes, exact to the second. The offset is probed every `step`."""
    probes = (first + step * number for number in range((last - first) // step + 1))
    for before, after in pairwise(probes):
        if offset_at(zone, before) != offset_at(zone, after):
            yield _change(zone, before, after)


def offset_at(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    old, seconds = offset_at(zone, before), range((after - before) // SECOND)
    return before + SECOND * bisect_left(seconds, True, key=lambda n: offset_at(zone, before + SECOND * n) != old)


@lru_cache(maxsize=4096)
def _parts(zone: ZoneInfo, day: date) -> tuple[tuple[Interval, timedelta], ...]:
    """Return one local day in UTC, cut where the zone's offset changes: each part with its offset.

    The result is empty if the zone skipped the day.
    """
    midnight = _wall(day, time.min)
    first, last = midnight - FARTHEST_OFFSET, midnight + DAY + FARTHEST_OFFSET
    edges = pairwise((first, *offset_changes(zone, first, last), last))
    kept = ((start, end, offset_at(zone, start)) for start, end in edges)
    cut = ((max(start, midnight - offset), min(end, midnight + DAY - offset), offset) for start, end, offset in kept)
    return tuple((Interval(start, end), offset) for start, end, offset in cut if start < end)


def _wall(day: date, at: time) -> datetime:
    """Return a local time as if the zone were UTC. Subtract an offset to get the instant."""
    return datetime.combine(day, at, UTC)
