"""Opening days and opening hours of the organisation."""

from collections.abc import Iterator
from datetime import date, time
from itertools import chain

from domain.availability.context.local_time import common, hours_of_day
from domain.availability.context.timeline import Starts, Timeline, merged
from domain.configuration import Organisation
from domain.time_slots import Interval


def on_open_days(organisation: Organisation, line: Timeline) -> Starts:
    """Return the starts of meetings of which no part lies on a closing day."""
    closed = (_hours(line, day, time.min, time.min) for day, _ in line.days if day in organisation.closing_days)
    return line.every & ~line.overlapping(chain.from_iterable(closed))


def within_opening_hours(organisation: Organisation, line: Timeline) -> Starts:
    """Return the starts of meetings that lie completely in opening hours. Closing days are not considered."""
    if organisation.opens is None and organisation.closes is None:
        return line.every
    return line.fitting(merged(chain.from_iterable(_opening(organisation, line, day) for day, _ in line.days)))


def when_open(organisation: Organisation, line: Timeline, day: date, starts: time, ends: time) -> Iterator[Interval]:
    """Yield the parts of these local hours of the day in which the organisation is open."""
    if day not in organisation.closing_days:
        opening = _opening(organisation, line, day)
        for hours in _hours(line, day, starts, ends):
            yield from common(hours, opening)


def _opening(organisation: Organisation, line: Timeline, day: date) -> tuple[Interval, ...]:
    return _hours(line, day, organisation.opens or time.min, organisation.closes or time.min)


def _hours(line: Timeline, day: date, starts: time, ends: time) -> tuple[Interval, ...]:
    return hours_of_day(line.zone, day, starts, ends)
