"""The calendar file is read back here with two parsers that did not help each other: icalendar and vobject."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import vobject
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Timezone

from domain.calendar.file import CalendarMeeting, Person, calendar_file, file_name
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

PLAIN = replace(MEETING, time_zone=ZoneInfo("UTC"))

HOSTILE = (
    "\r\nATTENDEE:mailto:x@evil.example",
    "\n ",
    "\n\t",
    "\r",
    "\x00",
    "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029BEGIN:VALARM",
    "\r\nEND:VEVENT\r\nBEGIN:VEVENT",
    '";X-EVIL="1":mailto:x@evil.example',
    ";X-EVIL=1:",
    "\\",
    "\\N",
    "\\n\\\\n",
    "^n^'^^",
    "%0D%0AATTENDEE:mailto:x",
    "\ud800",
    "\ufeff",
)
SOME = settings(deadline=None, max_examples=repetitions(50))
anything = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30), st.characters())).map("".join)


def written(meeting: CalendarMeeting) -> bytes:
    return calendar_file(meeting, made_at=MADE_AT)


def parsed(meeting: CalendarMeeting) -> Any:  # noqa: ANN401 - a property's type depends on its name
    return Calendar.from_ical(written(meeting))


def event_of(meeting: CalendarMeeting) -> Any:  # noqa: ANN401 - a property's type depends on its name
    (event,) = parsed(meeting).walk("VEVENT")
    return event


def span(meeting: CalendarMeeting) -> tuple[datetime, datetime]:
    """In UTC, because Python holds a time within a repeated hour unequal to the same moment in another zone."""
    event = event_of(meeting)
    return event.start.astimezone(UTC), event.end.astimezone(UTC)


def span_in_vobject(meeting: CalendarMeeting) -> tuple[datetime, datetime]:
    """In the zone of this very file: vobject itself reads a zone's name in the first file that had it, or in pytz."""
    calendar = vobject.readOne(written(meeting).decode())
    times = [calendar.vevent.dtstart.value, calendar.vevent.dtend.value]
    if "vtimezone" in calendar.contents:
        times = [time.replace(tzinfo=calendar.vtimezone.tzinfo) for time in times]
    start, end = (time.astimezone(UTC) for time in times)
    return start, end


def vevent_of(meeting: CalendarMeeting) -> Any:  # noqa: ANN401 - vobject is untyped
    return vobject.readOne(written(meeting).decode()).vevent


def counted(meeting: CalendarMeeting) -> Counter[str]:
    return Counter(name for name, _ in parsed(meeting).property_items())


def counted_by_vobject(meeting: CalendarMeeting) -> Counter[str]:
    vevent = vevent_of(meeting)
    return Counter({name: len(lines) for name, lines in vevent.contents.items()})


def at(zone: ZoneInfo, *clock: int, fold: int = 0) -> CalendarMeeting:
    start = datetime(*clock, tzinfo=zone, fold=fold).astimezone(UTC)  # type: ignore[arg-type,misc]
    return replace(MEETING, start=start, end=start + HOUR, time_zone=zone)


class TestTheFile:
    def test_is_exactly_this(self) -> None:
        assert readable(written(MEETING)) == CALENDAR

    def test_is_the_same_each_time(self) -> None:
        assert written(MEETING) == written(replace(MEETING))

    def test_keeps_its_uid_when_the_meeting_changes(self) -> None:
        moved = replace(MEETING, title="Moved", start=MEETING.start + HOUR, end=MEETING.end + HOUR, sequence=4)
        assert event_of(moved)["UID"] == event_of(MEETING)["UID"] == "0193a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b@bookme"

    def test_reads_back_the_same_in_vobject(self) -> None:
        vevent = vevent_of(MEETING)
        assert vevent.uid.value == f"{MEETING.id}@bookme"
        assert span_in_vobject(MEETING) == (MEETING.start, MEETING.end)
        assert vevent.summary.value == MEETING.title
        assert vevent.description.value == MEETING.description
        assert vevent.location.value == MEETING.location
        assert vevent.url.value == MEETING.video_link
        assert vevent.organizer.value == "mailto:ada@bank.example"
        assert [line.params.get("CN") for line in vevent.attendee_list] == [["Ada Advisor"], None]

    def test_leaves_out_what_the_meeting_has_not(self) -> None:
        bare = replace(MEETING, title=" ", description="", location=None, video_link=None, organizer=None, attendees=())
        left_out = {"SUMMARY", "DESCRIPTION", "LOCATION", "URL", "ORGANIZER", "ATTENDEE"}
        assert set(event_of(MEETING)) - set(event_of(bare)) == left_out

    @pytest.mark.parametrize("location", [None, "", "\x00\n"])
    def test_takes_place_at_its_link_when_it_has_no_location(self, location: str | None) -> None:
        assert event_of(replace(MEETING, location=location))["LOCATION"] == MEETING.video_link


