"""Random files are read as an independent reader reads them."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from domain.calendar_reading.reading import ReadingTask, read_calendar
from domain.time_slots import Interval
from tests.unit.calendars.independent_calendar_reader import Found, IndependentReader
from tests.unit.calendars.random_calendars import random_calendar

FILES: Final = 2_400
AT_A_TIME: Final = 200
ZONE: Final = ZoneInfo("Europe/Copenhagen")
WINDOW: Final = Interval(datetime(2026, 2, 20, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC))


def read(text: str) -> Found:
    found = read_calendar(text.encode(), ReadingTask(UUID(int=1), WINDOW, ZONE)).busy_times
    return {(each.interval.start, each.interval.end, str(each.status)) for each in found}


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(each, marks=pytest.mark.ci) for each in range(AT_A_TIME, FILES, AT_A_TIME))]
)
def test_two_readers_agree(first: int) -> None:
    for seed in range(first, first + AT_A_TIME):
        calendar = random_calendar(seed)
        expected = IndependentReader(calendar.zones, ZONE, WINDOW).read(calendar.text)
        found = read(calendar.text)
        assert found == expected, f"seed {seed}:\n{calendar.text}"
