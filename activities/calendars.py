"""Reads employees' calendars elsewhere: the busy times of each become time slots, in place of what it made before."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.calendar_reader import CalendarReader
from activities.feeds import Feeds, FeedUnavailable
from activities.messages import CalendarRefreshed, CalendarsListed, CalendarsWanted, RefreshCalendar
from activities.signatures import CalendarSteps
from domain.calendar_reading.reading import ImportedTime, ReadCalendar, ReadingTask
from domain.calendar_reading.refusal import UnusableCalendar
from domain.configuration import Organisation
from domain.errors import NotFound
from domain.time_slots import Interval
from storage import calendars
from storage.availability_tables import CalendarRow
from storage.configuration import get, keep_organisation
from storage.database import Database
from storage.organisation_tables import EmployeeRow
from storage.premises import organisation, read_organisation
from storage.time_slots import database_time, lock

BEHIND: Final = timedelta(days=1)
"""What has just begun is still looked at."""

BEYOND: Final = timedelta(days=32)
"""Further than meetings can be booked, so that the longest ends inside."""

MOST_FAILURE: Final = 500
"""Characters of a failure that are kept."""


LOOK_EVERY: Final = 1.0
"""Seconds between two looks whether a calendar that is being read still exists."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The calendar as it was when its reading began, and how it is read."""

    calendar: CalendarRow
    task: ReadingTask
    organisation: Organisation


def window_of(settings: Organisation, now: datetime) -> Interval:
    """The times for which calendars are expanded."""
    return Interval(now - BEHIND, now + settings.max_time_from_booking_to_meeting + BEYOND)


async def block_until_read(
    session: AsyncSession, before: Organisation, after: Organisation, calendar_id: UUID | None = None
) -> bool:
    """Make busy what calendars (all, or this one) have not been expanded for, now that there are other settings.

    Answers whether there is anything: calendars that are to be read again.
    """
    now = await database_time(session)
    window = window_of(after, now)
    if before.time_zone == after.time_zone:
        if after.max_time_from_booking_to_meeting <= before.max_time_from_booking_to_meeting:
            return False
        window = Interval(now + before.max_time_from_booking_to_meeting, window.end)
    await calendars.block_what_is_not_read(session, window, calendar_id)
    return True


class Calendars:
    """Reads calendars, and stores what they say. A calendar that cannot be read keeps what was known of it."""

    def __init__(self, database: Database, feeds: Feeds, reader: CalendarReader | None = None) -> None:
        self._database = database
        self._feeds = feeds
        self._reader = reader or CalendarReader()

    async def refresh(self, calendar_id: UUID) -> CalendarRow:
        """Read it again if it is a feed, and expand what recurs anew. A failure is noted, and changes nothing else.

        Raises:
            NotFound: there is no such calendar, or no longer.

        """
        reading = await self._begin(calendar_id)
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

    async def import_file(self, calendar_id: UUID, file: bytes) -> CalendarRow:
        """Store what a file says, in place of what was known of the calendar.

        Raises:
            NotFound: there is no such calendar.
            UnusableCalendar: it cannot be read, or the calendar is a feed; nothing has changed.

        """
        reading = await self._begin(calendar_id)
        if reading.calendar.url is not None:
            raise UnusableCalendar("the calendar is a feed, which is read where its url is; remove that first")
        latest = await self._read(reading, file)
        return await self._store(reading, latest.busy_times, latest.content)

    async def _begin(self, calendar_id: UUID) -> Reading:
        async with self._database.transaction() as session:
            calendar = await get(session, CalendarRow, calendar_id)
            owner = await session.get(EmployeeRow, calendar.employee_id)
            settings = await read_organisation(session)
            now = await database_time(session)
        address = owner.email if owner else None
        task = ReadingTask(calendar.id, window_of(settings, now), settings.time_zone, address)
        return Reading(calendar, task, settings)

    async def _expand_known(self, reading: Reading) -> list[ImportedTime]:
        known = reading.calendar.content
        return [] if known is None else (await self._read(reading, known.encode())).busy_times

    async def _read(self, reading: Reading, file: bytes) -> ReadCalendar:
        """Read the file, unless the calendar is deleted meanwhile: that ends the reading.

        Raises:
            NotFound: the calendar was deleted.
            UnusableCalendar: it cannot be read.

        """
        running = asyncio.ensure_future(self._reader.read(file, reading.task))
        try:
            while not (await asyncio.wait({running}, timeout=LOOK_EVERY))[0]:
                async with self._database.transaction() as session:
                    await get(session, CalendarRow, reading.calendar.id)
            return running.result()
        finally:
            running.cancel()
            await asyncio.wait({running})

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
    """Keep busy what this reading has not expanded, if the organisation's settings were changed while it ran."""
    settings = organisation(await keep_organisation(session))
    await block_until_read(session, reading.organisation, settings, reading.calendar.id)


async def _locked(session: AsyncSession, calendar: CalendarRow) -> CalendarRow:
    """The calendar as it is now, while nobody reserves its employee's time.

    Raises:
        NotFound: it is gone.

    """
    await lock(session, [f"employee:{calendar.employee_id}"])
    return await get(session, CalendarRow, calendar.id)


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