class TestLines:
    LONG = "Møde 👩‍👩‍👧‍👦 om lån, 会議; naïve é \\ " * 20

    @pytest.mark.parametrize("lead", range(8))
    def test_fold_at_75_octets_between_characters(self, lead: int) -> None:
        long = "x" * lead + self.LONG
        file = written(replace(MEETING, title=long, description=long, organizer=Person(long, "a@b.example")))
        *lines, end = file.split(b"\r\n")
        assert end == b""
        assert all(line.decode() and len(line) <= 75 for line in lines)
        assert re.search(rb"(?<!\r)\n|\r(?!\n)", file) is None

    def test_unfold_to_the_text(self) -> None:
        long = self.LONG.strip()
        meeting = replace(MEETING, title=long, description=long)
        escaped = long.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
        assert f"\r\nSUMMARY:{escaped}\r\n" in written(meeting).decode().replace("\r\n ", "")
        assert event_of(meeting)["SUMMARY"] == event_of(meeting)["DESCRIPTION"] == long
        assert vevent_of(meeting).summary.value == vevent_of(meeting).description.value == long

    @SOME
    @given(text=anything)
    def test_stay_lines_whatever_the_text(self, text: str) -> None:
        file = written(replace(MEETING, title=text, description=text, location=text))
        assert all(len(line) <= 75 for line in file.split(b"\r\n"))
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]", file.decode())
        assert file.count(b"\n") == file.count(b"\r") == file.count(b"\r\n")


class TestText:
    @pytest.mark.parametrize(
        ("given_text", "one_line", "paragraphs"),
        [
            ("C:\\New \\n \\\\n", "C:\\New \\n \\\\n", "C:\\New \\n \\\\n"),
            ("a\r\nb\n\tc", "a b c", "a\nb\n\tc"),
            ("a\rb", "a b", "ab"),
            ("a\x00b\x0bc\x0cd\x85e\u2028f\u2029g\x7fh\x1bi", "abcdefghi", "abcdefghi"),
            ("a\ud800b", "ab", "ab"),
            ("  a;b,c:d\"e'  ", "a;b,c:d\"e'", "a;b,c:d\"e'"),
            ("👩‍👩‍👧 \u3000 é", "👩‍👩‍👧 \u3000 é", "👩‍👩‍👧 \u3000 é"),
        ],
    )
    def test_keeps_what_can_be_read(self, given_text: str, one_line: str, paragraphs: str) -> None:
        meeting = replace(MEETING, title=given_text, description=given_text, location=given_text)
        event, vevent = event_of(meeting), vevent_of(meeting)
        assert event["SUMMARY"] == event["LOCATION"] == vevent.summary.value == vevent.location.value == one_line
        assert event["DESCRIPTION"] == vevent.description.value == paragraphs

    @SOME
    @given(text=anything)
    def test_reads_back_whatever_is_written(self, text: str) -> None:
        meeting = replace(MEETING, title=f"a{text}b")
        readable = re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", "", re.sub("[\t\r\n]+", " ", text))
        assert event_of(meeting)["SUMMARY"] == vevent_of(meeting).summary.value == f"a{readable}b"


