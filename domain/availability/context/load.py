"""Meeting time by employee and local day, used for fairness and the daily cap."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from domain.availability.context.local_time import hours_of_day
from domain.availability.context.stored import SlotsByOwner
from domain.availability.context.timeline import Starts, Timeline
from domain.time_slots import Interval

Load = Mapping[UUID, Mapping[date, timedelta]]
"""Reserved and booked time of each employee on each local day. Employees and days without any are left out."""


class DayPart(NamedTuple):
    """Local day, or one part of a local day that is cut by a change of clocks."""

    start: datetime
    end: datetime
    day: date


class Share(NamedTuple):
    """Starts whose meetings take the time `spent` on the local day `day`."""

    day: date
    spent: timedelta
    starts: Starts


def meeting_time(line: Timeline, meetings: SlotsByOwner) -> Load:
    """Return the meeting time of each employee on each local day that the timeline touches."""
    days = _parts_of_days(line)
    ends = [part.end for part in days]
    return {who: _by_day((each.interval for each in entries), days, ends) for who, entries in meetings.items()}


def shares(line: Timeline) -> list[Share]:
    """Return the meeting time of each start by local day. A meeting over midnight has a share in both days."""
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
        # Fast path: nearly every meeting lies on one day.
        if part and part.start <= meeting.start and meeting.end <= part.end:
            load[part.day] += meeting.end - meeting.start
        else:
            for day, spent in _spent(meeting, days, first):
                load[day] += spent
    return load


def _spent(meeting: Interval, days: list[DayPart], first: int) -> Iterator[tuple[date, timedelta]]:
    """Yield the time of the meeting on each day that the meeting touches, from the day part with the index `first`."""
    for start, end, day in islice(days, first, None):
        if meeting.end <= start:
            return
        yield day, min(end, meeting.end) - max(start, meeting.start)


def _parts_of_days(line: Timeline) -> list[DayPart]:
    """Return the local days of the timeline, or their parts, in order."""
    days = ((day, hours_of_day(line.zone, day, time.min, time.min)) for day, _ in line.days)
    return sorted(DayPart(part.start, part.end, day) for day, parts in days for part in parts)
