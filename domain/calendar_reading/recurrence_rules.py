"""Parse recurrence rules (RFC 5545 section 3.3.10). Parts that a rule omits are taken from the start of the event."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import product
from typing import Final

from domain.calendar_reading.refusal import UnusableCalendar, quoted
from domain.calendar_reading.values import Moment, is_whole_day, parse_moment

FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST_A_DAY: Final = 24
"""Maximum number of occurrences of a rule in one day."""

RANGES: Final = {
    "BYMONTH": (1, 12),
    "BYWEEKNO": (-53, 53),
    "BYYEARDAY": (-366, 366),
    "BYMONTHDAY": (-31, 31),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
    "BYSECOND": (0, 59),
    "BYSETPOS": (-8784, 8784),
}
"""Smallest and largest number of each list. Only hours, minutes and seconds may be 0."""

KNOWN: Final = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "RSCALE", "SKIP", *RANGES})

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,9}")
_WEEKDAY: Final = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


@dataclass(frozen=True, slots=True)
class RecurrenceRule:
    """Recurrence rule of an event (RFC 5545 section 3.3.10). Parts that the rule omits are filled in from the start.

    An empty set does not restrict the days. Negative numbers count from the end. Weekdays count from Monday = 0.
    `weekdays` are pairs of an ordinal and a weekday: (2, 0) is the second Monday, (0, 0) is every Monday. `positions`
    (BYSETPOS) keeps only these places among the selected days of each period. `times` are sorted.
    """

    frequency: str
    interval: int
    count: int | None
    until: Moment | None
    week_start: int
    months: frozenset[int]
    weeks: frozenset[int]
    year_days: frozenset[int]
    month_days: frozenset[int]
    weekdays: frozenset[tuple[int, int]]
    positions: frozenset[int]
    times: tuple[time, ...]


def parse_rule(text: str, start: Moment) -> RecurrenceRule:
    """Parse the rule of an event. Days and times that the rule omits are those of `start`, the start of the event.

    Raises:
        UnusableCalendar: the rule is malformed, contradicts itself, has an unknown part, or its frequency is
            `HOURLY` or higher.

    """
    parts = _parts(text)
    frequency = parts["FREQ"]
    lists = {name: _numbers(name, parts.get(name, ""), text) for name in RANGES}
    weekdays = _weekdays(parts.get("BYDAY", ""), text)
    rule = RecurrenceRule(
        frequency,
        _positive(parts.get("INTERVAL", "1"), "INTERVAL"),
        _positive(parts["COUNT"], "COUNT") if "COUNT" in parts else None,
        parse_moment(parts["UNTIL"], "UNTIL") if "UNTIL" in parts else None,
        WEEKDAYS.index(parts.get("WKST", "MO")),
        *_days(frequency, lists, weekdays, start),  # months, weeks, year_days, month_days, weekdays
        positions=lists["BYSETPOS"],
        times=_times(lists, start),
    )
    _check(rule, lists, weekdays, text)
    return rule


def _parts(text: str) -> dict[str, str]:
    pairs = [each.strip().partition("=") for each in text.upper().split(";") if each.strip()]
    parts = {name.strip(): value.strip() for name, _, value in pairs}
    frequency = parts.get("FREQ", "")
    if len(parts) < len(pairs) or not all(parts.values()):
        raise UnusableCalendar(f"the RRULE {quoted(text)} is malformed")
    if frequency in ("HOURLY", "MINUTELY", "SECONDLY"):
        raise UnusableCalendar(f"an event recurs {frequency}; only daily or less often is read")
    unknown = set(parts) - KNOWN
    if frequency not in FREQUENCIES or parts.get("WKST", "MO") not in WEEKDAYS or unknown:
        raise UnusableCalendar(f"the RRULE {quoted(text)} is malformed or says something unknown")
    if parts.get("RSCALE", "GREGORIAN") != "GREGORIAN" or parts.get("SKIP", "OMIT") != "OMIT":
        raise UnusableCalendar(f"the RRULE {quoted(text)} counts in another calendar (RFC 7529)")
    return parts


def _positive(text: str, name: str) -> int:
    if not _NUMBER.fullmatch(text) or int(text) < 1:
        raise UnusableCalendar(f"the {name} {quoted(text)} of an RRULE is no positive number")
    return int(text)


def _numbers(name: str, text: str, rule: str) -> frozenset[int]:
    least, greatest = RANGES[name]
    found = text.split(",") if text else []
    if not all(_NUMBER.fullmatch(each) and least <= int(each) <= greatest for each in found):
        raise UnusableCalendar(f"the {name} of the RRULE {quoted(rule)} is malformed")
    numbers = frozenset(map(int, found))
    if least < 0 and 0 in numbers:
        raise UnusableCalendar(f"the {name} of the RRULE {quoted(rule)} has a 0")
    return numbers


def _weekdays(text: str, rule: str) -> frozenset[tuple[int, int]]:
    found = [_WEEKDAY.fullmatch(each) for each in text.split(",")] if text else []
    if not all(each and (each[1] is None or int(each[1])) for each in found):
        raise UnusableCalendar(f"the BYDAY of the RRULE {quoted(rule)} is malformed")
    return frozenset((int(each[1] or 0), WEEKDAYS.index(each[2])) for each in found if each)


def _days(
    frequency: str, lists: dict[str, frozenset[int]], weekdays: frozenset[tuple[int, int]], start: date
) -> tuple[frozenset[int], frozenset[int], frozenset[int], frozenset[int], frozenset[tuple[int, int]]]:
    """Return months, weeks, days of the year, days of the month and weekdays: as given, or those of the start."""
    months, weeks = lists["BYMONTH"], lists["BYWEEKNO"]
    year_days, month_days = lists["BYYEARDAY"], lists["BYMONTHDAY"]
    if frequency != "DAILY" and not (year_days or month_days or weekdays):
        if frequency == "WEEKLY" or weeks:
            weekdays = frozenset({(0, start.weekday())})
        else:
            month_days = frozenset({start.day})
            if frequency == "YEARLY" and not months:
                months = frozenset({start.month})
    return months, weeks, year_days, month_days, weekdays


def _times(lists: dict[str, frozenset[int]], start: Moment) -> tuple[time, ...]:
    if not isinstance(start, datetime):
        return (time.min,)
    hours, minutes = lists["BYHOUR"] or {start.hour}, lists["BYMINUTE"] or {start.minute}
    seconds = lists["BYSECOND"] or {start.second}
    if len(hours) * len(minutes) * len(seconds) > MOST_A_DAY:
        raise UnusableCalendar(f"an event recurs more than {MOST_A_DAY} times a day")
    return tuple(sorted(time(*each) for each in product(hours, minutes, seconds)))


def _check(
    rule: RecurrenceRule, lists: dict[str, frozenset[int]], weekdays: Iterable[tuple[int, int]], text: str
) -> None:
    """Raise `UnusableCalendar` if the rule combines parts that the table of section 3.3.10 forbids."""
    only_yearly = rule.frequency != "YEARLY" and (rule.weeks or rule.year_days)
    ordinal = any(number for number, _ in weekdays) and (rule.frequency in ("DAILY", "WEEKLY") or rule.weeks)
    day_of_month = rule.frequency == "WEEKLY" and rule.month_days
    only_selection = rule.positions and not any(lists[name] for name in lists if name != "BYSETPOS") and not weekdays
    both_ends = rule.count is not None and rule.until is not None
    if only_yearly or ordinal or day_of_month or only_selection or both_ends:
        raise UnusableCalendar(f"the RRULE {quoted(text)} contradicts itself (RFC 5545 section 3.3.10)")
    if rule.until is not None and is_whole_day(rule.until) and rule.until.year > 9998:  # noqa: PLR2004 - the last year
        raise UnusableCalendar(f"the RRULE {quoted(text)} ends too late")
