"""Times and durations as operators read them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from admin.words import Words, duration, utc
from cli.admin_options import moment, period

FREJA = UUID("3d86d6cf-713c-5c73-ab68-af7e04eb4bee")
TEN = datetime(2026, 11, 30, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lasts", "expected"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=4, seconds=10), "4 min 10 s"),
        (timedelta(hours=3, seconds=5), "3 h 5 s"),
        (timedelta(days=2, hours=3, minutes=4), "2 d 3 h"),
        (-timedelta(seconds=90), "1 min 30 s"),
    ],
)
def test_a_duration(lasts: timedelta, expected: str) -> None:
    assert duration(lasts) == expected


def test_a_time_slot_is_in_the_organisations_zone() -> None:
    words = Words(ZoneInfo("Europe/Copenhagen"), {FREJA: "Freja Lindqvist"})
    assert words.slot(TEN, FREJA) == words.slot(TEN, str(FREJA)) == "Mon 2026-11-30 10:00 CET with Freja Lindqvist"
    assert words.employee(UUID(int=1)) == "employee 00000000-0000-0000-0000-000000000001"
    assert (words.employee(None), utc(TEN)) == ("nobody", "2026-11-30 09:00:00Z")


def test_what_options_take() -> None:
    assert moment("2026-11-30 10:00") == datetime(2026, 11, 30, 10)  # noqa: DTZ001 - of the organisation's zone
    assert period("P7D") == timedelta(days=7)
    assert period("2026-11-30T09:00Z") == TEN
