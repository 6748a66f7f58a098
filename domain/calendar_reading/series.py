"""Expand the events of one VCALENDAR that share a UID into the times that they take."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.calendar_reading.events import NOTHING, Event, Length, Limited
from domain.calendar_reading.refusal import UnusableCalendar
from domain.time_slots import Interval

MARGIN: Final = timedelta(days=2)
"""More than the largest difference between two wall clocks."""


@dataclass(frozen=True, slots=True)
class BusyTime:
    """One time that an event takes. `elsewhere`: the owner is not busy, but works from elsewhere."""

    uid: str
    interval: Interval
    whole_day: bool
    recurs: bool
    elsewhere: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a series: occurrences in `[first, last)` (instants; None is open) are like `event`, and `shift` later."""

    event: Event
    shift: timedelta
    first: datetime | None
    last: datetime | None


def busy_times_of(events: Sequence[Event], window: Interval) -> Iterator[BusyTime]:
    """Yield the times that events with one UID take and that overlap the window.

    If several series share the UID, it is unknown to which series an exception belongs. Such an exception takes its own
    time and removes no occurrence.
    """
    series = list(dict.fromkeys(each for each in events if each.replaces is None))
    exceptions = [each for each in events if each.replaces is not None]
    own = exceptions if len(series) == 1 else []
    for each in exceptions:
        yield from _taken(each, each.start, each.length, window, recurs=True)
    for master in series:
        replaced = master.excluded | {each.replaces for each in own if each.replaces}
        for stretch in _stretches(master, own):
            for wall, length in _occurrences(master, stretch, replaced, window):
                yield from _taken(stretch.event, wall, length, window, recurs=master.recurs)


def _stretches(master: Event, exceptions: Sequence[Event]) -> Iterator[Stretch]:
    """Yield the series as created, then as it is after each exception that also changes all later occurrences."""
    changes = {each.replaces: each for each in exceptions if each.replaces and each.and_later}
    if len(changes) < sum(each.and_later for each in exceptions):
        raise UnusableCalendar("two exceptions of a series change the same occurrence and all later ones")
    first, event, shift = None, master, NOTHING
    for instant in sorted(changes):
        yield Stretch(event, shift, first, instant)
        event = changes[instant]
        first, shift = instant, event.start - event.zone.wall(instant)
    yield Stretch(event, shift, first, None)


def _occurrences(
    master: Event, stretch: Stretch, replaced: frozenset[datetime], window: Interval
) -> Iterator[tuple[datetime, Length]]:
    """Yield the starts of occurrences of the stretch, in wall-clock time of its event, and their lengths.

    All occurrences that overlap the window are included. Others may be included, too.
    """
    searched = _searched(master, stretch, window)
    if searched.start > searched.end:
        return
    ruled_out = {instant for each in master.excluding_rules for _, instant in _expanded(master, each, searched)}
    for wall, length in set(_all(master, searched)):
        instant = master.zone.instant(wall)
        before = stretch.first is not None and instant < stretch.first
        after = stretch.last is not None and instant >= stretch.last
        if before or after or instant in replaced or instant in ruled_out:
            continue
        if stretch.event is master:
            yield wall, length
        else:
            yield stretch.event.zone.wall(instant) + stretch.shift, stretch.event.length


def _searched(master: Event, stretch: Stretch, window: Interval) -> Interval:
    """Return the interval, in wall-clock time of the series, in which occurrences that touch the window begin."""
    longest = max([stretch.event.length.most, *(length.most for _, length in master.extra)])
    start = master.zone.wall(window.start - longest - stretch.shift) - MARGIN
    end = master.zone.wall(window.end - stretch.shift) + MARGIN
    if stretch.first is not None:
        start = max(start, master.zone.wall(stretch.first) - MARGIN)
    if stretch.last is not None:
        end = min(end, master.zone.wall(stretch.last) + MARGIN)
    return Interval(start, end)


def _all(master: Event, searched: Interval) -> Iterator[tuple[datetime, Length]]:
    yield master.start, master.length
    yield from master.extra
    for rule in master.rules:
        yield from ((wall, master.length) for wall, _ in _expanded(master, rule, searched))


def _expanded(master: Event, rule: Limited, searched: Interval) -> Iterator[tuple[datetime, datetime]]:
    """Yield the occurrences of the rule in wall-clock time, and their instants."""
    end = searched.end if rule.until is None else min(searched.end, master.zone.wall(rule.until) + MARGIN)
    for wall in rule.expansion.between(searched.start, end):
        instant = master.zone.instant(wall)
        if rule.until is None or instant <= rule.until:
            yield wall, instant


def _taken(event: Event, wall: datetime, length: Length, window: Interval, *, recurs: bool) -> Iterator[BusyTime]:
    if event.free:
        return
    interval = Interval(event.zone.instant(wall), event.end_of(wall, length))
    if interval.start < interval.end and interval.overlaps(window):
        yield BusyTime(event.uid, interval, event.whole_day, recurs, event.elsewhere)
