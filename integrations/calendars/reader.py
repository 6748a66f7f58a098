"""Read calendar files in short-lived processes, so that no file stops a request, a booking or another calendar."""

import asyncio
import json
import logging
import signal
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID
from weakref import WeakValueDictionary

from domain.calendar_reading.reading import ImportedTime, ReadCalendar, ReadingTask
from domain.calendar_reading.refusal import UnusableCalendar
from domain.time_slots import Interval, TimeSlotStatus
from integrations.calendars.process import MOST_CPU_SECONDS
from integrations.processes.child_process import run_module

log = logging.getLogger(__name__)

MOST_SECONDS: Final = 20.0
"""Maximum wall-clock time of one reading, in seconds, after its process has started."""

AT_ONCE: Final = 2
"""Maximum number of concurrent readings of one process of the API or of the workers."""

AT_ONCE_FOR_A_CLIENT: Final = 1
"""Maximum number of concurrent readings of one client. The other places stay free for other clients."""

PROGRAM: Final = "integrations.calendars.process"


class CalendarReader:
    """Starts the reading processes, at most `at_once` at a time, and kills a process after `most_seconds`."""

    def __init__(self, at_once: int = AT_ONCE, most_seconds: float = MOST_SECONDS) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._shares: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._most_seconds = most_seconds

    async def read(self, file: bytes, task: ReadingTask, client: str | None = None) -> ReadCalendar:
        """Read the file in a process of its own, which ends no later than this call.

        The call waits for the client's share first, and only then for a place. So a client that waits for its own
        readings takes no place from other clients.

        Raises:
            UnusableCalendar: the file cannot be understood, or takes too much time or memory.

        """
        async with self._share_of(client), self._places:
            answer = await self._run(_head(task) + file)
        return await asyncio.to_thread(_outcome, answer)

    def _share_of(self, client: str | None) -> asyncio.Semaphore | nullcontext[None]:
        if client is None:
            return nullcontext()
        return self._shares.setdefault(client, asyncio.Semaphore(AT_ONCE_FOR_A_CLIENT))

    async def _run(self, asked: bytes) -> bytes:
        try:
            ended = await run_module(PROGRAM, asked, self._most_seconds)
        except TimeoutError as error:
            raise UnusableCalendar(f"it takes more than {self._most_seconds:.0f} s to read") from error
        if ended.code:
            raise UnusableCalendar(_cause(ended.code, ended.errors))
        return ended.answer


def _cause(code: int, errors: str) -> str:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"it takes more than {MOST_CPU_SECONDS} s of processor time, or too much memory, to read"
    log.error("calendar could not be read", extra={"code": code, "error": errors})
    return "it could not be read, by a fault of ours that is logged"


def _head(task: ReadingTask) -> bytes:
    window = {"start": task.window.start.isoformat(), "end": task.window.end.isoformat()}
    head = window | {"calendarId": str(task.calendar_id), "zone": task.zone.key, "owner": task.owner}
    return json.dumps(head).encode() + b"\n"


def _outcome(answer: bytes) -> ReadCalendar:
    outcome: dict[str, Any] = json.loads(answer)
    if "refused" in outcome:
        raise UnusableCalendar(outcome["refused"])
    return ReadCalendar(outcome["content"], [_imported(*each) for each in outcome["busyTimes"]])


def _imported(identity: str, start: float, end: float, status: str) -> ImportedTime:
    interval = Interval(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))
    return ImportedTime(UUID(identity), interval, TimeSlotStatus(status))
