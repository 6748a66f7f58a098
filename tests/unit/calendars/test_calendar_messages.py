"""Calendar files that are sent (RFC 5546) and subscribed to, read back with icalendar and with vobject."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import vobject
from icalendar import Calendar

from domain.calendar.file import Attending, CalendarMeeting, Method, NotAMessage, Person, calendar_file, calendar_of

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
CASABLANCA = ZoneInfo("Africa/Casablanca")
MADE_AT = datetime(2026, 11, 2, 12, 30, tzinfo=UTC)
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)
ADA = Person("Ada Advisor", "ada@bank.example")
ROOM = Person("Room 1", "room-1@bank.example", Attending.ROOM)

MEETING = CalendarMeeting(
    id=UUID("0193a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b"),
    start=datetime(2026, 10, 22, 8, 30, tzinfo=UTC),
    end=datetime(2026, 10, 22, 9, 30, tzinfo=UTC),
    time_zone=COPENHAGEN,
    title="Mortgage",
    description="Bring payslips",
    location="Room 1, Main Street 2",
    video_link="https://meet.example/abc",
    organizer=Person("The Bank", "booking@bank.example"),
    attendees=(ADA, ROOM),
    sequence=3,
    created=datetime(2026, 10, 1, 10, tzinfo=UTC),
    last_modified=datetime(2026, 10, 2, 11, tzinfo=UTC),
)
CANCELLED = replace(MEETING, cancelled=True, sequence=4)
DETAILS = ("DESCRIPTION", "LOCATION", "URL", "ORGANIZER", "ATTENDEE", "SEQUENCE", "CREATED", "LAST-MODIFIED", "STATUS")


def parsed(file: bytes) -> Any:  # noqa: ANN401 - a property's type depends on its name
    return Calendar.from_ical(file)


def message(meeting: CalendarMeeting, method: Method) -> Any:  # noqa: ANN401 - as above
    """Its VEVENT, in a file whose method both parsers read."""
    file = calendar_file(meeting, made_at=MADE_AT, method=method)
    calendar = parsed(file)
    assert calendar["METHOD"] == vobject.readOne(file.decode()).method.value == method
    (event,) = calendar.walk("VEVENT")
    return event


def meetings(*weeks: int, zone: ZoneInfo = COPENHAGEN) -> list[CalendarMeeting]:
    """One in each of these weeks after the first, at the same local time."""
    local = MEETING.start.astimezone(zone)
    starts = [(local + n * WEEK).astimezone(UTC) for n in weeks]
    identities = (UUID(int=MEETING.id.int + n) for n in weeks)
    return [
        replace(MEETING, id=identity, start=start, end=start + HOUR, time_zone=zone, title=f"Meeting {start:%F}")
        for identity, start in zip(identities, starts, strict=True)
    ]


def by_icalendar(file: bytes) -> list[tuple[str, str, datetime, datetime]]:
    return [
        (str(event["UID"]), str(event["SUMMARY"]), event.start.astimezone(UTC), event.end.astimezone(UTC))
        for event in parsed(file).walk("VEVENT")
    ]


def by_vobject(file: bytes) -> list[tuple[str, str, datetime, datetime]]:
    """In the zone of this very file: vobject itself reads a zone's name in the first file that had it."""
    calendar = vobject.readOne(file.decode())
    zone = calendar.vtimezone.tzinfo

    def instant(time: datetime) -> datetime:
        return (time if time.tzinfo is vobject.icalendar.utc else time.replace(tzinfo=zone)).astimezone(UTC)

    return [
        (event.uid.value, event.summary.value, instant(event.dtstart.value), instant(event.dtend.value))
        for event in calendar.vevent_list
    ]


def expected(shown: list[CalendarMeeting]) -> list[tuple[str, str, datetime, datetime]]:
    return [(f"{each.id}@bookme", each.title, each.start, each.end) for each in shown]


