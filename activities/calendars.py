"""Reads external calendars of employees and rooms, and stores the busy times of each as time slots."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.signatures import CalendarSteps
from domain.calendar_reading.reading import ImportedTime, ReadCalendar, ReadingTask
from domain.calendar_reading.refusal import UnusableCalendar
from domain.configuration import Organisation
from domain.errors import NotFound
from domain.messages.booking import CalendarRefreshed, CalendarsListed, CalendarsWanted, RefreshCalendar
from integrations.calendars.feeds import Feeds, FeedUnavailable
from integrations.calendars.reader import CalendarReader
from services.calendars.window import mark_busy_if_address_changed, mark_unread_time_busy, window_of
from storage import locks
from storage.availability.organisation_data import organisation, read_organisation
from storage.bookings.time_slots import database_time
from storage.configuration import calendars
from storage.configuration.lookups import NAMES, get, keep_organisation
from storage.database import Database
from storage.tables.availability import CalendarRow
from storage.tables.organisation import EmployeeRow, RoomRow

MAX_FAILURE_LENGTH: Final = 500
"""Maximum number of characters of a failure that are stored."""


CHECK_INTERVAL: Final = 1.0
"""Seconds between two checks that a reading is still wanted."""


@dataclass(frozen=True, slots=True)
class Requester:
    """Client whose request waits for the reading of a calendar. `check_waiting` raises if the client waits no more."""

    client_id: str
    check_waiting: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Reading:
    """Reading of a calendar: calendar and settings at its begin, its task, and the requesting client, if any."""

    calendar: CalendarRow
    task: ReadingTask
    organisation: Organisation
    requester: Requester | None


class Calendars:
    """Reads calendars and stores their busy times. A calendar that cannot be read keeps what was last read."""

    def __init__(self, database: Database, feeds: Feeds, reader: CalendarReader | None = None) -> None:
        self._database = database
        self._feeds = feeds
        self._reader = reader or CalendarReader()

    async def refresh(self, calendar_id: UUID, requester: Requester | None = None) -> CalendarRow:
        """Read the calendar again if it is a feed, and expand its recurring events anew.

        A failure is stored with the calendar. Busy times then come from the content that was last read.

        Raises:
            NotFound: the calendar does not exist, or was deleted meanwhile.

        """
        reading = await self._begin(calendar_id, requester)
        url = reading.calendar.url
        try:
            if url is None:
                return await self._store(reading, await self._expand_known(reading))
            latest = await self._read(reading, await self._feeds.read(url))
            return await self._store(reading, latest.busy_times, latest.content)
        except (FeedUnavailable, UnusableCalendar) as error:
            with contextlib.suppress(UnusableCalendar):
                # The window moves with time, so recurring events need a new expansion even if the feed cannot be read.
                await self._store(reading, await self._expand_known(reading))
            return await self._store_failure(reading, failure=str(error))

    async def import_file(self, calendar_id: UUID, file: bytes, requester: Requester | None = None) -> CalendarRow:
        """Store the busy times of a file, in place of those that were known of the calendar.

        Raises:
            NotFound: the calendar does not exist.
            UnusableCalendar: the file cannot be read, or the calendar is a feed; nothing has changed.

        """
        reading = await self._begin(calendar_id, requester)
        if reading.calendar.url is not None:
            raise UnusableCalendar("the calendar is a feed, which is read where its url is; remove that first")
        latest = await self._read(reading, file)
        return await self._store(reading, latest.busy_times, latest.content)

    async def _begin(self, calendar_id: UUID, requester: Requester | None = None) -> Reading:
        async with self._database.transaction() as session:
            calendar = await get(session, CalendarRow, calendar_id)
            owner = await _owner_of(session, calendar)
            settings = await read_organisation(session)
            now = await database_time(session)
        task = ReadingTask(calendar.id, window_of(settings, now), settings.time_zone, owner.email if owner else None)
        return Reading(calendar, task, settings, requester)

    async def _expand_known(self, reading: Reading) -> list[ImportedTime]:
        known = reading.calendar.content
        return [] if known is None else (await self._read(reading, known.encode())).busy_times

    async def _read(self, reading: Reading, file: bytes) -> ReadCalendar:
        """Read the file. Stop if the calendar is deleted or the client waits no more.

        Raises:
            NotFound: the calendar was deleted.
            UnusableCalendar: the file cannot be read.

        """
        client = reading.requester.client_id if reading.requester else None
        running = asyncio.ensure_future(self._reader.read(file, reading.task, client))
        try:
            while not (await asyncio.wait({running}, timeout=CHECK_INTERVAL))[0]:
                await self._check_wanted(reading)
            return running.result()
        finally:
            running.cancel()
            await asyncio.wait({running})

    async def _check_wanted(self, reading: Reading) -> None:
        async with self._database.transaction() as session:
            await get(session, CalendarRow, reading.calendar.id)
        if reading.requester is not None:
            await reading.requester.check_waiting()

    async def _store(
        self, reading: Reading, found: Sequence[ImportedTime], newly_read: str | None = None
    ) -> CalendarRow:
        """Make these the busy times of the calendar, unless the calendar got another URL since the reading began.

        `newly_read` is the content of a file that was read now, or None for a new expansion of known content. A new
        expansion is discarded if other content was stored since the reading began.
        """
        async with self._database.transaction() as session:
            calendar = await _locked(session, reading.calendar)
            if calendar.url != reading.calendar.url:
                return calendar
            if newly_read is not None or calendar.imported_at == reading.calendar.imported_at:
                await calendars.replace_busy_times(session, calendar, found)
                calendar.failed_at = calendar.failure = None
            if newly_read is not None:
                calendar.content, calendar.imported_at = newly_read, await database_time(session)
            await _block_if_outdated(session, reading)
        return calendar

    async def _store_failure(self, reading: Reading, failure: str) -> CalendarRow:
        async with self._database.transaction() as session:
            calendar = await _locked(session, reading.calendar)
            if calendar.url == reading.calendar.url:
                calendar.failed_at, calendar.failure = await database_time(session), failure[:MAX_FAILURE_LENGTH]
        return calendar


async def _block_if_outdated(session: AsyncSession, reading: Reading) -> None:
    """Make time busy that this reading has not expanded, if settings or owner's address changed during the reading."""
    settings = organisation(await keep_organisation(session))
    await mark_unread_time_busy(session, reading.organisation, settings, reading.calendar.id)
    owner = await _owner_of(session, reading.calendar, lock=True)
    await mark_busy_if_address_changed(
        session, reading.task.owner, owner.email if owner else None, id=reading.calendar.id
    )


