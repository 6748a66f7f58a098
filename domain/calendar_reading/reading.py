"""Read a whole file: the busy times of its owner in a window, and the content of the file without private data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from domain.calendar_reading.content_lines import Component, Property, parse_calendars
from domain.calendar_reading.events import NOTHING, EventReader, ImportedEvent, owner_attendance
from domain.calendar_reading.recurrence import Expansion
from domain.calendar_reading.refusal import UnusableCalendar, quoted
from domain.calendar_reading.time_zones import Zones
from domain.calendar_reading.values import DAY, Duration, parse_duration, parse_moment
from domain.time_slots import Interval, TimeSlotStatus

MOST_TIME_SLOTS: Final = 20_000
"""Maximum number of busy times of one calendar in the window."""

MARGIN: Final = timedelta(days=2)
"""More than the largest difference between two wall clocks."""

STATUSES: Final = {
    (False, False): TimeSlotStatus.BUSY_APPOINTMENT_INSTANCE,
    (False, True): TimeSlotStatus.BUSY_APPOINTMENT_OCCURENCE,
    (True, False): TimeSlotStatus.BUSY_EVENT_INSTANCE,
    (True, True): TimeSlotStatus.BUSY_EVENT_OCCURENCE,
}
"""The contract's status, by whether a busy time lasts whole days, and whether the event recurs."""


@dataclass(frozen=True, slots=True)
class ImportedTime:
    """One busy time. `id` is the same in every reading for the same time of the same event of the same calendar."""

    id: UUID
    interval: Interval
    status: TimeSlotStatus


@dataclass(frozen=True, slots=True)
class ReadingTask:
    """Parameters of the reading of a file.

    `zone` is the organisation's time zone, which applies to whole days and to times without a named zone. `owner` is
    the e-mail address of the calendar's owner, or None if unknown. Events that this address has declined take no time.
    """

    calendar_id: UUID
    window: Interval
    zone: ZoneInfo
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class ReadCalendar:
    """Busy times that overlap the window, sorted by start, and the content of the file to store for later readings."""

    content: str
    busy_times: list[ImportedTime]


@dataclass(frozen=True, slots=True)
class SeriesPart:
    """Part of a series: the occurrences of `event` that start in `[first, last)`, each moved by `shift`.

    `first` and `last` are instants before the move. None means that the part has no limit there.
    """

    event: ImportedEvent
    shift: timedelta
    first: datetime | None
    last: datetime | None


def read_calendar(file: bytes, task: ReadingTask) -> ReadCalendar:
    """Read an iCalendar file.

    Raises:
        UnusableCalendar: the file cannot be read, or has too many busy times.

    """
    try:
        calendars = parse_calendars(file)
        for calendar in calendars:
            _remove_attendees(calendar, task.owner)
        found: dict[UUID, ImportedTime] = {}
        for imported in (each for calendar in calendars for each in _busy_times(calendar, task)):
            found[imported.id] = imported
            if len(found) > MOST_TIME_SLOTS:
                raise UnusableCalendar(f"it has more than {MOST_TIME_SLOTS} busy times ahead")
    except OverflowError as error:
        raise UnusableCalendar("it has a date, a time zone or a duration beyond all calendars") from error
    content = "".join(calendar.written() for calendar in calendars)
    return ReadCalendar(content, sorted(found.values(), key=lambda each: (each.interval.start, each.id)))


def _remove_attendees(calendar: Component, owner: str | None) -> None:
    for event in calendar.parts("VEVENT"):
        own = owner_attendance(event, owner)
        event.properties = [each for each in event.properties if each.name != "ATTENDEE" or each in own]


def _busy_times(calendar: Component, task: ReadingTask) -> Iterator[ImportedTime]:
    scale, method = calendar.one("CALSCALE"), calendar.one("METHOD")
    if scale and scale.value.upper() != "GREGORIAN":
        raise UnusableCalendar(f"it counts in the calendar {quoted(scale.value)}; only GREGORIAN is read")
    if method and method.value.upper() == "CANCEL":
        return
    zones = Zones(calendar, task.zone, task.window.end)
    reader = EventReader(zones, task.owner)
    by_uid: dict[str, list[ImportedEvent]] = {}
    for component in calendar.parts("VEVENT"):
        event = reader.read(component)
        by_uid.setdefault(event.uid, []).append(event)
    for events in by_uid.values():
        yield from _expanded_events(events, task)
    yield from _free_busy(calendar, zones, task, alone=not by_uid)


def _free_busy(calendar: Component, zones: Zones, task: ReadingTask, *, alone: bool) -> Iterator[ImportedTime]:
    """Yield the calendar's VFREEBUSY periods. Malformed ones are skipped if the calendar has events (not `alone`)."""
    for found in (each for part in calendar.parts("VFREEBUSY") for each in part.all("FREEBUSY")):
        if found.parameters.get("FBTYPE", "").upper() == "FREE":
            continue
        for text in filter(None, map(str.strip, found.value.split(","))):
            try:
                interval = _period(text, found, zones)
            except UnusableCalendar:
                if alone:
                    raise
                continue
            if interval.overlaps(task.window):
                yield _imported(task, "", interval, TimeSlotStatus.BUSY_APPOINTMENT_INSTANCE)


