"""Build the VTIMEZONE of a calendar file (RFC 5545 section 3.6.5).

`Timezone.from_tzinfo` of the `icalendar` library (version 7.3) is not used, because it dates the start of summer time
an hour late.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

from domain.local_time import SECOND, offset_at, offset_changes

_WEEK = timedelta(weeks=1)
"""Step of the search for changes. No zone changes its offset twice in a week; Morocco does in five weeks."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = 3
"""Number of years before and after the years of a zone's times in which changes of the zone are searched, too."""
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class _Shift(NamedTuple):
    """Kind of a clock change: the offsets before and after, the name of the time after the change, and its season."""

    offset_from: timedelta
    offset_to: timedelta
    name: str | None
    is_summer: bool

    def onset(self, change: datetime) -> datetime:
        """Return the DTSTART of a change, in the wall-clock time that the change ends."""
        return (change + self.offset_from).replace(tzinfo=None)


_Observance = TimezoneStandard | TimezoneDaylight


def time_zone(zone: ZoneInfo, start: datetime, end: datetime) -> Timezone:
    """Return the VTIMEZONE of the zone for times from `start` to `end`.

    If all changes follow yearly rules, the VTIMEZONE has these rules. Outlook reads rules, and rules stay correct for a
    reader that keeps the first VTIMEZONE that it read. Otherwise the VTIMEZONE has the changes around the times.
    """
    years = range(start.astimezone(UTC).year - _YEARS, end.astimezone(UTC).year + _YEARS + 1)
    since, until = (datetime(year, 1, 1, tzinfo=UTC) for year in (years.start, years.stop))
    changes = {each: _shift(each, zone) for each in offset_changes(zone, since, until, _WEEK)}
    component = Timezone()
    component.add("TZID", zone.key)
    for observance in _yearly(changes, len(years)) or _around(zone, changes, start, end):
        component.add_component(observance)
    return component


def _yearly(changes: dict[datetime, _Shift], years: int) -> list[_Observance]:
    """Return an observance for each kind of change, or none unless every change follows a yearly rule."""
    onsets: dict[_Shift, list[datetime]] = {}
    for change, shift in changes.items():
        onsets.setdefault(shift, []).append(shift.onset(change))
    rules = {shift: _rule(dates, years) for shift, dates in onsets.items()}
    if not all(rules.values()):
        return []
    return [_observance(shift, onsets[shift][0], rule) for shift, rule in rules.items()]


def _rule(onsets: list[datetime], years: int) -> vRecur | None:
    """Return the yearly rule of these onsets (section 3.3.10), such as "the last Sunday of October".

    The result is None unless each of the `years` has one onset, on the same weekday of the same month.
    """
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


def _around(zone: ZoneInfo, changes: dict[datetime, _Shift], start: datetime, end: datetime) -> Iterator[_Observance]:
    """Yield the change in effect at `start`, and the later changes up to the first one after `end`.

    If no change is at or before `start`, a fixed offset since 1970 takes its place.
    """
    passed = sum(change <= start for change in changes)
    if not passed:
        offset = offset_at(zone, start)
        fixed = _Shift(offset, offset, start.astimezone(zone).tzname(), is_summer=False)
        yield _observance(fixed, fixed.onset(_LONG_AGO))
    for change, shift in list(changes.items())[max(passed - 1, 0) :]:
        yield _observance(shift, shift.onset(change))
        if change > end:
            return


def _shift(change: datetime, zone: ZoneInfo) -> _Shift:
    """Return the kind of a change. Summer time begins when DST changes and the clock moves forward.

    The value of DST is not enough: by law, the exception in Ireland is winter time.
    """
    before, after = (change - SECOND).astimezone(zone), change.astimezone(zone)
    offset_from, offset_to = offset_at(zone, before), offset_at(zone, after)
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