async def _owner_of(
    session: AsyncSession, calendar: CalendarRow, *, lock: bool = False
) -> EmployeeRow | RoomRow | None:
    """Read the owner. With `lock`, read the current row and share-lock it until the transaction ends."""
    table, identity = (RoomRow, calendar.room_id) if calendar.room_id else (EmployeeRow, calendar.employee_id)
    found: EmployeeRow | RoomRow | None = await session.get(
        table, identity, with_for_update={"read": True} if lock else None, populate_existing=lock
    )
    return found


async def _locked(session: AsyncSession, calendar: CalendarRow) -> CalendarRow:
    """Lock the calendar and return its current row. Nobody can reserve its owner's time or delete it meanwhile.

    Raises:
        NotFound: the calendar was deleted.

    """
    rooms, employees = ([each] if each else [] for each in (calendar.room_id, calendar.employee_id))
    await locks.lock(session, [*locks.of_rooms(rooms), *locks.of_employees(employees)])
    # FOR NO KEY UPDATE: a change of the settings inserts busy times that reference the calendar, and must not wait.
    locked = await session.get(CalendarRow, calendar.id, with_for_update={"key_share": True}, populate_existing=True)
    if locked is None:
        raise NotFound(NAMES[CalendarRow], calendar.id)
    return locked


class CalendarActivities(CalendarSteps):
    """Activities of external calendars that the worker registers."""

    def __init__(self, database: Database, reader: Calendars) -> None:
        self._database = database
        self._reader = reader

    @activity.defn
    async def list_calendars(self, page: CalendarsWanted) -> CalendarsListed:
        async with self._database.transaction() as session:
            return CalendarsListed(ids=tuple(await calendars.list_calendar_ids(session, page.after, page.limit)))

    @activity.defn
    async def refresh_calendar(self, step: RefreshCalendar) -> CalendarRefreshed:
        try:
            calendar = await self._reader.refresh(step.calendar_id)
        except NotFound:
            return CalendarRefreshed()
        return CalendarRefreshed(busy_times=calendar.busy_times, failure=calendar.failure)
