"""A meeting, and its calendar file read back with two parsers."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import vobject
from hypothesis import settings
from icalendar import Calendar

from domain.calendar.file import CalendarMeeting, Person, calendar_file
from tests.support.effort import repetitions

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
NEW_YORK = ZoneInfo("America/New_York")
KATHMANDU = ZoneInfo("Asia/Kathmandu")
MADE_AT = datetime(2026, 11, 2, 12, 30, 15, 999, tzinfo=UTC)
HOUR = timedelta(hours=1)
MEETING = CalendarMeeting(
    id=UUID("0193a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b"),
    start=datetime(2026, 11, 23, 8, 30, tzinfo=UTC),
    end=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
    time_zone=COPENHAGEN,
    title="Mortgage",
    description="Bring:\nID, payslips; questions",
    location="Room 1, Main Street 2",
    video_link="https://meet.example/r/abc?x=%2C1&y=2;3",
    organizer=Person("Ada Advisor", "ada@bank.example"),
    attendees=(Person("Ada Advisor", "ada@bank.example"), Person(None, "carl@customer.example")),
    sequence=3,
    created=datetime(2026, 11, 1, 10, tzinfo=UTC),
    last_modified=datetime(2026, 11, 2, 11, tzinfo=COPENHAGEN),
)

SOME = settings(deadline=None, max_examples=repetitions(50))


def written(meeting: CalendarMeeting) -> bytes:
    return calendar_file(meeting, made_at=MADE_AT)


def parsed(meeting: CalendarMeeting) -> Any:  # noqa: ANN401 - a property's type depends on its name
    return Calendar.from_ical(written(meeting))


def event_of(meeting: CalendarMeeting) -> Any:  # noqa: ANN401 - a property's type depends on its name
    (event,) = parsed(meeting).walk("VEVENT")
    return event


def span_in_vobject(meeting: CalendarMeeting) -> tuple[datetime, datetime]:
    """In the zone of this very file: vobject itself reads a zone's name in the first file that had it, or in pytz."""
    calendar = vobject.readOne(written(meeting).decode())
    times = [calendar.vevent.dtstart.value, calendar.vevent.dtend.value]
    if "vtimezone" in calendar.contents:
        times = [time.replace(tzinfo=calendar.vtimezone.tzinfo) for time in times]
    start, end = (time.astimezone(UTC) for time in times)
    return start, end


def readable(file: bytes) -> str:
    return file.decode().replace("\r\n", "\n")