class TestInjection:
    @SOME
    @given(text=anything)
    @example("\r\nATTENDEE:mailto:x")
    @example("\n ")
    @example("\x00\u2028")
    @pytest.mark.parametrize("field", ["title", "description", "location"])
    def test_texts_add_no_property(self, field: str, text: str) -> None:
        hostile = replace(PLAIN, **{field: f"a{text}b"})  # type: ignore[arg-type]
        assert counted(hostile) == counted(PLAIN)
        assert counted_by_vobject(hostile) == counted_by_vobject(PLAIN)

    @SOME
    @given(text=anything)
    def test_names_add_no_property_and_no_parameter(self, text: str) -> None:
        ada = Person(f"a{text}b", "ada@bank.example")
        hostile = replace(PLAIN, organizer=ada, attendees=(ada, Person(text, "carl@customer.example")))
        assert counted(hostile) == counted(PLAIN)
        assert counted_by_vobject(hostile) == counted_by_vobject(PLAIN)
        event = event_of(hostile)
        assert set(event["ORGANIZER"].params) == {"CN"}
        assert set(event["ATTENDEE"][0].params) == {"CN", "ROLE", "PARTSTAT"}
        assert set(event["ATTENDEE"][1].params) <= {"CN", "ROLE", "PARTSTAT"}
        assert [str(address) for address in (event["ORGANIZER"], *event["ATTENDEE"])] == [
            "mailto:ada@bank.example",
            "mailto:ada@bank.example",
            "mailto:carl@customer.example",
        ]

    @SOME
    @given(text=anything, tail=st.sampled_from(["", "@b.example", "a@b.example"]))
    def test_addresses_are_written_whole_or_not_at_all(self, text: str, tail: str) -> None:
        person = Person("Eve", text + tail)
        hostile = replace(PLAIN, organizer=person, attendees=(*PLAIN.attendees, person))
        event = event_of(hostile)
        accepted = "ORGANIZER" in event
        plain = counted(PLAIN)
        assert counted(hostile) == (plain + Counter(["ATTENDEE"]) if accepted else plain - Counter(["ORGANIZER"]))
        assert len(event["ATTENDEE"]) == (3 if accepted else 2)
        assert not accepted or re.fullmatch(r"mailto:[\w.!$'*+%~-]+@[A-Za-z0-9.-]+", str(event["ORGANIZER"]), re.ASCII)

    @SOME
    @given(text=anything)
    @pytest.mark.parametrize("link", ["{}", "https://{}", "https://meet.example/{}"])
    def test_links_add_no_property(self, link: str, text: str) -> None:
        hostile = replace(PLAIN, video_link=link.format(text))
        assert counted(hostile) in (counted(PLAIN), counted(PLAIN) - Counter(["URL"]))
        assert counted_by_vobject(hostile) == Counter(
            {name.lower(): n for name, n in counted_in_event(hostile).items()}
        )
        assert event_of(hostile).get("URL") in (None, hostile.video_link)


class TestPeople:
    @pytest.mark.parametrize(
        ("name", "cn"),
        [
            ("Ada", "Ada"),
            ("Lovelace, Ada: a;b", "Lovelace, Ada: a;b"),
            ('Ada "the Countess"', "Ada 'the Countess'"),
            ("Ada\r\nLovelace\x00", "Ada Lovelace"),
            ("Ada\\", "Ada/"),
            ("Åse Ørsted 会", "Åse Ørsted 会"),
        ],
    )
    def test_have_their_name(self, name: str, cn: str) -> None:
        meeting = replace(MEETING, organizer=Person(name, "ada@bank.example"))
        assert event_of(meeting)["ORGANIZER"].params == {"CN": cn}
        assert vevent_of(meeting).organizer.params == {"CN": [cn]}

    @pytest.mark.parametrize("name", [None, "", " \r\n\x00"])
    def test_may_have_none(self, name: str | None) -> None:
        assert not event_of(replace(MEETING, organizer=Person(name, "ada@bank.example")))["ORGANIZER"].params

    @pytest.mark.parametrize(
        ("email", "uri"),
        [
            ("a.b+c@d-e.example", "mailto:a.b+c@d-e.example"),
            ("o'neil@b.example", "mailto:o'neil@b.example"),
            ("a%b?cc=c@d.example", "mailto:a%25b%3Fcc%3Dc@d.example"),
            ("a/b#c&d@e.example", "mailto:a%2Fb%23c%26d@e.example"),
        ],
    )
    def test_have_their_address(self, email: str, uri: str) -> None:
        meeting = replace(MEETING, organizer=Person("Ada", email))
        assert str(event_of(meeting)["ORGANIZER"]) == vevent_of(meeting).organizer.value == uri

    @pytest.mark.parametrize(
        "email",
        [
            "",
            "ada",
            "@b.example",
            "a@",
            "a@b@c.example",
            "a b@c.example",
            "a@b.example\n",
            "a@b.example\r\nATTENDEE:mailto:x@y.example",
            "mailto:a@b.example",
            "a@b.example;X=1",
            "a@b.example:80",
            "a@b.example,c@d.example",
            '"a:b"@c.example',
            "<a@b.example>",
            "a@-b.example",
            "a@b..example",
            "å@b.example",
            "a\u2028@b.example",
            "a" * 65 + "@b.example",
            "a@" + "b." * 130 + "example",
        ],
    )
    def test_are_left_out_when_it_is_no_address(self, email: str) -> None:
        event = event_of(replace(MEETING, organizer=Person("Ada", email), attendees=(Person("Ada", email),)))
        assert "ORGANIZER" not in event
        assert "ATTENDEE" not in event


