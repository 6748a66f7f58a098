"""Busy times out of an iCalendar file (RFC 5545): what it says of when somebody is not free, and nothing else.

Recurring events are expanded by the `recurring-ical-events` library, which knows exceptions, moved occurrences and
their time zones. Done here is what depends on us: what counts as busy, in which zone a floating time is meant, and
how much of a file that anybody may have written is worth computing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import prod
from typing import Any, Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component

from domain.time_slots import Interval, TimeSlotStatus

MOST_TIME_SLOTS: Final = 20_000
"""How many busy times one calendar may have in the window."""

MOST_STEPS: Final = 1_000_000
"""How many occurrences, from its events' beginnings on, the rules of one calendar may go through: some seconds."""

MOST_A_DAY: Final = 24
"""How often a day a rule may recur."""

EARLIEST: Final = 1900

DAYS_BETWEEN: Final[Mapping[str, int]] = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 28, "YEARLY": 365}

SAYS_WHEN: Final = frozenset(
    {
        *("UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "SEQUENCE"),
        *("STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS"),
    }
)
"""The properties of an event that are kept; titles, people and places are nobody's business here."""

DESCRIBES_THE_FILE: Final = frozenset({"VERSION", "PRODID", "CALSCALE", "X-WR-TIMEZONE"})

DAY: Final = timedelta(days=1)

Event = Mapping[str, Any]
"""A VEVENT's properties; the library's types allow anything for each."""


class UnusableCalendar(ValueError):
    """The file cannot be read, or says something that cannot be computed with. The message says what."""


@dataclass(frozen=True, slots=True)
class ImportedTime:
    """One busy time. `id` is the same for the same time of the same event of the same calendar, whenever it is read."""

    id: UUID
    interval: Interval
    status: TimeSlotStatus


def essence(file: bytes) -> str:
    """The file without what does not say when somebody is busy, as one calendar.

    Raises:
        UnusableCalendar: it is no iCalendar file.

    """
    kept = Calendar()
    for calendar in _calendars(file):
        for name in DESCRIBES_THE_FILE & {str(each).upper() for each in calendar}:
            kept[name] = calendar[name]
        for part in calendar.subcomponents:
            if part.name == "VTIMEZONE":
                kept.add_component(part)
            elif part.name == "VEVENT":
                kept.add_component(_essence_of(part))
    return bytes(kept.to_ical()).decode()


def busy_times(content: str, calendar_id: UUID, window: Interval, zone: ZoneInfo) -> list[ImportedTime]:
    """When the calendar says that its owner is busy, by start; what touches the window counts.

    `zone` is meant by times that name none, and by whole days.

    Raises:
        UnusableCalendar: something in it cannot be computed with.

    """
    calendar = _calendars(content.encode())[0]
    events = calendar.walk("VEVENT")
    _check_effort(events, window)
    recurring = {str(event["UID"]) for event in events if "RRULE" in event or "RDATE" in event}
    found: dict[UUID, ImportedTime] = {}
    for event in _occurrences(calendar, window):
        interval = _interval(event, zone)
        if _blocks(event) and interval.start < interval.end and interval.overlaps(window):
            status = _status(event, recurs=str(event["UID"]) in recurring)
            imported = ImportedTime(_id(calendar_id, event, interval, status), interval, status)
            found[imported.id] = imported
        if len(found) > MOST_TIME_SLOTS:
            raise UnusableCalendar(f"it has more than {MOST_TIME_SLOTS} busy times ahead")
    return sorted(found.values(), key=lambda each: (each.interval.start, each.id))


def _calendars(file: bytes) -> list[Component]:
    try:
        found = Calendar.from_ical(file, multiple=True)
    except (ValueError, KeyError, IndexError, RecursionError) as error:
        raise UnusableCalendar("it is no iCalendar file (RFC 5545)") from error
    if not found or any(each.name != "VCALENDAR" for each in found):
        raise UnusableCalendar("it is no iCalendar file (RFC 5545)")
    return list(found)


def _essence_of(event: Component) -> Component:
    kept = type(event)()
    for name, value in event.items():
        if str(name).upper() in SAYS_WHEN:
            kept[name] = value
    _check_event(event)
    return kept


def _check_event(event: Component) -> None:
    """An event whose time was misunderstood would be a meeting that is double-booked."""
    broken = [name for name, _ in event.errors if name is None or str(name).upper() in SAYS_WHEN]
    start = event.get("DTSTART")
    if broken or start is None or "UID" not in event:
        what = broken[0] if broken else "DTSTART" if start is None else "UID"
        raise UnusableCalendar(f"the {what or 'content'} of an event is missing or malformed")
    zone = start.params.get("TZID")
    if zone and isinstance(start.dt, datetime) and start.dt.tzinfo is None:
        raise UnusableCalendar(f"it names the time zone {str(zone)[:80]!r} and does not say what that is")


def _blocks(event: Event) -> bool:
    """Whether the event takes time: cancelled and transparent ones do not (sections 3.8.1.11 and 3.8.2.7)."""
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    transparent = str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
    return not (cancelled or transparent) or _works_elsewhere(event)


def _works_elsewhere(event: Event) -> bool:
    return str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() == "WORKINGELSEWHERE"


def _check_effort(events: Iterable[Event], window: Interval) -> None:
    """Before a rule is computed, whether it ends: a rule is gone through from its event's beginning on."""
    steps = 0.0
    for event in events:
        for rule in _rules(event):
            start = event["DTSTART"].dt
            years = window.end.year + 1 - max(start.year, EARLIEST)
            steps += max(years, 1) * 366 * _times_a_day(rule) / _days_between(rule)
    if steps > MOST_STEPS:
        raise UnusableCalendar("its recurring events are too many, or began too long ago")


def _rules(event: Event) -> list[Mapping[str, Any]]:
    rules = event.get("RRULE", [])
    return rules if isinstance(rules, list) else [rules]


def _days_between(rule: Mapping[str, Any]) -> int:
    frequency = str(rule.get("FREQ", [""])[0]).upper()
    if frequency not in DAYS_BETWEEN:
        raise UnusableCalendar(f"an event recurs {frequency or 'in an unknown way'}; only daily or less often is read")
    # A rule may name several days of its week, month or year.
    return 1 if any(name.startswith("BY") for name in rule) else DAYS_BETWEEN[frequency]


def _times_a_day(rule: Mapping[str, Any]) -> int:
    times = prod(len(rule.get(name, [0])) for name in ("BYHOUR", "BYMINUTE", "BYSECOND"))
    if times > MOST_A_DAY:
        raise UnusableCalendar(f"an event recurs more than {MOST_A_DAY} times a day")
    return times


def _occurrences(calendar: Component, window: Interval) -> Iterator[Event]:
    """Every event that may touch the window: what is floating or lasts whole days lies within a day of its UTC time."""
    first, last = window.start.astimezone(UTC) - DAY, window.end.astimezone(UTC) + DAY
    try:
        yield from recurring_ical_events.of(calendar).between(first, last)
    except (ValueError, TypeError, OverflowError, KeyError, AttributeError) as error:
        raise UnusableCalendar(f"an event cannot be read: {str(error)[:200]}") from error


def _interval(event: Event, zone: ZoneInfo) -> Interval:
    start, end = event["DTSTART"].dt, event["DTEND"].dt
    return Interval(_instant(start, zone), _instant(end, zone))


def _instant(moment: date, zone: ZoneInfo) -> datetime:
    local = moment if isinstance(moment, datetime) else datetime.combine(moment, time.min)
    return (local.replace(tzinfo=zone) if local.tzinfo is None else local).astimezone(UTC)


def _status(event: Event, *, recurs: bool) -> TimeSlotStatus:
    """The contract's kinds: appointments have times, events last whole days; recurring ones have occurrences."""
    if _works_elsewhere(event):
        return TimeSlotStatus.WORKING_FROM_ELSEWHERE
    if isinstance(event["DTSTART"].dt, datetime):
        return TimeSlotStatus.BUSY_APPOINTMENT_OCCURENCE if recurs else TimeSlotStatus.BUSY_APPOINTMENT_INSTANCE
    return TimeSlotStatus.BUSY_EVENT_OCCURENCE if recurs else TimeSlotStatus.BUSY_EVENT_INSTANCE


def _id(calendar_id: UUID, event: Event, interval: Interval, status: TimeSlotStatus) -> UUID:
    return uuid5(calendar_id, f"{event['UID']}/{interval.start.isoformat()}/{interval.end.isoformat()}/{status}")
