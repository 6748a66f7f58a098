r"""Write a meeting as a VEVENT (RFC 5545 section 3.6.1), from the given values only.

The `icalendar` library writes values and parameters. This module corrects defects of the library (version 7.3). The
library keeps control characters, fails on lone surrogates, and reads the two characters `\N` of a text as a line break.
A backslash at the end of a name escapes the delimiter after the name. The library checks neither addresses nor links.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from urllib.parse import quote
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from icalendar import Event, vCalAddress, vText, vUri

_NOT_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Characters that TEXT cannot contain (section 3.3.11), or that some readers take for a line break."""

_LINE_BREAKS = re.compile(r"[\t\r\n]+")
_TO_ESCAPE = re.compile(r"[\\;,]")

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"(?=.{{3,254}}\Z)[\w.!#$%&'*+/=?^`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_LINK = re.compile(
    r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?:[/?#][\w.~:/?#\[\]@!$&'()*+,;=%-]*)?",
    re.ASCII | re.IGNORECASE,
)


class Method(StrEnum):
    """Request of a calendar file to its reader (RFC 5546 section 1.4)."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


class Attending(StrEnum):
    """Kind of an attendee of a meeting."""

    INDIVIDUAL = "individual"
    ROOM = "room"


@dataclass(frozen=True, slots=True)
class Person:
    """Person, organisation or room, with the name and mail address for calendars and mails.

    The address may be empty or invalid (`is_reachable`).
    """

    name: str | None
    email: str
    kind: Attending = Attending.INDIVIDUAL


@dataclass(frozen=True, slots=True)
class CalendarMeeting:
    """Meeting as a calendar shows it. The times are aware datetimes, and are written in `time_zone`."""

    id: UUID
    start: datetime
    end: datetime
    time_zone: ZoneInfo
    title: str
    description: str | None
    location: str | None
    video_link: str | None
    organizer: Person | None
    attendees: tuple[Person, ...]
    sequence: int
    created: datetime
    last_modified: datetime
    cancelled: bool = False

    @property
    def uid(self) -> str:
        """Return the UID of the meeting, which is the same in every calendar and never changes."""
        return f"{self.id}@bookme"


class Text(vText):
    """TEXT value that is escaped in one pass (section 3.3.11)."""

    __slots__ = ()

    def to_ical(self) -> bytes:
        return _TO_ESCAPE.sub(r"\\\g<0>", self).replace("\n", r"\n").encode()


_ROLES: Final = {
    Attending.INDIVIDUAL: {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED"},
    Attending.ROOM: {"CUTYPE": "ROOM", "ROLE": "NON-PARTICIPANT", "PARTSTAT": "ACCEPTED"},
}
"""Parameters of attendees (sections 3.2.3, 3.2.12 and 3.2.16).