class TestLink:
    @pytest.mark.parametrize(
        "link",
        [
            "https://meet.example",
            "HTTP://meet.example:8080/a,b;c?d=%2C&e=:#f",
            "https://[2001:db8::1]/x",
            "https://meet.example?pwd=1",
        ],
    )
    def test_is_the_url(self, link: str) -> None:
        meeting = replace(MEETING, video_link=link)
        assert event_of(meeting)["URL"] == vevent_of(meeting).url.value == link

    @pytest.mark.parametrize(
        "link",
        [
            "meet.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "https://",
            "https:///path",
            "https://bank.example@evil.example/",
            "https://meet.example/a b",
            "https://meet.example/\n",
            "https://meet.example/\r\nATTENDEE:mailto:x@y.example",
            "https://meet.example/\u2028",
            "https://meet.example/å",
            "https://meet.example:port/",
            'https://meet.example/"x"',
        ],
    )
    def test_is_no_url_when_it_is_not_http(self, link: str) -> None:
        assert "URL" not in event_of(replace(MEETING, video_link=link))


class TestTime:
    @pytest.mark.parametrize(
        ("meeting", "start", "end"),
        [
            (at(COPENHAGEN, 2026, 11, 23, 9, 30), "20261123T093000", "20261123T103000"),
            (at(COPENHAGEN, 2026, 7, 1, 9, 30), "20260701T093000", "20260701T103000"),
            (at(COPENHAGEN, 2026, 3, 29, 1, 30), "20260329T013000", "20260329T033000"),
            (at(NEW_YORK, 2026, 12, 31, 23, 30), "20261231T233000", "20270101T003000"),
            (at(KATHMANDU, 2026, 7, 1, 0, 0), "20260701T000000", "20260701T010000"),
            (at(ZoneInfo("Africa/Abidjan"), 2026, 7, 1, 9, 0), "20260701T090000", "20260701T100000"),
        ],
    )
    def test_is_local_with_its_zone(self, meeting: CalendarMeeting, start: str, end: str) -> None:
        lines = written(meeting).decode().split("\r\n")
        assert f"DTSTART;TZID={meeting.time_zone.key}:{start}" in lines
        assert f"DTEND;TZID={meeting.time_zone.key}:{end}" in lines
        assert span(meeting) == (meeting.start, meeting.end)
        assert span_in_vobject(meeting) == (meeting.start, meeting.end)

    @pytest.mark.parametrize("key", ["UTC", "Etc/UTC", "Etc/Zulu"])
    def test_is_utc_without_a_zone_where_the_zone_is_utc(self, key: str) -> None:
        meeting = replace(MEETING, time_zone=ZoneInfo(key))
        lines = written(meeting).decode().split("\r\n")
        assert {"DTSTART:20261123T083000Z", "DTEND:20261123T093000Z"} <= set(lines)
        assert not parsed(meeting).walk("VTIMEZONE")

    @pytest.mark.parametrize(
        "meeting",
        [
            at(COPENHAGEN, 2026, 10, 25, 2, 0, fold=1),
            at(COPENHAGEN, 2026, 10, 25, 1, 30),
            at(COPENHAGEN, 2026, 10, 25, 2, 30),
        ],
    )
    def test_is_the_right_moment_in_the_night_that_has_an_hour_twice(self, meeting: CalendarMeeting) -> None:
        assert span(meeting) == (meeting.start, meeting.end)
        assert span_in_vobject(meeting) == (meeting.start, meeting.end)


