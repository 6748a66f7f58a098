"""Writes the file of a calendar feed in a process of its own, and computes the version of the file."""

import asyncio
import hashlib
import importlib.metadata
import inspect
import logging
import pickle
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from api.http.errors import Unavailable
from domain.calendar import event as calendar_event
from domain.calendar import file as calendar_file
from domain.calendar import zone as calendar_zone
from domain.calendar.file import CalendarMeeting
from integrations.processes.child_process import run_module
from storage.configuration.lookups import get_organisation
from storage.database import Database
from storage.meetings import calendar_meetings
from storage.notifications.feeds import AT_A_TIME, FeedContent, digest_of_rows, read_meetings
from storage.tables.booking import MeetingRow
from storage.tables.notifications import FeedRow

log = logging.getLogger(__name__)

PROGRAM: Final = "api.feeds.process"
DIGEST_BYTES: Final = 32

MOST_SECONDS: Final = 120.0
"""Seconds of wall-clock time that the writing of one file may take."""

MOST_TEXT: Final = 8 * 1024 * 1024
"""Limit in characters of titles, descriptions and links in one feed. Meetings beyond the limit are left out."""

WRITTEN_BY: Final = (calendar_event, calendar_file, calendar_zone, calendar_meetings)
ZONE_YEARS: Final = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC))


class FeedFile(NamedTuple):
    """A written feed: its version, the SHA-256 of its content, and the content."""

    version: bytes
    digest: bytes
    content: bytes


async def version_of(session: AsyncSession, feed: FeedRow) -> bytes:
    """Return a digest of everything that determines the feed's file: rows, program and time zone rules.

    The same version means the same file. The function only reads.
    """
    organisation = await get_organisation(session)
    rows = await digest_of_rows(session, feed.employee_id)
    parts = (rows, _program(), _zone(organisation.time_zone), feed.content.encode(), feed.name.encode())
    return hashlib.sha256(b"\0".join(parts)).digest()


async def write(database: Database, feed: FeedRow) -> FeedFile:
    """Write the feed as it is now.

    Raises:
        Unavailable: the writing fails, or takes too much time or memory.

    """
    async with database.snapshot() as session:
        version = await version_of(session, feed)
        task = await _process_input(session, feed)
    answer = await _run(task)
    return FeedFile(version, answer[:DIGEST_BYTES], answer[DIGEST_BYTES:])


async def _process_input(session: AsyncSession, feed: FeedRow) -> bytes:
    """Return the input of the process that writes the feed: a pickled header, then pickled groups of meetings.

    The event loop is free after each group.
    """
    rows = await _rows(session, feed)
    shown = await calendar_meetings.calendar_meetings(session, rows, await get_organisation(session))
    pieces = [pickle.dumps({"name": feed.name, "free_busy_only": feed.content == FeedContent.FREE_BUSY})]
    for some in _some_at_a_time(_within_limit(shown)):
        pieces.append(pickle.dumps(some))
        await asyncio.sleep(0)
    return b"".join(pieces)


async def _run(task: bytes) -> bytes:
    try:
        ended = await run_module(PROGRAM, task, MOST_SECONDS)
    except TimeoutError as error:
        raise Unavailable("The calendar takes too long to write.") from error
    if ended.code:
        log.error("feed could not be written", extra={"code": ended.code, "error": ended.errors})
        raise Unavailable("The calendar cannot be written.")
    return ended.answer


async def _rows(session: AsyncSession, feed: FeedRow) -> Sequence[MeetingRow]:
    rows: list[MeetingRow] = []
    left = MOST_TEXT
    async for some in read_meetings(session, feed.employee_id):
        rows += some
        left -= sum(map(_text, some))
        if left < 0:
            break
    return rows


def _within_limit(meetings: Iterable[CalendarMeeting]) -> Iterator[CalendarMeeting]:
    left = MOST_TEXT
    for meeting in meetings:
        left -= _text(meeting)
        if left < 0:
            return
        yield meeting


def _text(meeting: MeetingRow | CalendarMeeting) -> int:
    return sum(len(text or "") for text in (meeting.title, meeting.description, meeting.video_link))


def _some_at_a_time(meetings: Iterator[CalendarMeeting]) -> Iterator[list[CalendarMeeting]]:
    while some := list(islice(meetings, AT_A_TIME)):
        yield some


@cache
def _program() -> bytes:
    """Return a digest of the code that writes feeds."""
    sources = "".join(map(inspect.getsource, WRITTEN_BY)) + importlib.metadata.version("icalendar")
    return hashlib.sha256(sources.encode()).digest()


@cache
def _zone(name: str) -> bytes:
    """Return a digest of the rules of a time zone. An update of the system can change the rules."""
    return hashlib.sha256(calendar_zone.time_zone(ZoneInfo(name), *ZONE_YEARS).to_ical()).digest()
