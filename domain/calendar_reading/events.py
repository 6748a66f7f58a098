"""Read one VEVENT: its time, its recurrence, and whether the event makes the owner busy."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from domain.calendar_reading.content_lines import Component, Property
from domain.calendar_reading.recurrence import Expansion
from domain.calendar_reading.recurrence_rules import RecurrenceRule, parse_rule
from domain.calendar_reading.refusal import UnusableCalendar, quoted
from domain.calendar_reading.time_zones import KnownZone, Zone, Zones
from domain.calendar_reading.values import (
    DAY,
    Duration,
    Moment,
    is_whole_day,
    parse_duration,
    parse_moment,
    parse_moments,
)

NOTHING: Final = timedelta()
ELSEWHERE: Final = "WORKINGELSEWHERE"


@dataclass(frozen=True)
class ImportedEvent:
    """One VEVENT. `start` is in wall-clock time of `zone`; instants are in UTC.

    `extra` are the occurrences of RDATE, with their own lengths or that of the event. `replaces` is the instant of the
    occurrence that the event replaces (RECURRENCE-ID). `and_later`: the event also replaces all later occurrences.
    """

    uid: str
    zone: Zone
    whole_day: bool
    start: datetime
    length: Duration
    rules: tuple[Expansion, ...]
    excluding_rules: tuple[Expansion, ...]
    extra: tuple[tuple[datetime, Duration], ...]
    excluded: frozenset[datetime]
    replaces: datetime | None
    and_later: bool
    free: bool
    elsewhere: bool

    @property
    def recurs(self) -> bool:
        return bool(self.rules or self.extra)

    def end_of(self, wall: datetime, length: Duration) -> datetime:
        return self.zone.instant(wall + length.days * DAY) + length.exact


class EventReader:
    """Reads the events of one VCALENDAR. `owner` is the e-mail address of the calendar's owner, if known."""

    def __init__(self, zones: Zones, owner: str | None) -> None:
        self._zones = zones
        self._owner = owner

    def read(self, event: Component) -> ImportedEvent:
        """Read a VEVENT.

        Raises:
            UnusableCalendar: the VEVENT is malformed, contradicts itself, or has content that is not supported.

        """
        starts = _required(event.one("DTSTART"))
        start = _single(starts)
        zone = self._zone(start, starts)
        length = self._length(event, starts, start)
        replaced = event.one("RECURRENCE-ID")
        extra = [each for found in event.all("RDATE") for each in self._extra(found, start, zone, length)]
        # A whole day in a series of times excludes only an occurrence that begins exactly when the day begins.
        excluded = [self._instant(each, found) for found in event.all("EXDATE") for each in parse_moments(found)]
        return ImportedEvent(
            uid=uid.value if (uid := event.one("UID")) else "",
            zone=zone,
            whole_day=is_whole_day(start),
            start=_wall(start),
            length=length,
            rules=tuple(self._rules(event.all("RRULE"), start, zone)),
            excluding_rules=tuple(self._rules(event.all("EXRULE"), start, zone)),
            extra=tuple(extra),
            excluded=frozenset(excluded),
            replaces=self._instant(_single(replaced), replaced) if replaced else None,
            and_later=_and_later(event, replaced),
            free=is_free(event, self._owner),
            elsewhere=_has(event, "X-MICROSOFT-CDO-BUSYSTATUS", ELSEWHERE),
        )

    def _zone(self, moment: Moment, found: Property) -> Zone:
        if is_whole_day(moment):
            return self._zones.whole_days
        return KnownZone(UTC) if isinstance(moment, datetime) and moment.tzinfo else self._zones.of(found)

    def _length(self, event: Component, starts: Property, start: Moment) -> Duration:
        ends, duration = event.one("DTEND"), event.one("DURATION")
        if ends and duration:
            raise UnusableCalendar("an event has both a DTEND and a DURATION")
        if duration:
            return _of(parse_duration(duration.value), start)
        if not ends:
            return Duration(1 if is_whole_day(start) else 0)
        end = _single(ends)
        if is_whole_day(start) != is_whole_day(end):
            raise UnusableCalendar("an event's DTSTART and DTEND are of different types (DATE and DATE-TIME)")
        if is_whole_day(start):
            days = (_wall(end) - _wall(start)).days
            return _not_negative(Duration(days or 1))
        return _not_negative(Duration(0, self._instant(end, ends) - self._instant(start, starts)))

    def _rules(self, found: list[Property], start: Moment, zone: Zone) -> Iterator[Expansion]:
        for each in found:
            rule = parse_rule(each.value, start)
            yield Expansion(rule, _wall(start), self._until(rule, start, zone))

    def _until(self, rule: RecurrenceRule, start: Moment, zone: Zone) -> datetime | None:
        """Return the last instant at which an occurrence may begin. UNTIL of a wrong type means the latest possible."""
        until = rule.until
        if until is None:
            return None
        if not isinstance(until, datetime):
            return zone.instant(datetime.combine(until, time.max))
        if is_whole_day(start):
            instant = self._zones.instant(until, zone)
            day = max(until.date(), self._zones.whole_days.wall(instant).date())
            return zone.instant(datetime.combine(day, time.min))
        return self._zones.instant(until, zone)

    def _extra(
        self, found: Property, start: Moment, zone: Zone, length: Duration
    ) -> Iterator[tuple[datetime, Duration]]:
        if found.parameters.get("VALUE", "").upper() == "PERIOD":
            yield from (self._period(each.strip(), found, zone) for each in found.value.split(","))
            return
        for moment in parse_moments(found):
            if is_whole_day(moment) != is_whole_day(start):
                raise UnusableCalendar("an event's DTSTART and RDATE are of different types (DATE and DATE-TIME)")
            yield self._in_zone(moment, found, zone), length

    def _period(self, text: str, found: Property, zone: Zone) -> tuple[datetime, Duration]:
        first, _, second = text.partition("/")
        start = parse_moment(first, "RDATE")
        if is_whole_day(start):
            raise UnusableCalendar(f"the period {quoted(text)} is malformed")
        wall = self._in_zone(start, found, zone)
        if second[:1].upper() in ("P", "+"):
            return wall, _of(parse_duration(second), start)
        between = self._zones.instant(parse_moment(second, "RDATE"), self._zones.of(found)) - zone.instant(wall)
        return wall, _not_negative(Duration(0, between))

    def _in_zone(self, moment: Moment, found: Property, zone: Zone) -> datetime:
        """Return a moment of the property in wall-clock time of the event's zone."""
        if is_whole_day(moment):
            return _wall(moment)
        return zone.wall(self._instant(moment, found))

    def _instant(self, moment: Moment, found: Property) -> datetime:
        return self._zones.instant(moment, self._zone(moment, found))