Attendees count as accepted, because a booked meeting takes their time.
"""


def meeting_event(meeting: CalendarMeeting, method: Method | None, made_at: datetime) -> Event:
    """Return the VEVENT of the meeting with all its details. `made_at` is the DTSTAMP."""
    event = _event(meeting, made_at)
    event.add("UID", meeting.uid)
    event.add("SEQUENCE", meeting.sequence)
    event.add("CREATED", meeting.created.astimezone(UTC))
    event.add("LAST-MODIFIED", meeting.last_modified.astimezone(UTC))
    _add_status(event, meeting, method)
    _add_texts(event, meeting)
    _add_people(event, meeting, method)
    return event


def busy_event(meeting: CalendarMeeting) -> Event:
    """Return a VEVENT that shows only that time is taken. Its UID does not reveal the meeting's id.

    A VEVENT is used because calendars that people subscribe with ignore the VFREEBUSY of a file.
    """
    event = _event(meeting, meeting.last_modified)
    event.add("UID", f"{uuid5(meeting.id, 'busy')}@bookme")
    event.add("SUMMARY", "Busy")
    event.add("CLASS", "PRIVATE")
    event.add("TRANSP", "OPAQUE")
    return event


def in_utc(meeting: CalendarMeeting) -> bool:
    """Return whether the meeting is written in UTC: its zone is UTC, or a time is the second of two equal local times.

    A local time means its first occurrence (section 3.3.5), so the second occurrence can only be written in UTC.
    """
    locals_ = [moment.astimezone(meeting.time_zone) for moment in (meeting.start, meeting.end)]
    return any(local.fold or local.tzname() == "UTC" for local in locals_)


def is_reachable(person: Person) -> bool:
    """Return whether the mail address is valid. Calendars name only people and rooms with a valid address."""
    return _EMAIL.fullmatch(person.email) is not None


def one_line(text: str) -> str:
    return _NOT_TEXT.sub("", _LINE_BREAKS.sub(" ", text)).strip()


def _event(meeting: CalendarMeeting, made_at: datetime) -> Event:
    event = Event()
    event.add("DTSTAMP", made_at.astimezone(UTC))
    for name, moment in (("DTSTART", meeting.start), ("DTEND", meeting.end)):
        if in_utc(meeting):
            event.add(name, moment.astimezone(UTC))
        else:
            # Wall-clock time with our own TZID: for an aware time, the library may name an equivalent zone instead.
            local = moment.astimezone(meeting.time_zone).replace(tzinfo=None)
            event.add(name, local, parameters={"TZID": meeting.time_zone.key})
    return event


def _add_status(event: Event, meeting: CalendarMeeting, method: Method | None) -> None:
    """Add TRANSP and STATUS.

    A CANCEL of a meeting that is not cancelled uninvites the named attendees, and must have no STATUS (RFC 5546
    section 3.2.5). A cancelled meeting is also transparent, for calendars that still show the meeting.
    """
    event.add("TRANSP", "TRANSPARENT" if meeting.cancelled else "OPAQUE")
    if meeting.cancelled:
        event.add("STATUS", "CANCELLED")
    elif method is not Method.CANCEL:
        event.add("STATUS", "CONFIRMED")


def _add_texts(event: Event, meeting: CalendarMeeting) -> None:
    """Add the texts that are not blank. A meeting without a location has the link as its LOCATION.

    The link is also the URL (section 3.8.4.6) if it is valid.
    """
    link = one_line(meeting.video_link or "")
    texts = {
        "SUMMARY": one_line(meeting.title),
        "DESCRIPTION": _NOT_TEXT.sub("", meeting.description or "").strip(),
        "LOCATION": one_line(meeting.location or "") or link,
    }
    for name, text in texts.items():
        if text:
            event.add(name, Text(text))
    if meeting.video_link and _LINK.fullmatch(meeting.video_link):
        event.add("URL", vUri(meeting.video_link))


def _add_people(event: Event, meeting: CalendarMeeting, method: Method | None) -> None:
    """Add the organizer and the attendees that have a valid address (sections 3.8.4.1 and 3.8.4.3).

    No answer is requested. A REQUEST states this explicitly, because some readers ask for an answer by default.
    """
    if meeting.organizer and is_reachable(meeting.organizer):
        event.add("ORGANIZER", _address(meeting.organizer))
    answer = {"RSVP": "FALSE"} if method is Method.REQUEST else {}
    for attendee in filter(is_reachable, meeting.attendees):
        event.add("ATTENDEE", _address(attendee), parameters=_ROLES[attendee.kind] | answer)


def _address(person: Person) -> vCalAddress:
    """Return a mailto URI (section 3.3.3, RFC 6068) with the name as CN (section 3.2.2)."""
    # No way to write quotes and backslashes is understood by every reader, so both are replaced.
    name = one_line(person.name or "").replace('"', "'").replace("\\", "/")
    email = quote(person.email, safe="@!$'*+")
    return vCalAddress(f"mailto:{email}", params={"CN": name} if name else None)
