"""Calendar files (RFC 5545) of one meeting, to download or to send (RFC 5546), and of many, to subscribe to."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Timezone, vDuration

from domain.calendar.event import (
    Attending,
    CalendarMeeting,
    Method,
    Person,
    Text,
    busy_event,
    in_utc,
    is_reachable,
    meeting_event,
    one_line,
)
from domain.calendar.zone import time_zone

__all__ = [
    "Attending",
    "CalendarMeeting",
    "Method",
    "NotAMessage",
    "Person",
    "calendar_file",
    "calendar_of",
    "file_name",
    "is_reachable",
]

PRODUCT = "-//BookMe//BookMe//EN"
REFRESH_INTERVAL: Final = timedelta(minutes=15)
"""Interval at which subscribers should read the file again. Many calendars use their own interval."""

_END: Final = b"END:VCALENDAR\r\n"


class NotAMessage(ValueError):
    """A REQUEST or CANCEL has no organizer, or a REQUEST has no attendee (RFC 5546 sections 3.2.2, 3.2.5)."""


def calendar_file(meeting: CalendarMeeting, *, made_at: datetime, method: Method = Method.PUBLISH) -> bytes:
    """Return one VCALENDAR (RFC 5545 section 3.6) with the VEVENT and, unless it is written in UTC, its VTIMEZONE.

    A CANCEL of a meeting that is not cancelled uninvites its attendees, so pass only the attendees to remove.

    Raises:
        NotAMessage: a REQUEST or CANCEL has no organizer, or a REQUEST has no attendee, with a valid mail address.

    """
    _check(meeting, method)
    calendar = _calendar()
    calendar.add("METHOD", method.value)
    for component in (*_zones([meeting]), meeting_event(meeting, method, made_at)):
        calendar.add_component(component)
    return _written(calendar)


def calendar_of(meetings: Sequence[CalendarMeeting], *, name: str, free_busy_only: bool = False) -> bytes:
    """Return one VCALENDAR with all these meetings, to subscribe to. The same meetings always give the same bytes.

    The file has no METHOD, because calendar servers store no file with a METHOD (RFC 4791 section 4.1). The name and
    the interval are written as in RFC 7986, and again in the form that older calendars read. With `free_busy_only`,
    cancelled meetings are left out, and all others are shown as busy time without details.
    """
    shown = [meeting for meeting in meetings if not (free_busy_only and meeting.cancelled)]
    calendar = _calendar()
    _add_subscription(calendar, one_line(name))
    # Write the components one by one, because a component takes much more memory than its text.
    events = (busy_event(each) if free_busy_only else meeting_event(each, None, each.last_modified) for each in shown)
    written = (_written(component) for component in chain(_zones(shown), events))
    return b"".join((_written(calendar).removesuffix(_END), *written, _END))


def file_name(meeting_id: UUID, start: datetime, zone: ZoneInfo) -> str:
    """Return a file name such as `meeting-2026-11-23-0930-5b3f9a10.ics`.

    The name has the local start, then the end of the id, so that two meetings with the same start differ.
    """
    return f"meeting-{start.astimezone(zone):%Y-%m-%d-%H%M}-{meeting_id.hex[-8:]}.ics"


def _check(meeting: CalendarMeeting, method: Method) -> None:
    if method is Method.PUBLISH:
        return
    if meeting.organizer is None or not is_reachable(meeting.organizer):
        raise NotAMessage("it has no organizer with a mail address")
    if method is Method.REQUEST and not any(map(is_reachable, meeting.attendees)):
        raise NotAMessage("it has no attendee with a mail address")


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", PRODUCT)
    calendar.add("CALSCALE", "GREGORIAN")
    return calendar


def _add_subscription(calendar: Calendar, name: str) -> None:
    for property_name in ("NAME", "X-WR-CALNAME"):
        calendar.add(property_name, Text(name))
    calendar.add("REFRESH-INTERVAL", vDuration(REFRESH_INTERVAL), parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", vDuration(REFRESH_INTERVAL))


def _zones(meetings: Sequence[CalendarMeeting]) -> Iterator[Timezone]:
    """Yield one VTIMEZONE for each zone that a time is written in, correct for all times in this zone."""
    local = [meeting for meeting in meetings if not in_utc(meeting)]
    for zone in dict.fromkeys(meeting.time_zone for meeting in local):
        within = [meeting for meeting in local if meeting.time_zone == zone]
        yield time_zone(zone, min(each.start for each in within), max(each.end for each in within))


def _written(component: Component) -> bytes:
    written: bytes = component.to_ical()
    return written
