"""When a meeting is reminded of: whole days by the calendar, the rest by the clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.meetings import reminder_times

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "start", "before", "expected"),
    [
        ("Europe/Copenhagen", "2026-06-15T09:00", DAY, "2026-06-14T09:00+02:00"),
        ("Europe/Copenhagen", "2026-03-29T09:00", DAY, "2026-03-28T09:00+01:00"),
        ("Europe/Copenhagen", "2026-10-25T09:00", DAY, "2026-10-24T09:00+02:00"),
        ("Europe/Copenhagen", "2026-10-25T09:00", DAY + HOUR, "2026-10-24T08:00+02:00"),
        ("Europe/Copenhagen", "2026-10-25T03:30", 2 * HOUR, "2026-10-25T02:30+02:00"),
        ("Australia/Lord_Howe", "2026-10-04T09:00", DAY, "2026-10-03T09:00+10:30"),
        ("America/New_York", "2026-03-08T09:00", 7 * DAY, "2026-03-01T09:00-05:00"),
        ("Asia/Kathmandu", "2026-03-08T00:15", HOUR, "2026-03-07T23:15+05:45"),
    ],
)
def test_a_reminder(zone: str, start: str, before: timedelta, expected: str) -> None:
    moment = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert reminder_times(moment, [before], ZoneInfo(zone)) == [(datetime.fromisoformat(expected), before)]


def test_they_come_in_order_and_each_once() -> None:
    start = datetime(2026, 6, 15, 9, tzinfo=UTC)
    times = reminder_times(start, [HOUR, DAY, HOUR], ZoneInfo("UTC"))
    assert times == [(start - DAY, DAY), (start - HOUR, HOUR)]
