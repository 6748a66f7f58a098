"""Read a whole file: the busy times of its owner in a window, and the content of the file without private data."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from domain.calendar_reading.content_lines import Component, Property, parse_calendars
from domain.calendar_reading.events import Event, EventReader, owner_attendance
from domain.calendar_reading.refusal import UnusableCalendar, quoted
from domain.calendar_reading.series import BusyTime, busy_times_of
from domain.calendar_reading.time_zones import Zones
from domain.calendar_reading.values import DAY, parse_duration, parse_moment
from domain.time_slots import Interval, TimeSlotStatus

MOST_TIME_SLOTS: Final = 20_000
"""Maximum number of busy times of one calendar in the window."""


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
        for busy in (busy for calendar in calendars for busy in _busy_times(calendar, task)):
            imported = _imported(task.calendar_id, busy)
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


def _busy_times(calendar: Component, task: ReadingTask) -> Iterator[BusyTime]:
    scale, method = calendar.one("CALSCALE"), calendar.one("METHOD")
    if scale and scale.value.upper() != "GREGORIAN":
        raise UnusableCalendar(f"it counts in the calendar {quoted(scale.value)}; only GREGORIAN is read")
    if method and method.value.upper() == "CANCEL":
        return
    zones = Zones(calendar, task.zone, task.window.end)
    reader = EventReader(zones, task.owner)
    by_uid: dict[str, list[Event]] = {}
    for component in calendar.parts("VEVENT"):
        event = reader.read(component)
        by_uid.setdefault(event.uid, []).append(event)
    for events in by_uid.values():
        yield from busy_times_of(events, task.window)
    yield from _free_busy(calendar, zones, task.window, alone=not by_uid)


def _free_busy(calendar: Component, zones: Zones, window: Interval, *, alone: bool) -> Iterator[BusyTime]:
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
            if interval.overlaps(window):
                yield BusyTime("", interval, whole_day=False, recurs=False, elsewhere=False)


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


def _imported(calendar_id: UUID, busy: BusyTime) -> ImportedTime:
    start, end, status = busy.interval.start, busy.interval.end, _status(busy)
    name = f"{busy.uid}/{start.isoformat()}/{end.isoformat()}/{status}"
    return ImportedTime(uuid5(calendar_id, name), busy.interval, status)


def _status(busy: BusyTime) -> TimeSlotStatus:
    """Return the contract's status: appointments have times, events last whole days; recurring ones are occurrences."""
    if busy.elsewhere:
        return TimeSlotStatus.WORKING_FROM_ELSEWHERE
    if busy.whole_day:
        return TimeSlotStatus.BUSY_EVENT_OCCURENCE if busy.recurs else TimeSlotStatus.BUSY_EVENT_INSTANCE
    return TimeSlotStatus.BUSY_APPOINTMENT_OCCURENCE if busy.recurs else TimeSlotStatus.BUSY_APPOINTMENT_INSTANCE
