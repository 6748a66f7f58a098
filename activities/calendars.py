"""Reads employees' calendars elsewhere: the busy times of each become time slots, in place of what it made before."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.feeds import Feeds, FeedUnavailable
from activities.messages import CalendarRefreshed, CalendarsListed, CalendarsWanted, RefreshCalendar
from activities.signatures import CalendarSteps
from domain.calendar_import import ImportedTime, UnusableCalendar, busy_times, essence
from domain.errors import NotFound
from domain.time_slots import Interval
from storage import calendars
from storage.availability_tables import CalendarRow
from storage.configuration import get
from storage.database import Database
from storage.premises import read_organisation
from storage.time_slots import database_time, lock

BEHIND: Final = timedelta(days=1)
"""What has just begun is still looked at."""

BEYOND: Final = timedelta(days=32)
"""Further than meetings can be booked, so that the longest ends inside."""

MOST_FAILURE: Final = 500
"""Characters of a failure that are kept."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The calendar as it was when its reading began; busy times in `window` count, `zone` is the organisation's."""

    calendar: CalendarRow
    window: Interval
    zone: ZoneInfo


class Calendars:
    """Reads calendars, and stores what they say. A calendar that cannot be read keeps what was known of it."""

    def __init__(self, database: Database, feeds: Feeds) -> None:
        self._database = database
        self._feeds = feeds

    async def refresh(self, calendar_id: UUID) -> CalendarRow:
        """Read it again if it is a feed, and expand what recurs anew. A failure is noted, and changes nothing else.

        Raises:
            NotFound: there is no such calendar, or no longer.

        """
        reading = await self._begin(calendar_id)
        known, url = reading.calendar.content, reading.calendar.url
        try:
            latest = None if url is None else await asyncio.to_thread(essence, await self._feeds.read(url))
            return await self._store(reading, await _expanded(reading, latest or known), latest)
        except (FeedUnavailable, UnusableCalendar) as error:
            with contextlib.suppress(UnusableCalendar):
                # As time goes on, what recurs comes nearer, also while a feed cannot be read.
                await self._store(reading, await _expanded(reading, known))
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
        content = await asyncio.to_thread(essence, file)
        return await self._store(reading, await _expanded(reading, content), content)

    async def _begin(self, calendar_id: UUID) -> Reading:
        async with self._database.transaction() as session:
            calendar = await get(session, CalendarRow, calendar_id)
            organisation = await read_organisation(session)
            now = await database_time(session)
        last = now + organisation.max_time_from_booking_to_meeting + BEYOND
        return Reading(calendar, Interval(now - BEHIND, last), organisation.time_zone)

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
        return calendar

    async def _note(self, reading: Reading, failure: str) -> CalendarRow:
        async with self._database.transaction() as session:
            calendar = await _locked(session, reading.calendar)
            if calendar.url == reading.calendar.url:
                calendar.failed_at, calendar.failure = await database_time(session), failure[:MOST_FAILURE]
        return calendar


async def _expanded(reading: Reading, content: str | None) -> list[ImportedTime]:
    if content is None:
        return []
    return await asyncio.to_thread(busy_times, content, reading.calendar.id, reading.window, reading.zone)


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