def _period(text: str, found: Property, zones: Zones) -> Interval:
    first, _, second = text.partition("/")
    moment = parse_moment(first, "FREEBUSY")
    if not isinstance(moment, datetime):
        raise UnusableCalendar(f"the period {quoted(text)} is malformed")
    start = zones.instant(moment, zones.of(found))
    if second[:1].upper() in ("P", "+"):
        duration = parse_duration(second)
        return Interval(start, start + duration.exact + duration.days * DAY)
    interval = Interval(start, zones.instant(parse_moment(second, "FREEBUSY"), zones.of(found)))
    if interval.end < interval.start:
        raise UnusableCalendar(f"the period {quoted(text)} ends before it begins")
    return interval


def _expanded_events(events: Sequence[ImportedEvent], task: ReadingTask) -> Iterator[ImportedTime]:
    """Yield the times that events with one UID take and that overlap the window.

    If several series share the UID, it is unknown to which series an exception belongs. Such an exception takes its own
    time and removes no occurrence.
    """
    series = list(dict.fromkeys(each for each in events if each.replaces is None))
    exceptions = [each for each in events if each.replaces is not None]
    own = exceptions if len(series) == 1 else []
    for each in exceptions:
        yield from _taken(each, each.start, each.length, task, recurs=True)
    for master in series:
        replaced = master.excluded | {each.replaces for each in own if each.replaces}
        for part in _series_parts(master, own):
            for wall, length in _occurrences(master, part, replaced, task.window):
                yield from _taken(part.event, wall, length, task, recurs=master.recurs)


def _series_parts(master: ImportedEvent, exceptions: Sequence[ImportedEvent]) -> Iterator[SeriesPart]:
    """Yield the series as created, then as it is after each exception that also changes all later occurrences."""
    changes = {each.replaces: each for each in exceptions if each.replaces and each.and_later}
    if len(changes) < sum(each.and_later for each in exceptions):
        raise UnusableCalendar("two exceptions of a series change the same occurrence and all later ones")
    first, event, shift = None, master, NOTHING
    for instant in sorted(changes):
        yield SeriesPart(event, shift, first, instant)
        event = changes[instant]
        first, shift = instant, event.start - event.zone.wall(instant)
    yield SeriesPart(event, shift, first, None)


def _occurrences(
    master: ImportedEvent, part: SeriesPart, replaced: frozenset[datetime], window: Interval
) -> Iterator[tuple[datetime, Duration]]:
    """Yield the starts of occurrences of the part, in wall-clock time of its event, and their lengths.

    All occurrences that overlap the window are included. Others may be included, too.
    """
    searched = _searched(master, part, window)
    if searched.start > searched.end:
        return
    ruled_out = {instant for each in master.excluding_rules for _, instant in _expanded(master, each, searched)}
    for wall, length in set(_all(master, searched)):
        instant = master.zone.instant(wall)
        before = part.first is not None and instant < part.first
        after = part.last is not None and instant >= part.last
        if before or after or instant in replaced or instant in ruled_out:
            continue
        if part.event is master:
            yield wall, length
        else:
            yield part.event.zone.wall(instant) + part.shift, part.event.length


def _searched(master: ImportedEvent, part: SeriesPart, window: Interval) -> Interval:
    """Return the interval, in wall-clock time of the series, in which occurrences that touch the window begin."""
    longest = max([part.event.length.most, *(length.most for _, length in master.extra)])
    start = master.zone.wall(window.start - longest - part.shift) - MARGIN
    end = master.zone.wall(window.end - part.shift) + MARGIN
    if part.first is not None:
        start = max(start, master.zone.wall(part.first) - MARGIN)
    if part.last is not None:
        end = min(end, master.zone.wall(part.last) + MARGIN)
    return Interval(start, end)


def _all(master: ImportedEvent, searched: Interval) -> Iterator[tuple[datetime, Duration]]:
    yield master.start, master.length
    yield from master.extra
    for rule in master.rules:
        yield from ((wall, master.length) for wall, _ in _expanded(master, rule, searched))


def _expanded(master: ImportedEvent, rule: Expansion, searched: Interval) -> Iterator[tuple[datetime, datetime]]:
    """Yield the occurrences of the rule in wall-clock time, and their instants."""
    end = searched.end if rule.until is None else min(searched.end, master.zone.wall(rule.until) + MARGIN)
    for wall in rule.between(searched.start, end):
        instant = master.zone.instant(wall)
        if rule.until is None or instant <= rule.until:
            yield wall, instant


def _taken(
    event: ImportedEvent, wall: datetime, length: Duration, task: ReadingTask, *, recurs: bool
) -> Iterator[ImportedTime]:
    """Yield the time of this occurrence if it is not free and overlaps the window."""
    # A free event is skipped first. It must not cause a refusal of the file, even if its end is later than the last
    # possible date.
    if event.free:
        return
    interval = Interval(event.zone.instant(wall), event.end_of(wall, length))
    if interval.start < interval.end and interval.overlaps(task.window):
        status = TimeSlotStatus.WORKING_FROM_ELSEWHERE if event.elsewhere else STATUSES[event.whole_day, recurs]
        yield _imported(task, event.uid, interval, status)


def _imported(task: ReadingTask, uid: str, interval: Interval, status: TimeSlotStatus) -> ImportedTime:
    name = f"{uid}/{interval.start.isoformat()}/{interval.end.isoformat()}/{status}"
    return ImportedTime(uuid5(task.calendar_id, name), interval, status)
