r"""The iCalendar file of a meeting (RFC 5545), made from nothing but what it is given.

The `icalendar` library folds lines and writes values and parameters. Done here is what it does not do (version 7.3):
it keeps control characters, fails on lone surrogates, reads the two characters `\N` of a text as a line break, lets a
backslash at the end of a name swallow the delimiter after it, checks neither addresses nor links, and dates the start
of summer time an hour late in its `Timezone.from_tzinfo`.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vRecur, vText, vUri

PRODUCT = "-//BookMe//BookMe//EN"

_SECOND = timedelta(seconds=1)
_WEEK = timedelta(weeks=1)
"""No zone changes its offset twice in a week; Morocco does in five."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = 3
"""A zone's changes are looked at in the meeting's year and so many years before and after it."""
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

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


@dataclass(frozen=True, slots=True)
class Person:
    name: str | None
    email: str


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


class _Shift(NamedTuple):
    """What a change does to the clock, and the name of the time after it."""

    offset_from: timedelta
    offset_to: timedelta
    name: str | None
    is_summer: bool

    def onset(self, change: datetime) -> datetime:
        """A change's DTSTART: in the wall-clock time that it ends (section 3.6.5)."""
        return (change + self.offset_from).replace(tzinfo=None)


_Observance = TimezoneStandard | TimezoneDaylight


def calendar_file(meeting: CalendarMeeting, *, made_at: datetime) -> bytes:
    """One VCALENDAR (RFC 5545 section 3.6) with the VEVENT and, unless it is written in UTC, its VTIMEZONE."""
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", PRODUCT)
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", "PUBLISH")
    if not _in_utc(meeting):
        calendar.add_component(_time_zone(meeting))
    calendar.add_component(_event(meeting, made_at))
    written: bytes = calendar.to_ical()
    return written


def file_name(meeting_id: UUID, start: datetime, zone: ZoneInfo) -> str:
    """As `meeting-2026-11-23-0930-5b3f9a10.ics`: the local start, then the id's end to keep two meetings apart."""
    return f"meeting-{start.astimezone(zone):%Y-%m-%d-%H%M}-{meeting_id.hex[-8:]}.ics"


def _event(meeting: CalendarMeeting, made_at: datetime) -> Event:
    """RFC 5545 section 3.6.1."""
    event = Event()
    event.add("UID", f"{meeting.id}@bookme")
    event.add("SEQUENCE", meeting.sequence)
    event.add("STATUS", "CONFIRMED")
    event.add("TRANSP", "OPAQUE")
    _add_times(event, meeting, made_at)
    _add_texts(event, meeting)
    _add_people(event, meeting)
    return event


def _add_times(event: Event, meeting: CalendarMeeting, made_at: datetime) -> None:
    event.add("DTSTAMP", made_at.astimezone(UTC))
    event.add("CREATED", meeting.created.astimezone(UTC))
    event.add("LAST-MODIFIED", meeting.last_modified.astimezone(UTC))
    for name, moment in (("DTSTART", meeting.start), ("DTEND", meeting.end)):
        if _in_utc(meeting):
            event.add(name, moment.astimezone(UTC))
        else:
            # Wall-clock time and our own TZID: given an aware time, the library may name an equivalent zone instead.
            local = moment.astimezone(meeting.time_zone).replace(tzinfo=None)
            event.add(name, local, parameters={"TZID": meeting.time_zone.key})


def _add_texts(event: Event, meeting: CalendarMeeting) -> None:
    """What is blank is left out; the link is also the URL (section 3.8.4.6) if it can be one."""
    link = _one_line(meeting.video_link or "")
    texts = {
        "SUMMARY": _one_line(meeting.title),
        "DESCRIPTION": _NOT_TEXT.sub("", meeting.description or "").strip(),
        "LOCATION": _one_line(meeting.location or "") or link,
    }
    for name, text in texts.items():
        if text:
            event.add(name, _Text(text))
    if meeting.video_link and _LINK.fullmatch(meeting.video_link):
        event.add("URL", vUri(meeting.video_link))


def _add_people(event: Event, meeting: CalendarMeeting) -> None:
    """Sections 3.8.4.1 and 3.8.4.3. Whoever is on a booked meeting has accepted it: nobody is asked to answer."""
    if meeting.organizer and (organizer := _address(meeting.organizer)):
        event.add("ORGANIZER", organizer)
    for attendee in filter(None, map(_address, meeting.attendees)):
        event.add("ATTENDEE", attendee, parameters={"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED"})


def _address(person: Person) -> vCalAddress | None:
    """A mailto URI (section 3.3.3, RFC 6068) with the name as CN (section 3.2.2); None if the address is none."""
    if not _EMAIL.fullmatch(person.email):
        return None
    # A quote and a backslash cannot be written so that every reader reads them back.
    name = _one_line(person.name or "").replace('"', "'").replace("\\", "/")
    email = quote(person.email, safe="@!$'*+")
    return vCalAddress(f"mailto:{email}", params={"CN": name} if name else None)


