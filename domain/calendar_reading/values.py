"""Parse the values of properties (RFC 5545 section 3.3): dates, times, durations, periods and offsets."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from domain.calendar_reading.content_lines import Property
from domain.calendar_reading.refusal import UnusableCalendar, quoted

DAY: Final = timedelta(days=1)

_DATE: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_DATE_TIME: Final = re.compile(_DATE.pattern + r"T([0-9]{2})([0-9]{2})([0-9]{2})(Z?)", re.IGNORECASE)
_DURATION: Final = re.compile(
    r"\+?P(?:([0-9]{1,6})W)?(?:([0-9]{1,6})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,8})M)?(?:([0-9]{1,9})S)?)?",
    re.IGNORECASE,
)
_OFFSET: Final = re.compile(r"([+-])([0-9]{2})([0-9]{2})([0-9]{2})?")


@dataclass(frozen=True, slots=True)
class Duration:
    """Duration: calendar days, followed by an exact time (section 3.3.6)."""

    days: int
    exact: timedelta = timedelta()

    @property
    def most(self) -> timedelta:
        """Return an upper limit of the elapsed time, even if clocks are set back."""
        return timedelta(days=self.days + 1) + self.exact


Moment = date | datetime
"""A whole day, or a time. A time is in UTC, or has no `tzinfo` and belongs to a zone that the caller knows."""


def parse_moment(text: str, name: str) -> Moment:
    """Parse a DATE or DATE-TIME. `name` is the name of the property, for the error message.

    Raises:
        UnusableCalendar: the text is neither a DATE nor a DATE-TIME.

    """
    try:
        if found := _DATE_TIME.fullmatch(text):
            year, month, day, hour, minute, second = (int(each) for each in found.groups()[:6])
            # 60 is a leap second, which `datetime` does not have.
            moment = datetime(year, month, day, hour, minute, min(second, 59) if second == 60 else second)  # noqa: DTZ001, PLR2004 - zones come later
            return moment.replace(tzinfo=UTC) if found[7] else moment
        if found := _DATE.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    raise UnusableCalendar(f"the {name} {quoted(text)} is no date or time")


def parse_moments(found: Property) -> list[Moment]:
    """Parse the dates or times of a property, which must have the type that the parameter VALUE names, if any.

    Raises:
        UnusableCalendar: a date or time is malformed or has another type, or VALUE is unknown.

    """
    moments = [parse_moment(each.strip(), found.name) for each in found.value.split(",") if each.strip()]
    kind = found.parameters.get("VALUE", "").upper()
    allowed = {"DATE": {True}, "DATE-TIME": {False}, "": {True, False}}.get(kind)
    if allowed is None or not allowed.issuperset(map(is_whole_day, moments)):
        raise UnusableCalendar(f"the {found.name} {quoted(found.value)} is not of its type {quoted(kind)}")
    return moments


def is_whole_day(moment: Moment) -> bool:
    return not isinstance(moment, datetime)


def parse_duration(text: str) -> Duration:
    """Parse a DURATION, which must not be negative.

    Raises:
        UnusableCalendar: the text is malformed or negative.

    """
    found = _DURATION.fullmatch(text)
    if not found or not any(found.groups()):
        raise UnusableCalendar(f"the duration {quoted(text)} is malformed or negative")
    weeks, days, hours, minutes, seconds = (int(each or 0) for each in found.groups())
    return Duration(weeks * 7 + days, timedelta(hours=hours, minutes=minutes, seconds=seconds))


def parse_offset(found: Property | None) -> timedelta:
    """Parse a UTC-OFFSET, which must have a sign.

    Raises:
        UnusableCalendar: the property is missing or malformed.

    """
    match = _OFFSET.fullmatch(found.value) if found else None
    if not match or int(match[2]) > 23 or int(match[3]) > 59 or int(match[4] or 0) > 59:  # noqa: PLR2004 - a day's
        raise UnusableCalendar(f"a time zone's offset is missing or malformed: {quoted(found.value if found else '')}")
    size = timedelta(hours=int(match[2]), minutes=int(match[3]), seconds=int(match[4] or 0))
    return -size if match[1] == "-" else size


def unescaped(text: str) -> str:
    """Return a TEXT value without the backslashes that escape other characters (section 3.3.11)."""
    return re.sub(r"\\([\\;,])", r"\1", text)
