"""Time zones of one VCALENDAR, from its VTIMEZONEs (RFC 5545 section 3.6.5) or else from the zone database.

A definition in the file is used only in its VCALENDAR, and even if it contradicts the zone database.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.calendar_reading.content_lines import Component, Property
from domain.calendar_reading.recurrence import Expansion
from domain.calendar_reading.recurrence_rules import parse_rule
from domain.calendar_reading.refusal import UnusableCalendar, quoted
from domain.calendar_reading.values import Moment, parse_moment, parse_offset, unescaped

EARLIEST: Final = datetime(1900, 1, 1)  # noqa: DTZ001 - in the zone that is defined
UTC_NAMES: Final = frozenset({"UTC", "Z", "GMT", "TZONE://MICROSOFT/UTC", "COORDINATED UNIVERSAL TIME"})


@dataclass(frozen=True, slots=True)
class KnownZone:
    """A zone of the zone database, or UTC."""

    zone: tzinfo

    def instant(self, wall: datetime) -> datetime:
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def wall(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone).replace(tzinfo=None, fold=0)


@dataclass(frozen=True, slots=True, order=True)
class Onset:
    """Change of the clock: from `instant` on, the offset from UTC is `after` instead of `before`."""

    instant: datetime
    before: timedelta
    after: timedelta


class DefinedZone:
    """Zone that is defined by the changes of its clock, of which there must be at least one."""

    def __init__(self, onsets: list[Onset]) -> None:
        self._onsets = sorted(onsets)
        self._instants = [each.instant for each in self._onsets]
        self._walls = [(each.instant + each.before).replace(tzinfo=None) for each in self._onsets]

    def instant(self, wall: datetime) -> datetime:
        place = bisect_right(self._walls, wall) - 1
        onset = self._onsets[max(place, 0)]
        gone = place < 0 or wall < self._walls[place] + (onset.after - onset.before)
        return (wall - (onset.before if gone else onset.after)).replace(tzinfo=UTC)

    def wall(self, instant: datetime) -> datetime:
        place = bisect_right(self._instants, instant) - 1
        onset = self._onsets[max(place, 0)]
        return (instant + (onset.before if place < 0 else onset.after)).replace(tzinfo=None)


Zone = KnownZone | DefinedZone
"""Converts between a wall clock (without `tzinfo`) and instants (in UTC).

A wall-clock time that occurs twice means its first occurrence. One in a gap has the offset before the gap (section
3.3.5).
"""


class Zones:
    """Zones that one VCALENDAR may name.

    `whole_days` is the organisation's zone, for whole days, and for times if neither TZID nor X-WR-TIMEZONE names a
    zone.
    """

    def __init__(self, calendar: Component, organisation: ZoneInfo, until: datetime) -> None:
        """Collect the definitions of the calendar. Changes of the clock are computed up to two days after `until`."""
        self._definitions = list(calendar.parts("VTIMEZONE"))
        self._until = until.replace(tzinfo=None) + timedelta(days=2)
        self._found: dict[str, Zone] = {}
        self._default = calendar.one("X-WR-TIMEZONE")
        self.whole_days = KnownZone(organisation)

    def of(self, found: Property) -> Zone:
        """Return the zone of the property's times.

        Raises:
            UnusableCalendar: the named zone is unknown, or its definition is malformed or contradictory.

        """
        if "TZID" in found.parameters:
            return self.named(found.parameters["TZID"])
        return self.named(self._default.value) if self._default and self._default.value else self.whole_days

    def named(self, name: str) -> Zone:
        name = unescaped(name)
        if name not in self._found:
            self._found[name] = self._defined(name) or _known(name)
        return self._found[name]

    def instant(self, moment: Moment, zone: Zone) -> datetime:
        """Return the instant of a time in `zone`, or of the beginning of a whole day in the organisation's zone."""
        if not isinstance(moment, datetime):
            return self.whole_days.instant(datetime.combine(moment, datetime.min.time()))
        return moment if moment.tzinfo else zone.instant(moment)

    def _defined(self, name: str) -> Zone | None:
        found = [each for each in self._definitions if unescaped(_tzid(each)) == name and each.components]
        if any(each.components != found[0].components for each in found):
            raise UnusableCalendar(f"it defines the time zone {quoted(name)} in two ways")
        return DefinedZone([onset for each in found[0].components for onset in self._onsets(each)]) if found else None

    def _onsets(self, observance: Component) -> Iterator[Onset]:
        before, after = (parse_offset(observance.one(name)) for name in ("TZOFFSETFROM", "TZOFFSETTO"))
        for wall in {*_dates(observance), *self._recurring(observance, before)}:
            yield Onset((wall - before).replace(tzinfo=UTC), before, after)

    def _recurring(self, observance: Component, before: timedelta) -> Iterator[datetime]:
        start = _start(observance)
        for each in observance.all("RRULE"):
            rule = parse_rule(each.value, start)
            until = self._until if rule.until is None else min(_local(rule.until, before), self._until)
            yield from Expansion(rule, start).between(EARLIEST, until)


def _tzid(definition: Component) -> str:
    found = definition.one("TZID")
    return found.value if found else ""


def _start(observance: Component) -> datetime:
    found = observance.one("DTSTART")
    moment = parse_moment(found.value, "DTSTART") if found else None
    if not isinstance(moment, datetime) or moment.tzinfo:
        raise UnusableCalendar("a time zone's DTSTART is missing or malformed")
    return moment


def _dates(observance: Component) -> Iterator[datetime]:
    yield _start(observance)
    if observance.all("EXDATE") or observance.all("EXRULE"):
        raise UnusableCalendar("a time zone has exceptions (EXDATE), which are not read")
    for found in observance.all("RDATE"):
        for text in found.value.split(","):
            moment = parse_moment(text.strip(), "RDATE")
            if not isinstance(moment, datetime) or moment.tzinfo:
                raise UnusableCalendar("a time zone's RDATE is malformed")
            yield moment


def _local(until: Moment, before: timedelta) -> datetime:
    if not isinstance(until, datetime):
        return datetime.combine(until, datetime.max.time())
    return (until + before).replace(tzinfo=None) if until.tzinfo else until


def _known(name: str) -> Zone:
    """Return a zone by its IANA name or its Windows name.

    The IANA name may follow a prefix, as in `/example.org/2024a/Europe/Berlin`.
    """
    if name.upper() in UTC_NAMES:
        return KnownZone(UTC)
    parts = name.strip("/").split("/") if len(name) < 256 else []  # noqa: PLR2004 - no name is as long
    candidates = ["/".join(parts[skip:]) for skip in (range(len(parts)) if name.startswith("/") else range(1))]
    for candidate in [*candidates, _iana_of_windows(name)]:
        try:
            return KnownZone(ZoneInfo(candidate))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    raise UnusableCalendar(f"it names the time zone {quoted(name)} and does not say what that is")


def _iana_of_windows(name: str) -> str:
    # Imported only when needed: the import takes longer than the reading of most files.
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON  # noqa: PLC0415

    return WINDOWS_TO_OLSON.get(name, "")
