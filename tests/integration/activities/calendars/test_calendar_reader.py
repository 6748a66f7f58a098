"""Calendar files are read in processes of their own, which are limited and end with their reading."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import psutil
import pytest

from domain.calendar_reading.reading import ReadingTask, read_calendar
from domain.calendar_reading.refusal import UnusableCalendar
from domain.time_slots import Interval
from integrations.calendars.reader import CalendarReader

pytestmark = pytest.mark.ci

START: Final = datetime(2026, 11, 27, tzinfo=UTC)
TASK: Final = ReadingTask(
    UUID(int=1), Interval(START, START + timedelta(days=365)), ZoneInfo("Europe/Copenhagen"), "freja@example.com"
)
CONTESTED: Final = Path(__file__).parents[3] / "unit" / "calendars" / "calendar_files" / "contested"


def endless(series: int) -> bytes:
    """Series that are counted one by one for thousands of years, each some seconds' work."""
    event = (
        "BEGIN:VEVENT\r\nUID:{}\r\nDTSTART:00010101T000000Z\r\nDURATION:PT1H\r\n"
        "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5\r\nEND:VEVENT\r\n"
    )
    return f"BEGIN:VCALENDAR\r\n{''.join(map(event.format, range(series)))}END:VCALENDAR\r\n".encode()


def children() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "integrations.calendars.process" in each.cmdline()]


async def wait_until_one_runs() -> None:
    async with asyncio.timeout(10):
        while not children():  # noqa: ASYNC110 - the process itself tells nobody
            await asyncio.sleep(0.01)


async def test_gives_what_the_reading_gives() -> None:
    for name in ("victim-romance.ics", "xwr-dst.ics", "200-ended-series.ics"):
        file = (CONTESTED / name).read_bytes()
        assert await CalendarReader().read(file, TASK) == read_calendar(file, TASK)


async def test_gives_the_same_as_one_process_for_all_files() -> None:
    for name, answer in json.loads((CONTESTED / "answers.json").read_text()).items():
        file = (CONTESTED / name).read_bytes()
        if isinstance(answer, str):
            with pytest.raises(UnusableCalendar, match=answer):
                await CalendarReader().read(file, TASK)
        else:
            assert await CalendarReader().read(file, TASK) == read_calendar(file, TASK)


async def test_is_ended_after_its_time() -> None:
    began = time.monotonic()
    with pytest.raises(UnusableCalendar, match="more than 1 s"):
        await CalendarReader(most_seconds=1).read(endless(200), TASK)
    assert time.monotonic() - began < 5
    assert not children()


@pytest.mark.ci
async def test_is_ended_after_its_processor_time() -> None:
    with pytest.raises(UnusableCalendar, match="processor time"):
        await CalendarReader(most_seconds=60).read(endless(200), TASK)
    assert not children()


async def test_is_refused_when_it_takes_too_much_memory() -> None:
    line = b"DTSTART:20261207T100000Z\r\n"
    file = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + line * 2_000_000 + b"END:VEVENT\r\nEND:VCALENDAR\r\n"
    with pytest.raises(UnusableCalendar, match="MiB of memory"):
        await CalendarReader().read(file, TASK)


async def test_ends_with_who_asked_for_it() -> None:
    reading = asyncio.create_task(CalendarReader().read(endless(200), TASK))
    await wait_until_one_runs()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert not children()


async def test_leaves_the_event_loop_free() -> None:
    reading = asyncio.create_task(CalendarReader(most_seconds=2).read(endless(200), TASK))
    longest = 0.0
    while not reading.done():
        began = time.monotonic()
        await asyncio.sleep(0.01)
        longest = max(longest, time.monotonic() - began)
    with pytest.raises(UnusableCalendar):
        await reading
    assert longest < 0.5


async def test_lets_no_client_have_all_places() -> None:
    reader = CalendarReader(at_once=2, most_seconds=30)
    hostile = [asyncio.create_task(reader.read(endless(200), TASK, "hostile")) for _ in range(5)]
    await wait_until_one_runs()
    began = time.monotonic()
    file = (CONTESTED / "xwr-dst.ics").read_bytes()
    assert await reader.read(file, TASK, "another") == read_calendar(file, TASK)
    assert time.monotonic() - began < 8
    assert len(children()) == 1
    for each in hostile:
        each.cancel()
    await asyncio.wait(hostile)
    assert not children()


async def test_runs_few_at_a_time() -> None:
    reader = CalendarReader(at_once=2, most_seconds=1)
    readings = [asyncio.create_task(reader.read(endless(200), TASK)) for _ in range(4)]
    most = 0
    while not all(each.done() for each in readings):
        most = max(most, len(children()))
        await asyncio.sleep(0.05)
    await asyncio.gather(*readings, return_exceptions=True)
    assert most == 2
