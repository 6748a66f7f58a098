"""Times and time zones in the calendar file: local times, rules of zones, and the nights in which clocks change."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Timezone

from domain.calendar.file import CalendarMeeting
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


def span(meeting: CalendarMeeting) -> tuple[datetime, datetime]:
    """In UTC, because Python holds a time within a repeated hour unequal to the same moment in another zone."""
    event = event_of(meeting)
    return event.start.astimezone(UTC), event.end.astimezone(UTC)


def at(zone: ZoneInfo, *clock: int, fold: int = 0) -> CalendarMeeting:
    start = datetime(*clock, tzinfo=zone, fold=fold).astimezone(UTC)  # type: ignore[arg-type,misc]
    return replace(MEETING, start=start, end=start + HOUR, time_zone=zone)


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


def observed(meeting: CalendarMeeting) -> list[str]:
    """Each observance as its kind, onset, offsets from and to, name and rule."""
    blocks = re.findall(r"BEGIN:(STANDARD|DAYLIGHT)\n(.*?)END:", readable(written(meeting)), re.DOTALL)
    names = ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME", "RRULE")
    values = [(kind, dict(line.split(":", 1) for line in lines.splitlines())) for kind, lines in blocks]
    return [" ".join([kind, *(value[name] for name in names if name in value)]) for kind, value in values]


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
