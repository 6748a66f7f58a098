r"""A meeting as a VEVENT (RFC 5545 section 3.6.1), made from nothing but what it is given.

The `icalendar` library writes values and parameters. Done here is what it does not do (version 7.3): it keeps control
characters, fails on lone surrogates, reads the two characters `\N` of a text as a line break, lets a backslash at the
end of a name swallow the delimiter after it, and checks neither addresses nor links.
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
"""What TEXT cannot hold (section 3.3.11), and what some readers take for a line's end."""

_LINE_BREAKS = re.compile(r"[\t\r\n]+")
_TO_ESCAPE = re.compile(r"[\\;,]")

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"(?=.{{3,254}}\Z)[\w.!#$%&'*+/=?^`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_LINK = re.compile(
    r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?:[/?#][\w.~:/?#\[\]@!$&'()*+,;=%-]*)?",
    re.ASCII | re.IGNORECASE,
)


class Method(StrEnum):
    """What a calendar file asks its reader to do (RFC 5546 section 1.4)."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


class Attending(StrEnum):
    """Who or what takes part in a meeting."""

    INDIVIDUAL = "individual"
    ROOM = "room"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a mailbox, or a room that has one."""

    name: str | None
    email: str
    kind: Attending = Attending.INDIVIDUAL


@dataclass(frozen=True, slots=True)
class CalendarMeeting:
    """What a calendar shows of a meeting; the times are aware, and are written in `time_zone`."""

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
        """The meeting's name in every calendar, whatever becomes of it."""
        return f"{self.id}@bookme"


class Text(vText):
    """TEXT, escaped in one pass (section 3.3.11)."""

    __slots__ = ()

    def to_ical(self) -> bytes:
        return _TO_ESCAPE.sub(r"\\\g<0>", self).replace("\n", r"\n").encode()


_ROLES: Final = {
    Attending.INDIVIDUAL: {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED"},
    Attending.ROOM: {"CUTYPE": "ROOM", "ROLE": "NON-PARTICIPANT", "PARTSTAT": "ACCEPTED"},
}
"""Sections 3.2.3, 3.2.12 and 3.2.16. The time of whoever is on a booked meeting is taken: they have accepted it."""


def meeting_event(meeting: CalendarMeeting, method: Method | None, made_at: datetime) -> Event:
    """The meeting with all that is to be told of it."""
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
    """That time is taken, and nothing else: not even the meeting's id can be read from it.

    A VEVENT, because the calendars that people subscribe with leave out the VFREEBUSY of a file.
    """
    event = _event(meeting, meeting.last_modified)
    event.add("UID", f"{uuid5(meeting.id, 'busy')}@bookme")
    event.add("SUMMARY", "Busy")
    event.add("CLASS", "PRIVATE")
    event.add("TRANSP", "OPAQUE")
    return event


def in_utc(meeting: CalendarMeeting) -> bool:
    """Whether the meeting is written in UTC: its zone is, or its wall-clock time comes twice that night.

    A local time means its first occurrence (section 3.3.5), so the second one has no other way to be written.
    """
    locals_ = [moment.astimezone(meeting.time_zone) for moment in (meeting.start, meeting.end)]
    return any(local.fold or local.tzname() == "UTC" for local in locals_)


def is_reachable(person: Person) -> bool:
    """Whether calendars can name this person, which they do by the mail address."""
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
            # Wall-clock time and our own TZID: given an aware time, the library may name an equivalent zone instead.
            local = moment.astimezone(meeting.time_zone).replace(tzinfo=None)
            event.add(name, local, parameters={"TZID": meeting.time_zone.key})
    return event


def _add_status(event: Event, meeting: CalendarMeeting, method: Method | None) -> None:
    """A CANCEL of a meeting that goes on uninvites those whom it names: it must say no status (RFC 5546 3.2.5).

    A cancelled meeting is transparent besides, for calendars that show it all the same.
    """
    event.add("TRANSP", "TRANSPARENT" if meeting.cancelled else "OPAQUE")
    if meeting.cancelled:
        event.add("STATUS", "CANCELLED")
    elif method is not Method.CANCEL:
        event.add("STATUS", "CONFIRMED")


def _add_texts(event: Event, meeting: CalendarMeeting) -> None:
    """What is blank is left out; the link is also the URL (section 3.8.4.6) if it can be one."""
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
    """Sections 3.8.4.1 and 3.8.4.3. Nobody is asked to answer: a REQUEST says so, for readers that ask by habit."""
    if meeting.organizer and is_reachable(meeting.organizer):
        event.add("ORGANIZER", _address(meeting.organizer))
    answer = {"RSVP": "FALSE"} if method is Method.REQUEST else {}
    for attendee in filter(is_reachable, meeting.attendees):
        event.add("ATTENDEE", _address(attendee), parameters=_ROLES[attendee.kind] | answer)


def _address(person: Person) -> vCalAddress:
    """A mailto URI (section 3.3.3, RFC 6068) with the name as CN (section 3.2.2)."""
    # A quote and a backslash cannot be written so that every reader reads them back.
    name = one_line(person.name or "").replace('"', "'").replace("\\", "/")
    email = quote(person.email, safe="@!$'*+")
    return vCalAddress(f"mailto:{email}", params={"CN": name} if name else None)
