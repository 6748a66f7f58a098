"""Program that reads one calendar file in a process of its own: `python -m integrations.calendars.process`.

The program takes a line of JSON (`calendarId`, `start`, `end`, `zone`, `owner`) and then the file from its standard
input. The program writes one JSON object to its standard output: `{"content", "busyTimes"}`, or `{"refused"}` with the
cause. A busy time is a list of id, start, end and status; start and end are Unix timestamps in seconds. The system
limits the program's processor time and memory. The program imports only the reading code, so that it starts quickly.
"""

import json
import sys
from datetime import datetime
from typing import Any, BinaryIO, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.calendar_reading.reading import ReadCalendar, ReadingTask, read_calendar
from domain.calendar_reading.refusal import UnusableCalendar
from domain.time_slots import Interval
from integrations.processes.limits import limit_process

MOST_CPU_SECONDS: Final = 10
MOST_MEMORY: Final = 256 * 1024 * 1024
"""Bytes of address space."""

NICENESS: Final = 10
"""Requests and bookings on the same machine get processor time before readings."""


def main() -> None:
    """Read the file from standard input within the limits, and write the result to standard output."""
    limit_process(cpu_seconds=MOST_CPU_SECONDS, memory=MOST_MEMORY, niceness=NICENESS)
    try:
        outcome = _read(sys.stdin.buffer)
    except UnusableCalendar as error:
        outcome = {"refused": str(error)}
    except (MemoryError, RecursionError):
        outcome = {"refused": f"it takes more than {MOST_MEMORY // 2**20} MiB of memory to read"}
    json.dump(outcome, sys.stdout)


def _read(stream: BinaryIO) -> dict[str, Any]:
    head = json.loads(stream.readline())
    window = Interval(datetime.fromisoformat(head["start"]), datetime.fromisoformat(head["end"]))
    task = ReadingTask(UUID(head["calendarId"]), window, ZoneInfo(head["zone"]), head["owner"])
    return _written(read_calendar(stream.read(), task))


def _written(calendar: ReadCalendar) -> dict[str, Any]:
    times = [
        (str(each.id), each.interval.start.timestamp(), each.interval.end.timestamp(), each.status)
        for each in calendar.busy_times
    ]
    return {"content": calendar.content, "busyTimes": times}


if __name__ == "__main__":
    main()