class TestZone:
    @pytest.mark.parametrize(
        ("key", "observances"),
        [
            (
                "Europe/Copenhagen",
                [
                    "DAYLIGHT 20230326T020000 +0100 +0200 CEST FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
                    "STANDARD 20231029T030000 +0200 +0100 CET FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
                ],
            ),
            (
                "America/New_York",
                [
                    "DAYLIGHT 20230312T020000 -0500 -0400 EDT FREQ=YEARLY;BYDAY=2SU;BYMONTH=3",
                    "STANDARD 20231105T020000 -0400 -0500 EST FREQ=YEARLY;BYDAY=1SU;BYMONTH=11",
                ],
            ),
            (
                "Europe/Dublin",
                [
                    "DAYLIGHT 20230326T010000 +0000 +0100 IST FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
                    "STANDARD 20231029T020000 +0100 +0000 GMT FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
                ],
            ),
            ("Asia/Kathmandu", ["STANDARD 19700101T054500 +0545 +0545 +0545"]),
        ],
    )
    @pytest.mark.parametrize("month", [1, 7, 12])
    def test_has_its_yearly_rules(self, key: str, observances: list[str], month: int) -> None:
        assert observed(at(ZoneInfo(key), 2026, month, 1, 9, 30)) == observances

    @pytest.mark.parametrize(
        ("meeting", "observances"),
        [
            (
                at(ZoneInfo("Africa/Casablanca"), 2026, 3, 1, 9, 30),
                ["STANDARD 20260215T030000 +0100 +0000 +00", "DAYLIGHT 20260322T020000 +0000 +0100 +01"],
            ),
            (
                at(ZoneInfo("Africa/Casablanca"), 2026, 3, 22, 1, 30),
                [
                    "STANDARD 20260215T030000 +0100 +0000 +00",
                    "DAYLIGHT 20260322T020000 +0000 +0100 +01",
                    "STANDARD 20270207T030000 +0100 +0000 +00",
                ],
            ),
            (
                at(ZoneInfo("Asia/Almaty"), 2024, 2, 1, 9, 30),
                ["STANDARD 19700101T060000 +0600 +0600 +06", "STANDARD 20240301T000000 +0600 +0500 +05"],
            ),
            (
                at(ZoneInfo("Asia/Jerusalem"), 2026, 7, 1, 9, 30),
                ["DAYLIGHT 20260327T020000 +0200 +0300 IDT", "STANDARD 20261025T020000 +0300 +0200 IST"],
            ),
            (at(ZoneInfo("Asia/Pyongyang"), 2018, 7, 1, 9, 30), ["STANDARD 20180504T233000 +0830 +0900 KST"]),
            (at(ZoneInfo("Asia/Almaty"), 2026, 2, 1, 9, 30), ["STANDARD 20240301T000000 +0600 +0500 +05"]),
            (
                at(NEW_YORK, 2007, 3, 15, 9, 30),
                ["DAYLIGHT 20070311T020000 -0500 -0400 EDT", "STANDARD 20071104T020000 -0400 -0500 EST"],
            ),
        ],
    )
    def test_has_the_changes_around_the_meeting_where_no_rule_holds(
        self, meeting: CalendarMeeting, observances: list[str]
    ) -> None:
        assert observed(meeting) == observances

    @pytest.mark.parametrize(
        ("key", "changes"),
        [
            ("Europe/Copenhagen", [(2026, 3, 29, 1), (2026, 10, 25, 1)]),
            ("America/New_York", [(2026, 3, 8, 7), (2026, 11, 1, 6)]),
            ("Australia/Lord_Howe", [(2026, 4, 4, 15), (2026, 10, 3, 15, 30)]),
            ("Africa/Casablanca", [(2026, 2, 15, 2), (2026, 3, 22, 2)]),
            ("Europe/Dublin", [(2026, 3, 29, 1), (2026, 10, 25, 1)]),
        ],
    )
    def test_has_the_right_offset_on_both_sides_of_a_change(self, key: str, changes: list[tuple[int, ...]]) -> None:
        zone = ZoneInfo(key)
        for change in changes:
            moment = datetime(*change, tzinfo=UTC)  # type: ignore[arg-type,misc]
            assert (moment - HOUR).astimezone(zone).utcoffset() != moment.astimezone(zone).utcoffset()
            for distance in (timedelta(days=20), timedelta(days=1), 2 * HOUR):
                for start in (moment - distance - HOUR, moment + distance):
                    meeting = replace(MEETING, start=start, end=start + HOUR, time_zone=zone)
                    assert_offsets_are_those_of(zone, meeting)

    @SOME
    @given(start=st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
    @pytest.mark.parametrize(
        "key",
        [
            "Europe/Copenhagen",
            "America/New_York",
            "America/Santiago",
            "Asia/Jerusalem",
            "Asia/Kathmandu",
            "Africa/Casablanca",
        ],
    )
    def test_is_right_for_any_meeting(self, key: str, start: datetime) -> None:
        start = start.replace(microsecond=0)
        meeting = replace(MEETING, start=start, end=start + HOUR, time_zone=ZoneInfo(key))
        assert_offsets_are_those_of(meeting.time_zone, meeting)
        assert span(meeting) == (meeting.start, meeting.end)

    def test_is_right_for_other_meetings_of_these_years_where_a_rule_holds(self) -> None:
        (component,) = parsed(MEETING).walk("VTIMEZONE")
        zone = component.to_tz(lookup_tzid=False)
        for weeks in range(-150, 150):
            local = (MEETING.start + timedelta(weeks=weeks)).astimezone(COPENHAGEN)
            assert local.replace(tzinfo=zone).utcoffset() == local.utcoffset()


class TestFileName:
    def test_is_the_local_start(self) -> None:
        assert file_name(MEETING.id, MEETING.start, COPENHAGEN) == "meeting-2026-11-23-0930-3e4f5a6b.ics"
        assert file_name(MEETING.id, MEETING.start, NEW_YORK) == "meeting-2026-11-23-0330-3e4f5a6b.ics"

    @SOME
    @given(identity=st.uuids(), start=st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30)))  # noqa: DTZ001
    def test_is_plain_ascii(self, identity: UUID, start: datetime) -> None:
        name = file_name(identity, start.replace(tzinfo=UTC), KATHMANDU)
        assert re.fullmatch(r"meeting-\d{4}-\d\d-\d\d-\d{4}-[0-9a-f]{8}\.ics", name, re.ASCII)


