"""What an iCalendar file says of when somebody is busy."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from domain.calendar_reading.reading import MOST_TIME_SLOTS, ImportedTime, ReadingTask, read_calendar
from domain.calendar_reading.refusal import UnusableCalendar
from domain.time_slots import Interval

CALENDAR = UUID("7c1f0f4e-55a4-4d0c-9d3e-0c8f6c2b1a90")
COPENHAGEN = ZoneInfo("Europe/Copenhagen")
SPRING = Interval(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))


def file(*events: str, head: Iterable[str] = ()) -> bytes:
    """A calendar file of these events, each given by its lines (a UID is added)."""
    parts = [f"BEGIN:VEVENT\nUID:{number}\n{event.strip()}\nEND:VEVENT" for number, event in enumerate(events)]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", *head, *parts, "END:VCALENDAR", ""]
    return "\n".join(lines).replace("\n", "\r\n").encode()


def read(ics: bytes, window: Interval = SPRING, zone: ZoneInfo = COPENHAGEN) -> list[ImportedTime]:
    return read_calendar(ics, ReadingTask(CALENDAR, window, zone)).busy_times


def content(ics: bytes) -> str:
    return read_calendar(ics, ReadingTask(CALENDAR, SPRING, COPENHAGEN)).content


def told(ics: bytes, window: Interval = SPRING, zone: ZoneInfo = COPENHAGEN) -> list[str]:
    """Each busy time in UTC, in one line."""
    return [
        f"{each.interval.start:%m-%d %H:%M} {each.interval.end:%m-%d %H:%M} {each.status}"
        for each in read(ics, window, zone)
    ]


ONE_HOUR = "DTSTART:20260310T090000Z\nDTEND:20260310T100000Z"


class TestTimes:
    @pytest.mark.parametrize(
        ("event", "expected"),
        [
            (ONE_HOUR, "03-10 09:00 03-10 10:00 BusyAppointmentInstance"),
            ("DTSTART:20260310T090000Z\nDURATION:PT30M", "03-10 09:00 03-10 09:30 BusyAppointmentInstance"),
            (
                "DTSTART;TZID=America/New_York:20260310T090000\nDTEND;TZID=Asia/Tokyo:20260310T230000",
                "03-10 13:00 03-10 14:00 BusyAppointmentInstance",
            ),
            (
                "DTSTART;TZID=W. Europe Standard Time:20260310T090000\nDURATION:PT1H",
                "03-10 08:00 03-10 09:00 BusyAppointmentInstance",
            ),
            ("DTSTART:20260310T090000\nDTEND:20260310T100000", "03-10 08:00 03-10 09:00 BusyAppointmentInstance"),
            ("DTSTART;VALUE=DATE:20260310", "03-09 23:00 03-10 23:00 BusyEventInstance"),
            ("DTSTART;VALUE=DATE:20260310\nDTEND;VALUE=DATE:20260312", "03-09 23:00 03-11 23:00 BusyEventInstance"),
            ("DTSTART;VALUE=DATE:20260329", "03-28 23:00 03-29 22:00 BusyEventInstance"),
        ],
        ids=["utc", "duration", "zones", "windows-zone", "floating", "a-day", "two-days", "a-day-of-23-hours"],
    )
    def test_are_instants(self, event: str, expected: str) -> None:
        assert told(file(event)) == [expected]

    def test_floating_ones_are_the_organisations(self) -> None:
        event = "DTSTART:20260310T090000\nDTEND:20260310T100000"
        assert told(file(event), zone=ZoneInfo("Asia/Kathmandu")) == ["03-10 03:15 03-10 04:15 BusyAppointmentInstance"]

    def test_a_zone_may_come_with_the_file(self) -> None:
        zone = (
            "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0130\n"
            "TZOFFSETTO:+0130\nEND:STANDARD\nEND:VTIMEZONE"
        )
        event = "DTSTART;TZID=Ours:20260310T090000\nDURATION:PT1H"
        assert told(file(event, head=[zone])) == ["03-10 07:30 03-10 08:30 BusyAppointmentInstance"]

    def test_that_only_touch_the_window_are_left_out(self) -> None:
        around = Interval(datetime(2026, 3, 10, 10, tzinfo=UTC), datetime(2026, 3, 10, 12, tzinfo=UTC))
        before, after = ONE_HOUR, "DTSTART:20260310T120000Z\nDURATION:PT1H"
        across = "DTSTART:20260310T093000Z\nDURATION:PT1H"
        assert told(file(before, across, after), around) == ["03-10 09:30 03-10 10:30 BusyAppointmentInstance"]


class TestWhatCounts:
    @pytest.mark.parametrize(
        "line",
        [
            *("TRANSP:TRANSPARENT", "STATUS:CANCELLED", "status:cancelled", "DTEND:20260310T090000Z"),
            "DURATION:PT0S",
        ],
    )
    def test_nothing_is_busy(self, line: str) -> None:
        event = ONE_HOUR if ":" in line and not line.startswith("D") else "DTSTART:20260310T090000Z"
        assert told(file(f"{event}\n{line}")) == []

    def test_tentative_is_busy(self) -> None:
        assert len(told(file(f"{ONE_HOUR}\nSTATUS:TENTATIVE"))) == 1

    def test_working_elsewhere_takes_no_time(self) -> None:
        event = f"{ONE_HOUR}\nTRANSP:TRANSPARENT\nX-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE"
        assert told(file(event)) == ["03-10 09:00 03-10 10:00 WorkingFromElsewhere"]

    def test_tasks_and_journals_do_not(self) -> None:
        todo = "BEGIN:VTODO\nUID:t\nDTSTART:20260310T090000Z\nDUE:20260310T100000Z\nEND:VTODO"
        assert told(file(head=[todo])) == []

    def test_several_calendars_in_one_file_are_one(self) -> None:
        other = file(ONE_HOUR).replace(b"UID:0", b"UID:other").replace(b"T09", b"T07").replace(b"T10", b"T08")
        assert len(told(file(ONE_HOUR) + other)) == 2


WEEKLY = "DTSTART;TZID=Europe/Copenhagen:20260302T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;UNTIL=20260410T000000Z"


class TestRecurring:
    def test_keep_their_local_time_over_a_change_of_clocks(self) -> None:
        starts = [each.interval.start.strftime("%m-%d %H") for each in read(file(WEEKLY))]
        assert starts == ["03-02 08", "03-09 08", "03-16 08", "03-23 08", "03-30 07", "04-06 07"]

    def test_have_exceptions_moved_and_cancelled_occurrences(self) -> None:
        moved = (
            "RECURRENCE-ID;TZID=Europe/Copenhagen:20260323T090000\n"
            "DTSTART;TZID=Europe/Copenhagen:20260324T150000\nDURATION:PT2H"
        )
        cancelled = (
            "RECURRENCE-ID;TZID=Europe/Copenhagen:20260330T090000\n"
            "DTSTART;TZID=Europe/Copenhagen:20260330T090000\nDURATION:PT1H\nSTATUS:CANCELLED"
        )
        ics = file(f"{WEEKLY}\nEXDATE;TZID=Europe/Copenhagen:20260309T090000", moved, cancelled)
        ics = ics.replace(b"UID:1", b"UID:0").replace(b"UID:2", b"UID:0")
        assert told(ics) == [
            "03-02 08:00 03-02 09:00 BusyAppointmentOccurence",
            "03-16 08:00 03-16 09:00 BusyAppointmentOccurence",
            "03-24 14:00 03-24 16:00 BusyAppointmentOccurence",
            "04-06 07:00 04-06 08:00 BusyAppointmentOccurence",
        ]

    def test_may_have_begun_long_ago_and_never_end(self) -> None:
        birthday = "DTSTART;VALUE=DATE:19610412\nRRULE:FREQ=YEARLY"
        assert told(file(birthday)) == ["04-11 22:00 04-12 22:00 BusyEventOccurence"]

    def test_in_an_hour_that_does_not_exist_are_read_by_the_offset_before(self) -> None:
        daily = "DTSTART;TZID=Europe/Copenhagen:20260328T023000\nDURATION:PT15M\nRRULE:FREQ=DAILY;COUNT=3"
        assert [each.interval.start.strftime("%d %H:%M") for each in read(file(daily))] == [
            *("28 01:30", "29 01:30", "30 00:30")
        ]


class TestIds:
    def test_are_those_of_the_same_time_of_the_same_event(self) -> None:
        first, again = read(file(WEEKLY)), read(file(WEEKLY))
        assert [each.id for each in first] == [each.id for each in again]
        assert len({each.id for each in first}) == len(first)

    def test_are_others_in_another_calendar(self) -> None:
        other = read_calendar(file(ONE_HOUR), ReadingTask(UUID(int=1), SPRING, COPENHAGEN)).busy_times
        assert other[0].id != read(file(ONE_HOUR))[0].id


class TestTheEssence:
    def test_says_nothing_of_what_people_and_places(self) -> None:
        private = (
            "SUMMARY:Divorce lawyer\nDESCRIPTION:s3cret\nLOCATION:Elsewhere\nATTENDEE:mailto:a@example.com\n"
            "ORGANIZER:mailto:b@example.com\nX-APPLE-TRAVEL:s3cret\n"
            "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT5M\nDESCRIPTION:s3cret\nEND:VALARM"
        )
        kept = content(file(f"{ONE_HOUR}\n{private}", head=["X-WR-CALNAME:Freja's", "NAME:Freja's"]))
        assert not [word for word in ("lawyer", "s3cret", "Elsewhere", "example.com", "Freja") if word in kept]
        assert read(kept.encode()) == read(file(ONE_HOUR))

    def test_is_the_essence_of_itself(self) -> None:
        kept = content(file(WEEKLY))
        assert content(kept.encode()) == kept


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        "ics",
        [
            *(b"", b"no calendar", b"\x00\xff\xfe", b"BEGIN:VCALENDAR", b"BEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\n"),
            file(ONE_HOUR).replace(b"END:VEVENT\r\n", b""),
            b"<html><body>Please log in</body></html>",
            b"BEGIN:VCALENDAR\r\n" * 5000,
        ],
    )
    def test_no_calendar(self, ics: bytes) -> None:
        with pytest.raises(UnusableCalendar):
            read(ics)

    @pytest.mark.parametrize(
        ("event", "why"),
        [
            ("DTSTART:yesterday\nDURATION:PT1H", "DTSTART"),
            ("SUMMARY:never", "DTSTART"),
            ("DTSTART;TZID=Nowhere/Land:20260310T090000\nDURATION:PT1H", "Nowhere/Land"),
            (f"{ONE_HOUR}\nRRULE:FREQ=SECONDLY", "SECONDLY"),
            (f"{ONE_HOUR}\nRRULE:FREQ=MINUTELY;INTERVAL=5", "MINUTELY"),
            (f"{ONE_HOUR}\nRRULE:FREQ=SOMETIMES", "RRULE"),
            (f"{ONE_HOUR}\nRRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5", "times a day"),
        ],
    )
    def test_an_event_that_cannot_be_computed_with(self, event: str, why: str) -> None:
        with pytest.raises(UnusableCalendar, match=why):
            read(file(event))

    def test_not_what_began_long_ago(self) -> None:
        ancient = ["DTSTART:19000101T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY"] * 100
        assert len(read(file(*ancient))) == 6100

    def test_more_busy_times_than_are_stored(self) -> None:
        often = ["DTSTART:20260301T000000Z\nDURATION:PT1M\nRRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7,8,9,10,11,12"] * 30
        window = Interval(SPRING.start, SPRING.start + timedelta(days=MOST_TIME_SLOTS // 300))
        with pytest.raises(UnusableCalendar, match="more than"):
            read(file(*often), window)
