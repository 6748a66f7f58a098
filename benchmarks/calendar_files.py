"""Measure the time and memory of reading large calendar files: `python -m benchmarks.calendar_files`.

Each file is read in a separate process, as in the product. The output has the elapsed seconds and the largest resident
memory of a reading process so far.
"""

import asyncio
import resource
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.calendar_reading.reading import ReadingTask
from domain.time_slots import Interval
from integrations.calendars.reader import CalendarReader

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
TASK: Final = ReadingTask(UUID(int=1), Interval(START, START + timedelta(days=400)), ZoneInfo("Europe/Copenhagen"))
HOUR: Final = timedelta(hours=1)


def single_events(number: int, start: datetime, description: str = "") -> bytes:
    """Return a file with events of one hour, one each quarter of an hour from the start on, as Outlook writes them."""
    return _file(
        f"UID:event-{each}\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Meeting\r\n{description}"
        f"DTSTART;TZID=Europe/Copenhagen:{start + each * HOUR / 4:%Y%m%dT%H%M%S}\r\n"
        f"DTEND;TZID=Europe/Copenhagen:{start + each * HOUR / 4 + HOUR:%Y%m%dT%H%M%S}\r\n"
        "STATUS:CONFIRMED\r\nTRANSP:OPAQUE\r\n"
        for each in range(number)
    )


def series(number: int, end: str, start: datetime) -> bytes:
    """Return a file with weekly series of one hour, each with one exception, starting a quarter of an hour apart."""
    return _file(
        f"UID:series-{each}\r\nDURATION:PT1H\r\n"
        f"DTSTART;TZID=Europe/Copenhagen:{start + each * HOUR / 4:%Y%m%dT%H%M%S}\r\n"
        f"RRULE:FREQ=WEEKLY{end}\r\n"
        f"EXDATE;TZID=Europe/Copenhagen:{start + each * HOUR / 4 + timedelta(weeks=2):%Y%m%dT%H%M%S}\r\n"
        for each in range(number)
    )


def _file(events: Iterator[str]) -> bytes:
    inner = "".join(f"BEGIN:VEVENT\r\n{each}END:VEVENT\r\n" for each in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:benchmark\r\n{inner}END:VCALENDAR\r\n".encode()


FILES: Final = {
    "1 event": single_events(1, START),
    "20,000 events ahead": single_events(20_000, START),
    "20,000 events, long past": single_events(20_000, START - timedelta(days=3650)),
    "2,000 series of 10 ahead": series(2_000, ";COUNT=11", START),
    "2,000 series that ended": series(2_000, ";UNTIL=20171231T000000Z", START - timedelta(days=5000)),
    "2,000 endless series since 2012 (refused)": series(2_000, "", START - timedelta(days=5000)),
    "5 MB, 2,000 events with descriptions": single_events(2_000, START, f"DESCRIPTION:{'x' * 2_400}\r\n"),
}


async def main() -> None:
    """Read every file three times, and print the shortest time."""
    print(f"{'file':45} {'MB':>5} {'seconds':>8} {'MiB':>5}  outcome")
    for name, file in FILES.items():
        seconds, outcome = min([await _measured(file) for _ in range(3)])
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        print(f"{name:45} {len(file) / 1e6:5.1f} {seconds:8.2f} {most:5}  {outcome}")


async def _measured(file: bytes) -> tuple[float, str]:
    began = time.perf_counter()
    try:
        outcome = f"{len((await CalendarReader().read(file, TASK)).busy_times)} busy times"
    except ValueError as error:
        outcome = str(error)
    return time.perf_counter() - began, outcome


if __name__ == "__main__":
    asyncio.run(main())
