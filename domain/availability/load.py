"""Meeting time by employee and local day: what fairness and the daily cap go by."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from domain.availability.local_time import hours_of_day
from domain.availability.stored import Diary
from domain.availability.timeline import Starts, Timeline
from domain.time_slots import Interval

Load = Mapping[UUID, Mapping[date, timedelta]]
"""The reserved and booked time of each employee on each local day. Who has none is left out."""


class DayPart(NamedTuple):
    """A local day, or a part of one that a change of clocks visits twice."""

    start: datetime
    end: datetime
    day: date


class Share(NamedTuple):
    """The starts whose meetings spend so much time on that local day."""

    day: date
    spent: timedelta
    starts: Starts


def meeting_time(line: Timeline, meetings: Diary) -> Load:
    """The time in meetings on each local day that the timeline touches."""
    days = _parts_of_days(line)
    ends = [part.end for part in days]
    return {who: _by_day((each.interval for each in entries), days, ends) for who, entries in meetings.items()}


def shares(line: Timeline) -> list[Share]:
    """How the meetings of a timeline lie on local days: one over midnight has a share in both."""
    days = _parts_of_days(line)
    ends = [part.end for part in days]
    starts: defaultdict[tuple[date, timedelta], Starts] = defaultdict(int)
    for index, meeting in enumerate(line.meetings):
        for day, spent in _by_day([meeting], days, ends).items():
            starts[day, spent] |= 1 << index
    return [Share(day, spent, those) for (day, spent), those in starts.items()]


def _by_day(meetings: Iterable[Interval], days: list[DayPart], ends: list[datetime]) -> Mapping[date, timedelta]:
    load: defaultdict[date, timedelta] = defaultdict(timedelta)
    for meeting in meetings:
        first = bisect_right(ends, meeting.start)
        part = days[first] if first < len(days) else None
        # Nearly every meeting lies on one day.
        if part and part.start <= meeting.start and meeting.end <= part.end:
            load[part.day] += meeting.end - meeting.start
        else:
            for day, spent in _spent(meeting, days, first):
                load[day] += spent
    return load


def _spent(meeting: Interval, days: list[DayPart], first: int) -> Iterator[tuple[date, timedelta]]:
    """How much of the meeting lies on each of these days, from the first day that it touches."""
    for start, end, day in islice(days, first, None):
        if meeting.end <= start:
            return
        yield day, min(end, meeting.end) - max(start, meeting.start)


def _parts_of_days(line: Timeline) -> list[DayPart]:
    """The local days of the timeline, in order."""
    days = ((day, hours_of_day(line.zone, day, time.min, time.min)) for day, _ in line.days)
    return sorted(DayPart(part.start, part.end, day) for day, parts in days for part in parts)
