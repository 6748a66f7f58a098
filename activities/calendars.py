"""Reads calendars elsewhere of employees and rooms, and stores the busy times of each as time slots."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.calendar_reader import CalendarReader
from activities.calendar_window import block_if_readdressed, block_until_read, window_of
from activities.feeds import Feeds, FeedUnavailable
from activities.messages import CalendarRefreshed, CalendarsListed, CalendarsWanted, RefreshCalendar
from activities.signatures import CalendarSteps
from domain.calendar_reading.reading import ImportedTime, ReadCalendar, ReadingTask
from domain.calendar_reading.refusal import UnusableCalendar
from domain.configuration import Organisation
from domain.errors import NotFound
from storage import calendars
from storage.availability_tables import CalendarRow
from storage.configuration import NAMES, get, keep_organisation
from storage.database import Database
from storage.organisation_tables import EmployeeRow, RoomRow
from storage.premises import organisation, read_organisation
from storage.time_slots import database_time, lock

MOST_FAILURE: Final = 500
"""Characters of a failure that are kept."""


LOOK_EVERY: Final = 1.0
"""Seconds between two looks whether a reading is still wanted."""


@dataclass(frozen=True, slots=True)
class Requester:
    """The client whose request wants a calendar read. `check_waiting` raises once it does not wait any more."""

    client_id: str
    check_waiting: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Reading:
    """The calendar as it was when its reading began, how it is read, and for whom, if for a client."""

    calendar: CalendarRow
    task: ReadingTask
    organisation: Organisation
    requester: Requester | None


class Calendars:
    """Reads calendars, and stores what they say. A calendar that cannot be read keeps what was known of it."""

    def __init__(self, database: Database, feeds: Feeds, reader: CalendarReader | None = None) -> None:
        self._database = database
        self._feeds = feeds
        self._reader = reader or CalendarReader()

    async def refresh(self, calendar_id: UUID, requester: Requester | None = None) -> CalendarRow:
        """Read it again if it is a feed, and expand what recurs anew. A failure is noted, and changes nothing else.

        Raises:
            NotFound: there is no such calendar, or no longer.

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
                # As time goes on, what recurs comes nearer, also while a feed cannot be read.
                await self._store(reading, await self._expand_known(reading))
            return await self._note(reading, failure=str(error))

    async def import_file(self, calendar_id: UUID, file: bytes, requester: Requester | None = None) -> CalendarRow:
        """Store what a file says, in place of what was known of the calendar.

        Raises:
            NotFound: there is no such calendar.
            UnusableCalendar: it cannot be read, or the calendar is a feed; nothing has changed.

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
        """Read the file, unless the calendar is deleted or the client goes away meanwhile: that ends the reading.

        Raises:
            NotFound: the calendar was deleted.
            UnusableCalendar: it cannot be read.

        """
        client = reading.requester.client_id if reading.requester else None
        running = asyncio.ensure_future(self._reader.read(file, reading.task, client))
        try:
            while not (await asyncio.wait({running}, timeout=LOOK_EVERY))[0]:
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
        """Make these its busy times, unless it was read anew, or from elsewhere, since this reading began."""
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

    async def _note(self, reading: Reading, failure: str) -> CalendarRow:
        async with self._database.transaction() as session:
            calendar = await _locked(session, reading.calendar)
            if calendar.url == reading.calendar.url:
                calendar.failed_at, calendar.failure = await database_time(session), failure[:MOST_FAILURE]
        return calendar


async def _block_if_outdated(session: AsyncSession, reading: Reading) -> None:
    """Keep busy what this reading has not expanded, if the settings or the owner's address changed while it ran."""
    settings = organisation(await keep_organisation(session))
    await block_until_read(session, reading.organisation, settings, reading.calendar.id)
    owner = await _owner_of(session, reading.calendar, keep=True)
    await block_if_readdressed(session, reading.task.owner, owner.email if owner else None, id=reading.calendar.id)


async def _owner_of(
    session: AsyncSession, calendar: CalendarRow, *, keep: bool = False
) -> EmployeeRow | RoomRow | None:
    """Read the owner. `keep`: as it is now, and keep it from being changed until the transaction ends."""
    table, identity = (RoomRow, calendar.room_id) if calendar.room_id else (EmployeeRow, calendar.employee_id)
    found: EmployeeRow | RoomRow | None = await session.get(
        table, identity, with_for_update={"read": True} if keep else None, populate_existing=keep
    )
    return found


async def _locked(session: AsyncSession, calendar: CalendarRow) -> CalendarRow:
    """The calendar as it is now, while nobody reserves its owner's time or deletes the calendar.

    Raises:
        NotFound: it is gone.

    """
    is_rooms = calendar.room_id is not None
    await lock(session, [f"room:{calendar.room_id}" if is_rooms else f"employee:{calendar.employee_id}"])
    # A change of the settings enters busy times of the calendar meanwhile, and waits for no lock but one of the key.
    locked = await session.get(CalendarRow, calendar.id, with_for_update={"key_share": True}, populate_existing=True)
    if locked is None:
        raise NotFound(NAMES[CalendarRow], calendar.id)
    return locked


class CalendarActivities(CalendarSteps):
    """What the worker registers."""

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
