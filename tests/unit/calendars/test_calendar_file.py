"""The calendar file is read back here with two parsers that did not help each other: icalendar and vobject."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import vobject
from hypothesis import example, given
from hypothesis import strategies as st

from domain.calendar.file import CalendarMeeting, Person, file_name
from tests.unit.calendars.written_files import (
    COPENHAGEN,
    HOUR,
    KATHMANDU,
    MEETING,
    NEW_YORK,
    SOME,
    event_of,
    parsed,
    readable,
    span_in_vobject,
    written,
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

anything = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30), st.characters())).map("".join)


def vevent_of(meeting: CalendarMeeting) -> Any:  # noqa: ANN401 - vobject is untyped
    return vobject.readOne(written(meeting).decode()).vevent


def counted(meeting: CalendarMeeting) -> Counter[str]:
    return Counter(name for name, _ in parsed(meeting).property_items())


def counted_by_vobject(meeting: CalendarMeeting) -> Counter[str]:
    vevent = vevent_of(meeting)
    return Counter({name: len(lines) for name, lines in vevent.contents.items()})


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