def counted_in_event(meeting: CalendarMeeting) -> Counter[str]:
    return Counter(name for name, _ in event_of(meeting).property_items() if name not in ("BEGIN", "END"))


def observed(meeting: CalendarMeeting) -> list[str]:
    """Each observance as its kind, onset, offsets from and to, name and rule."""
    blocks = re.findall(r"BEGIN:(STANDARD|DAYLIGHT)\n(.*?)END:", readable(written(meeting)), re.DOTALL)
    names = ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME", "RRULE")
    values = [(kind, dict(line.split(":", 1) for line in lines.splitlines())) for kind, lines in blocks]
    return [" ".join([kind, *(value[name] for name in names if name in value)]) for kind, value in values]


def readable(file: bytes) -> str:
    return file.decode().replace("\r\n", "\n")


def assert_offsets_are_those_of(zone: ZoneInfo, meeting: CalendarMeeting) -> None:
    """By the file alone: neither parser may look the zone's name up in its own tables."""
    file = written(meeting)
    for component in Calendar.from_ical(file).walk("VTIMEZONE"):
        assert isinstance(component, Timezone)
        by_icalendar = component.to_tz(lookup_tzid=False)
        by_vobject = vobject.readOne(file.decode()).vtimezone.tzinfo
        for moment in (meeting.start, meeting.end):
            local = moment.astimezone(zone)
            for reader in (by_icalendar, by_vobject):
                assert local.replace(tzinfo=reader).utcoffset() == local.utcoffset()


CALENDAR = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//BookMe//BookMe//EN
CALSCALE:GREGORIAN
METHOD:PUBLISH
BEGIN:VTIMEZONE
TZID:Europe/Copenhagen
BEGIN:DAYLIGHT
DTSTART:20230326T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:20231029T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
SUMMARY:Mortgage
DTSTART;TZID=Europe/Copenhagen:20261123T093000
DTEND;TZID=Europe/Copenhagen:20261123T103000
DTSTAMP:20261102T123015Z
UID:0193a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b@bookme
SEQUENCE:3
ATTENDEE;CN="Ada Advisor";PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT:mailto:ad
 a@bank.example
ATTENDEE;PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT:mailto:carl@customer.examp
 le
CREATED:20261101T100000Z
DESCRIPTION:Bring:\\nID\\, payslips\\; questions
LAST-MODIFIED:20261102T100000Z
LOCATION:Room 1\\, Main Street 2
ORGANIZER;CN="Ada Advisor":mailto:ada@bank.example
STATUS:CONFIRMED
TRANSP:OPAQUE
URL:https://meet.example/r/abc?x=%2C1&y=2;3
END:VEVENT
END:VCALENDAR
"""
