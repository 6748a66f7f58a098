"""Expand a recurrence rule between two times, without a walk from the start of the rule.

No library is used: `python-dateutil` cannot be stopped in a rule that never matches, and `recurring-ical-events` visits
every occurrence since the first.
"""

from calendar import isleap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import Final

from domain.calendar_reading.recurrence_rules import RecurrenceRule

SHORTEST_MONTH: Final = 28
FEWEST_WEEKS: Final = 4


@dataclass(frozen=True)
class Expansion:
    """Occurrences of a rule from `start` on, in wall-clock time (midnight for whole days).

    A period is a day, week, month or year, by the frequency of the rule. Periods are numbered. `until` is the last
    instant at which an occurrence may start, or None for no limit. The caller applies it: wall-clock times cannot be
    compared with an instant without their time zone.
    """

    rule: RecurrenceRule
    start: datetime
    until: datetime | None = None

    def between(self, first: datetime, last: datetime) -> Iterator[datetime]:
        """Yield the occurrences from `first` to `last`, both inclusive, in order. `until` is ignored."""
        if last < self.start:
            return
        origin, interval = self._period(self.start), self.rule.interval
        skipped = max((self._period(max(first, self.start)) - origin) // interval, 0)
        skipped = 0 if self.rule.count is not None and not self._regular else skipped
        seen = self._passed(origin, skipped)
        for period in range(origin + skipped * interval, self._period(last) + 1, interval):
            for moment in self._moments(period):
                if moment < self.start:
                    continue
                seen += 1
                if self.rule.count is not None and seen > self.rule.count:
                    return
                if first <= moment <= last:
                    yield moment

    def _passed(self, origin: int, skipped: int) -> int:
        """Return the number of occurrences in the skipped periods, or 0 if the rule has no COUNT.

        With a COUNT, only a rule that is `_regular` skips periods: all its periods have the same number.
        """
        if self.rule.count is None or not skipped:
            return 0
        in_first = self._moments(origin)
        return sum(moment >= self.start for moment in in_first) + (skipped - 1) * len(in_first)

    @cached_property
    def _regular(self) -> bool:
        """True if every period has the same number of occurrences, so that they need not be counted one by one."""
        rule = self.rule
        if rule.positions or rule.weeks or rule.year_days:
            return False
        if rule.frequency in ("DAILY", "WEEKLY"):
            return not (rule.months or rule.month_days or (rule.weekdays and rule.frequency == "DAILY"))
        if rule.frequency == "MONTHLY" and rule.months:
            return False
        if rule.month_days:
            return not rule.weekdays and _all_exist(rule.month_days, SHORTEST_MONTH)
        ordinals = {ordinal for ordinal, _ in rule.weekdays}
        return (rule.frequency == "MONTHLY" or bool(rule.months)) and _all_exist(ordinals, FEWEST_WEEKS)

    def _moments(self, period: int) -> list[datetime]:
        days = filter(self._matches, self._days(period))
        found = [datetime.combine(day, time) for day in days for time in self.rule.times]
        if not self.rule.positions:
            return found
        places = {n - 1 if n > 0 else n + len(found) for n in self.rule.positions}
        return [found[place] for place in sorted(places) if 0 <= place < len(found)]

    def _period(self, moment: datetime) -> int:
        match self.rule.frequency:
            case "DAILY":
                return moment.toordinal()
            case "WEEKLY":
                return (moment.toordinal() - 1 - self.rule.week_start) // 7
            case "MONTHLY":
                return moment.year * 12 + moment.month - 1
            case _:
                return moment.year

    def _days(self, period: int) -> Iterator[date]:
        match self.rule.frequency:
            case "DAILY":
                return iter((date.fromordinal(period),))
            case "WEEKLY":
                monday = period * 7 + 1 + self.rule.week_start
                return map(date.fromordinal, range(max(monday, 1), monday + 7))
            case "MONTHLY":
                return _days_of_month(period)
            case _:
                months = sorted(self.rule.months) or range(1, 13)
                return chain.from_iterable(_days_of_month(period * 12 + month - 1) for month in months)

    def _matches(self, day: date) -> bool:
        rule = self.rule
        return (
            (not rule.months or day.month in rule.months)
            and (not rule.month_days or not rule.month_days.isdisjoint((day.day, day.day - 1 - _month_length(day))))
            and (not rule.weekdays or self._is_weekday(day))
            and (not rule.year_days or not rule.year_days.isdisjoint(_both_ways(_year_day(day), _year_length(day))))
            and (not rule.weeks or not rule.weeks.isdisjoint(_week(day, rule.week_start)))
        )

    def _is_weekday(self, day: date) -> bool:
        weekday, weekdays = day.weekday(), self.rule.weekdays
        if (0, weekday) in weekdays:
            return True
        in_month = self.rule.frequency == "MONTHLY" or bool(self.rule.months)
        place, length = (day.day, _month_length(day)) if in_month else (_year_day(day), _year_length(day))
        return (1 + (place - 1) // 7, weekday) in weekdays or (-1 - (length - place) // 7, weekday) in weekdays


def _all_exist(numbers: frozenset[int] | set[int], most: int) -> bool:
    """Return whether each of these places exists in every month, and no two of them can be the same day."""
    return all(0 < n <= most for n in numbers) or all(-most <= n < 0 for n in numbers)


def _days_of_month(month: int) -> Iterator[date]:
    first = date(month // 12, month % 12 + 1, 1).toordinal()
    return map(date.fromordinal, range(first, first + _month_length(date.fromordinal(first))))


def _month_length(day: date) -> int:
    if day.month == 2:  # noqa: PLR2004 - February
        return _year_length(day) - 337
    return 30 if day.month in (4, 6, 9, 11) else 31


def _year_length(day: date) -> int:
    return 366 if isleap(day.year) else 365


def _year_day(day: date) -> int:
    return day.toordinal() - date(day.year, 1, 1).toordinal() + 1


def _both_ways(place: int, length: int) -> tuple[int, int]:
    return place, place - 1 - length


def _week(day: date, week_start: int) -> tuple[int, int]:
    """Return the number of the week, from the start and from the end of the year that has most of the week's days."""
    middle = day - timedelta(days=(day.weekday() - week_start) % 7 - 3)
    place, length = _year_day(middle), _year_length(middle)
    last = place + (length - place) // 7 * 7
    return _both_ways((place - 1) // 7 + 1, (last - 1) // 7 + 1)