class TestRequest:
    def test_invites_without_asking_for_an_answer(self) -> None:
        event = message(MEETING, Method.REQUEST)
        ada, room = event["ATTENDEE"]
        taking_part = {"PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
        assert ada.params == {"CN": "Ada Advisor", "ROLE": "REQ-PARTICIPANT"} | taking_part
        assert room.params == {"CN": "Room 1", "CUTYPE": "ROOM", "ROLE": "NON-PARTICIPANT"} | taking_part
        assert (event["ORGANIZER"], event["SEQUENCE"], event["STATUS"]) == (
            "mailto:booking@bank.example",
            3,
            "CONFIRMED",
        )

    def test_reads_back_in_vobject(self) -> None:
        file = calendar_file(MEETING, made_at=MADE_AT, method=Method.REQUEST)
        vevent = vobject.readOne(file.decode()).vevent
        assert [line.value for line in vevent.attendee_list] == [
            "mailto:ada@bank.example",
            "mailto:room-1@bank.example",
        ]
        assert vevent.attendee_list[1].params["CUTYPE"] == ["ROOM"]

    @pytest.mark.parametrize("attendees", [(), (Person("Ada", "no address"),)])
    def test_is_none_to_nobody(self, attendees: tuple[Person, ...]) -> None:
        with pytest.raises(NotAMessage, match="attendee"):
            message(replace(MEETING, attendees=attendees), Method.REQUEST)


class TestCancel:
    def test_says_what_is_cancelled(self) -> None:
        event = message(CANCELLED, Method.CANCEL)
        assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (f"{MEETING.id}@bookme", 4, "CANCELLED")
        assert event["TRANSP"] == "TRANSPARENT"
        assert [str(each) for each in event["ATTENDEE"]] == ["mailto:ada@bank.example", "mailto:room-1@bank.example"]

    def test_of_a_meeting_that_goes_on_uninvites(self) -> None:
        event = message(replace(MEETING, attendees=(ADA,)), Method.CANCEL)
        assert "STATUS" not in event
        assert str(event["ATTENDEE"]) == "mailto:ada@bank.example"

    def test_may_be_to_nobody(self) -> None:
        assert "ATTENDEE" not in message(replace(CANCELLED, attendees=()), Method.CANCEL)


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("meeting", [MEETING, CANCELLED])
def test_no_file_rings_an_alarm(meeting: CalendarMeeting, method: Method) -> None:
    assert b"VALARM" not in calendar_file(meeting, made_at=MADE_AT, method=method)


@pytest.mark.parametrize("organizer", [None, Person("The Bank", "no address")])
@pytest.mark.parametrize("method", [Method.REQUEST, Method.CANCEL])
def test_nothing_is_sent_without_an_organizer(organizer: Person | None, method: Method) -> None:
    with pytest.raises(NotAMessage, match="organizer"):
        message(replace(MEETING, organizer=organizer), method)


def test_a_cancelled_meeting_is_published_as_cancelled() -> None:
    assert message(CANCELLED, Method.PUBLISH)["STATUS"] == "CANCELLED"


class TestSubscription:
    @pytest.mark.parametrize("zone", [COPENHAGEN, CASABLANCA])
    def test_has_every_meeting_at_its_time_across_changes_of_the_clock(self, zone: ZoneInfo) -> None:
        shown = meetings(*range(-60, 60, 3), zone=zone)
        assert len({each.start.astimezone(zone).utcoffset() for each in shown}) == 2
        file = calendar_of(shown, name="Ada")
        assert by_icalendar(file) == by_vobject(file) == expected(shown)

    def test_has_one_time_zone_that_is_right_for_all(self) -> None:
        shown = meetings(*range(-60, 60, 3), zone=CASABLANCA)
        (zone,) = parsed(calendar_of(shown, name="Ada")).walk("VTIMEZONE")
        for each in shown:
            local = each.start.astimezone(CASABLANCA)
            assert local.replace(tzinfo=zone.to_tz(lookup_tzid=False)).utcoffset() == local.utcoffset()

    def test_has_its_name_and_how_often_to_look_and_no_method(self) -> None:
        file = calendar_of([MEETING], name="Ada's; meetings\r\nX-EVIL:1")
        calendar = vobject.readOne(file.decode())
        for name in ("name", "x-wr-calname"):
            assert calendar.contents[name][0].value == "Ada's; meetings X-EVIL:1"
        assert parsed(file)["REFRESH-INTERVAL"].dt == timedelta(minutes=15)
        assert "METHOD" not in parsed(file)

    def test_is_the_same_each_time_until_a_meeting_changes(self) -> None:
        shown = meetings(0, 1, 2)
        file = calendar_of(shown, name="Ada")
        assert calendar_of(meetings(0, 1, 2), name="Ada") == file
        changed = replace(shown[1], title="Changed", last_modified=MADE_AT)
        assert calendar_of([shown[0], changed, shown[2]], name="Ada") != file

    def test_shows_cancelled_meetings_as_cancelled(self) -> None:
        first, second = parsed(calendar_of([MEETING, CANCELLED], name="Ada")).walk("VEVENT")
        assert (first["STATUS"], second["STATUS"]) == ("CONFIRMED", "CANCELLED")

    def test_is_empty_without_meetings(self) -> None:
        assert parsed(calendar_of([], name="Ada")).subcomponents == []

    def test_of_busy_time_says_nothing_else(self) -> None:
        shown = meetings(0, 1, 2)
        file = calendar_of([*shown, CANCELLED], name="Ada", free_busy_only=True)
        assert by_icalendar(file) == by_vobject(file)
        assert [each[1:] for each in by_icalendar(file)] == [("Busy", each.start, each.end) for each in shown]
        for event in parsed(file).walk("VEVENT"):
            assert (event["CLASS"], event["TRANSP"]) == ("PRIVATE", "OPAQUE")
            assert not set(DETAILS) & set(event)
        assert not any(str(each.id).encode() in file for each in shown)