def _one_line(text: str) -> str:
    return _NOT_TEXT.sub("", _LINE_BREAKS.sub(" ", text)).strip()


class _Text(vText):
    """TEXT, escaped in one pass (section 3.3.11)."""

    __slots__ = ()

    def to_ical(self) -> bytes:
        return _TO_ESCAPE.sub(r"\\\g<0>", self).replace("\n", r"\n").encode()


def _in_utc(meeting: CalendarMeeting) -> bool:
    """Whether the meeting is written in UTC: its zone is, or its wall-clock time comes twice that night.

    A local time means its first occurrence (section 3.3.5), so the second one has no other way to be written.
    """
    locals_ = [moment.astimezone(meeting.time_zone) for moment in (meeting.start, meeting.end)]
    return any(local.fold or local.tzname() == "UTC" for local in locals_)


def _time_zone(meeting: CalendarMeeting) -> Timezone:
    """The zone (section 3.6.5), by rule where its clock changes by one: that is what Outlook reads, and what is still
    right for a reader that keeps the first VTIMEZONE that it saw. Elsewhere the changes around the meeting alone.
    """
    zone, year = meeting.time_zone, meeting.start.astimezone(UTC).year
    changes = list(_changes(zone, *(datetime(year + n, 1, 1, tzinfo=UTC) for n in (-_YEARS, _YEARS + 1))))
    component = Timezone()
    component.add("TZID", zone.key)
    for observance in _yearly(changes, zone) or _around(meeting, changes):
        component.add_component(observance)
    return component


def _yearly(changes: list[datetime], zone: ZoneInfo) -> list[_Observance]:
    """An observance for each kind of change; none at all unless every change follows a yearly rule."""
    onsets: dict[_Shift, list[datetime]] = {}
    for change in changes:
        shift = _shift(change, zone)
        onsets.setdefault(shift, []).append(shift.onset(change))
    rules = {shift: _rule(dates) for shift, dates in onsets.items()}
    if not all(rules.values()):
        return []
    return [_observance(shift, onsets[shift][0], rule) for shift, rule in rules.items()]


def _rule(onsets: list[datetime]) -> vRecur | None:
    """The same weekday of the same month (section 3.3.10), as "the last Sunday of October", in every year."""
    first = onsets[0]
    alike = len({(onset.month, onset.weekday(), onset.time()) for onset in onsets}) == 1
    if not alike or len(onsets) != 2 * _YEARS + 1:
        return None
    weeks = {(onset.day + 6) // 7 for onset in onsets}
    is_last = all((onset + _WEEK).month != onset.month for onset in onsets)
    if len(weeks) > 1 and not is_last:
        return None
    week = -1 if is_last else weeks.pop()
    return vRecur(FREQ="YEARLY", BYMONTH=first.month, BYDAY=f"{week}{_WEEKDAYS[first.weekday()]}")


def _around(meeting: CalendarMeeting, changes: list[datetime]) -> Iterator[_Observance]:
    """The change that the meeting starts under (long ago, under a fixed offset), and those up to the next one."""
    zone = meeting.time_zone
    passed = sum(change <= meeting.start for change in changes)
    if not passed:
        start = meeting.start.astimezone(zone)
        fixed = _Shift(_offset(start, zone), _offset(start, zone), start.tzname(), is_summer=False)
        yield _observance(fixed, fixed.onset(_LONG_AGO))
    for change in changes[max(passed - 1, 0) :]:
        shift = _shift(change, zone)
        yield _observance(shift, shift.onset(change))
        if change > meeting.end:
            return


def _changes(zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[datetime]:
    weeks = (since + n * _WEEK for n in range((until - since) // _WEEK + 1))
    for week, next_week in pairwise(weeks):
        if _offset(week, zone) != _offset(next_week, zone):
            yield _change(zone, week)


def _change(zone: ZoneInfo, week: datetime) -> datetime:
    """The first second within a week of another offset than the week begins with."""
    offset = _offset(week, zone)
    second = bisect_left(range(_WEEK // _SECOND), True, key=lambda n: _offset(week + n * _SECOND, zone) != offset)
    return week + second * _SECOND


def _shift(change: datetime, zone: ZoneInfo) -> _Shift:
    """Summer time is a change of DST that moves the clock forward: by law, Ireland's exception is its winter time."""
    before, after = (change - _SECOND).astimezone(zone), change.astimezone(zone)
    offset_from, offset_to = _offset(before, zone), _offset(after, zone)
    is_summer = offset_to > offset_from and before.dst() != after.dst()
    return _Shift(offset_from, offset_to, after.tzname(), is_summer)


def _observance(shift: _Shift, onset: datetime, rule: vRecur | None = None) -> _Observance:
    observance = TimezoneDaylight() if shift.is_summer else TimezoneStandard()
    observance.add("DTSTART", onset)
    observance.add("TZOFFSETFROM", shift.offset_from)
    observance.add("TZOFFSETTO", shift.offset_to)
    observance.add("TZNAME", shift.name)
    if rule:
        observance.add("RRULE", rule)
    return observance


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
