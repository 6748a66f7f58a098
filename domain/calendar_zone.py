"""The VTIMEZONE of a calendar file (RFC 5545 section 3.6.5).

Made here, because the `icalendar` library (version 7.3) dates the start of summer time an hour late in its
`Timezone.from_tzinfo`.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

_SECOND = timedelta(seconds=1)
_WEEK = timedelta(weeks=1)
"""No zone changes its offset twice in a week; Morocco does in five."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = 3
"""A zone's changes are looked at in the years of its times and so many years before and after them."""
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class _Shift(NamedTuple):
    """What a change does to the clock, and the name of the time after it."""

    offset_from: timedelta
    offset_to: timedelta
    name: str | None
    is_summer: bool

    def onset(self, change: datetime) -> datetime:
        """A change's DTSTART: in the wall-clock time that it ends."""
        return (change + self.offset_from).replace(tzinfo=None)


_Observance = TimezoneStandard | TimezoneDaylight


@dataclass(frozen=True, slots=True)
class _Span:
    """The years around the times that are written in a zone."""

    zone: ZoneInfo
    start: datetime
    end: datetime

    @property
    def years(self) -> range:
        return range(self.start.astimezone(UTC).year - _YEARS, self.end.astimezone(UTC).year + _YEARS + 1)

    def changes(self) -> Iterator[datetime]:
        since, until = (datetime(year, 1, 1, tzinfo=UTC) for year in (self.years.start, self.years.stop))
        weeks = (since + n * _WEEK for n in range((until - since) // _WEEK + 1))
        for week, next_week in pairwise(weeks):
            if _offset(week, self.zone) != _offset(next_week, self.zone):
                yield _change(self.zone, week)


def time_zone(zone: ZoneInfo, start: datetime, end: datetime) -> Timezone:
    """The zone for times from start to end, by rule where its clock changes by one: that is what Outlook reads, and
    what is still right for a reader that keeps the first VTIMEZONE that it saw. Elsewhere the changes around the times.
    """
    span = _Span(zone, start, end)
    changes = list(span.changes())
    component = Timezone()
    component.add("TZID", zone.key)
    for observance in _yearly(span, changes) or _around(span, changes):
        component.add_component(observance)
    return component


def _yearly(span: _Span, changes: list[datetime]) -> list[_Observance]:
    """An observance for each kind of change; none at all unless every change follows a yearly rule."""
    onsets: dict[_Shift, list[datetime]] = {}
    for change in changes:
        shift = _shift(change, span.zone)
        onsets.setdefault(shift, []).append(shift.onset(change))
    rules = {shift: _rule(dates, len(span.years)) for shift, dates in onsets.items()}
    if not all(rules.values()):
        return []
    return [_observance(shift, onsets[shift][0], rule) for shift, rule in rules.items()]


def _rule(onsets: list[datetime], years: int) -> vRecur | None:
    """The same weekday of the same month (section 3.3.10), as "the last Sunday of October", in every year."""
    first = onsets[0]
    alike = len({(onset.month, onset.weekday(), onset.time()) for onset in onsets}) == 1
    if not alike or len(onsets) != years:
        return None
    weeks = {(onset.day + 6) // 7 for onset in onsets}
    is_last = all((onset + _WEEK).month != onset.month for onset in onsets)
    if len(weeks) > 1 and not is_last:
        return None
    week = -1 if is_last else weeks.pop()
    return vRecur(FREQ="YEARLY", BYMONTH=first.month, BYDAY=f"{week}{_WEEKDAYS[first.weekday()]}")


def _around(span: _Span, changes: list[datetime]) -> Iterator[_Observance]:
    """The change that the first time is under (long ago, under a fixed offset), and those up to the one after all."""
    zone = span.zone
    passed = sum(change <= span.start for change in changes)
    if not passed:
        start = span.start.astimezone(zone)
        fixed = _Shift(_offset(start, zone), _offset(start, zone), start.tzname(), is_summer=False)
        yield _observance(fixed, fixed.onset(_LONG_AGO))
    for change in changes[max(passed - 1, 0) :]:
        shift = _shift(change, zone)
        yield _observance(shift, shift.onset(change))
        if change > span.end:
            return


def _change(zone: ZoneInfo, week: datetime) -> datetime:
    """The first second within a week of another offset than the week begins with."""
    offset = _offset(week, zone)
    second = bisect_left(range(_WEEK // _SECOND), True, key=lambda n: _offset(week + n * _SECOND, zone) != offset)
    return week + second * _SECOND


def _shift(change: datetime, zone: ZoneInfo) -> _Shift:
    """Summer time is a change of DST that moves the clock forward: by law, Ireland's exception is its winter time."""
    before, after = (change - _SECOND).astimezone(zone), change.astimezone(zone)
    offset_from, offset_to = _offset(before, zone), _offset(after, zone)
    is_summer = offset_to > offset_from and before.dst() != after.dst()
    return _Shift(offset_from, offset_to, after.tzname(), is_summer)


def _observance(shift: _Shift, onset: datetime, rule: vRecur | None = None) -> _Observance:
    observance = TimezoneDaylight() if shift.is_summer else TimezoneStandard()
    observance.add("DTSTART", onset)
    observance.add("TZOFFSETFROM", shift.offset_from)
    observance.add("TZOFFSETTO", shift.offset_to)
    observance.add("TZNAME", shift.name)
    if rule:
        observance.add("RRULE", rule)
    return observance


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