def is_free(event: Component, owner: str | None) -> bool:
    """Return whether the event takes no time: cancelled, shown as free, or declined by the owner."""
    own = owner_attendance(event, owner)
    declined = bool(own) and all(each.parameters.get("PARTSTAT", "").upper() == "DECLINED" for each in own)
    if declined or _has(event, "STATUS", "CANCELLED"):
        return True
    if event.all("TRANSP"):
        return _has(event, "TRANSP", "TRANSPARENT") and not _has(event, "X-MICROSOFT-CDO-BUSYSTATUS", ELSEWHERE)
    return _has(event, "X-MICROSOFT-CDO-BUSYSTATUS", "FREE")


def owner_attendance(event: Component, owner: str | None) -> list[Property]:
    """Return the ATTENDEE properties of the owner, or none if the owner is unknown."""
    address = f"mailto:{owner}".casefold()
    return [each for each in event.all("ATTENDEE") if owner and each.value.casefold() == address]


def _has(event: Component, name: str, value: str) -> bool:
    """Return whether the event has the property, and each time with that value."""
    found = event.all(name)
    return bool(found) and all(each.value.upper() == value for each in found)


def _required(found: Property | None) -> Property:
    if found is None:
        raise UnusableCalendar("an event has no DTSTART")
    return found


def _single(found: Property) -> Moment:
    moments = parse_moments(found)
    if len(moments) != 1:
        raise UnusableCalendar(f"the {found.name} {quoted(found.value)} is no date or time")
    return moments[0]


def _wall(moment: Moment) -> datetime:
    return moment.replace(tzinfo=None) if isinstance(moment, datetime) else datetime.combine(moment, time.min)


def _of(duration: Duration, start: Moment) -> Duration:
    return Duration(1) if duration == Duration(0) and is_whole_day(start) else duration


def _not_negative(length: Duration) -> Duration:
    if length.days < 0 or length.exact < NOTHING:
        raise UnusableCalendar("an event ends before it begins")
    return length


def _and_later(event: Component, replaced: Property | None) -> bool:
    scope = replaced.parameters.get("RANGE", "").upper() if replaced else ""
    if scope not in ("", "THISANDFUTURE"):
        raise UnusableCalendar(f"the RANGE {quoted(scope)} of a RECURRENCE-ID is not read")
    if replaced and (event.all("RRULE") or event.all("RDATE")):
        raise UnusableCalendar("an exception of a series (RECURRENCE-ID) recurs itself")
    return bool(scope)
