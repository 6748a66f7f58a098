"""Index of availability data in one process. Each reading brings it up to date in a snapshot. See decision 0051.

The index never offers anything by itself: a reservation reads the rows under its locks.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.availability import AvailabilityData, profiles_of
from domain.availability.stored_time import Grid, IndexedTime, build_grid
from domain.configuration import Employee
from domain.local_time import LOCAL_DAY
from domain.time_slots import Interval
from storage.availability.changes import Reading, read_changes, read_everything
from storage.availability.organisation_data import employee_of, read_organisation_data, read_texts_of_employees
from storage.availability.situations import slots_of_meetings
from storage.database import Database

FIRST_REACH: Final = timedelta(days=45)
"""Reach of an index if no search asks for more: the longest window of a search, usually, and two weeks."""

SLACK: Final = timedelta(days=7)
"""Additional reach, and the age at which everything is read again, with the reach that searches asked for since."""

LONGEST_REACH: Final = timedelta(days=400)
"""A search beyond this reads its stored time for itself."""


@dataclass(frozen=True)
class IndexView:
    """Availability data at one instant, and what is needed to find later changes. A view never changes.

    `data` has the configuration and the employees, and the stored time in `span`.
    """

    data: AvailabilityData
    time: IndexedTime
    grid: Grid
    span: Interval
    snapshot: str
    state: str
    deadlines: dict[UUID, datetime]

    def covers(self, span: Interval) -> bool:
        return self.span.start <= span.start and span.end <= self.span.end

    def may_grow(self, reach: timedelta) -> bool:
        """Return whether this view may be brought up to date. It must reach far enough, and be younger than `SLACK`."""
        now, built = self.data.now, self.span.start + LOCAL_DAY + SLACK
        return now < built + SLACK and now + reach <= self.span.end

    def follows(self, reading: Reading) -> bool:
        """Return whether the reading has all changes of stored time since this view."""
        is_same = reading.is_recorded and reading.state == self.state
        # After a step back of the clock, a hold that had expired may be live again.
        return is_same and not reading.lost and reading.now >= self.data.now

    def advanced(self, reading: Reading, configuration: AvailabilityData) -> "IndexView":
        """Return the view after the changes in the reading, which it must follow."""
        time, deadlines = self.time, self.deadlines
        if reading.owners:
            changed = frozenset(reading.owners)
            employees = {who: owned for who, owned in time.employees.items() if who not in changed}
            rooms = {room: owned for room, owned in time.rooms.items() if room not in changed}
            time = IndexedTime({**employees, **reading.employees}, {**rooms, **reading.rooms}, self.grid)
            deadlines = {who: until for who, until in deadlines.items() if who not in changed} | _deadlines(reading)
        data = replace(configuration, now=reading.now, stored=time)
        return replace(self, data=data, time=time, snapshot=reading.snapshot, deadlines=deadlines)


class AvailabilityIndex:
    """Gives searches of this process availability data that are as new as their request.

    Searches that wait for the same statement share its result.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = asyncio.Lock()
        self._view: IndexView | None = None
        self._reach = FIRST_REACH
        self._begun = 0
        self._begun_of_view = 0

    async def current(self) -> IndexView:
        """Return a view whose snapshot is later than this call.

        Raises:
            NotFound: the organisation is not configured yet.
            StorageUnavailable: the database cannot be reached.

        """
        before = self._begun
        async with self._turn:
            # Only a statement that began after this call may answer it.
            if self._view is None or self._begun_of_view <= before:
                self._begun += 1
                begun = self._begun
                # Replaced as a whole and at the end: a search that is cancelled here leaves the former view.
                self._view = await self._read(self._view)
                self._begun_of_view = begun
            return self._view

    async def covering(self, needed: Callable[[AvailabilityData], Interval]) -> IndexView | None:
        """Return a current view that covers the interval which a search with its data needs. Raises as `current` does.

        None: the index does not reach that far.
        """
        for _ in range(2):
            view = await self.current()
            span = needed(view.data)
            reach = span.end - view.data.now
            if reach > LONGEST_REACH:
                return None
            self._reach = max(self._reach, reach)
            if view.covers(span):
                return view
        return None

    async def read_apart(
        self, needed: Callable[[AvailabilityData], Interval], ignored_meetings: Sequence[UUID] = ()
    ) -> AvailabilityData:
        """Read the data of one snapshot for one search, without the time slots of the ignored meetings."""
        latest = await self.current()
        async with self._database.snapshot() as session:
            view = await read_view(session, latest)
            ignored = await slots_of_meetings(session, ignored_meetings)
            reading = await read_everything(session, needed(view.data), tuple(ignored))
        return replace(view.data, now=reading.now, stored=IndexedTime(reading.employees, reading.rooms))

    async def _read(self, former: IndexView | None) -> IndexView:
        reach = self._reach
        if former is not None and former.may_grow(reach):
            async with self._database.autocommit() as session:
                reading = await read_changes(session, former.span, former.snapshot, former.deadlines)
            if former.follows(reading) and not reading.configuration:
                return former.advanced(reading, former.data)
        async with self._database.snapshot() as session:
            view = await read_view(session, former, reach)
        is_new = former is None or view.span != former.span
        if is_new and self._reach == reach:
            # The next complete reading reaches as far as the searches until then.
            self._reach = FIRST_REACH
        return view


async def read_view(session: AsyncSession, former: IndexView | None, reach: timedelta = FIRST_REACH) -> IndexView:
    """Return the view of the session's snapshot. Only what changed since the former view is read, where possible.

    The session must be one of `Database.snapshot()`. Raises `NotFound` as `AvailabilityIndex.current` does.
    """
    if former is not None and former.may_grow(reach):
        reading = await read_changes(session, former.span, former.snapshot, former.deadlines)
        if former.follows(reading):
            if not reading.configuration:
                return former.advanced(reading, former.data)
            configuration = await _read_configuration(session)
            if _has_grid_of(configuration, former.data):
                return former.advanced(reading, configuration)
    configuration = await _read_configuration(session)
    span = Interval(configuration.now - LOCAL_DAY - SLACK, configuration.now + reach + SLACK)
    reading = await read_everything(session, span)
    organisation = configuration.organisation
    grid = await asyncio.to_thread(build_grid, organisation.time_zone, span, organisation.slot_interval)
    time = IndexedTime(reading.employees, reading.rooms, grid)
    return IndexView(
        replace(configuration, now=reading.now, stored=time),
        time,
        grid,
        span,
        reading.snapshot,
        reading.state if reading.is_recorded else "",
        _deadlines(reading),
    )


async def _read_configuration(session: AsyncSession) -> AvailabilityData:
    data = await read_organisation_data(session)
    employees = await asyncio.to_thread(_employees_of, await read_texts_of_employees(session))
    return replace(data, employees=employees, profiles=await asyncio.to_thread(profiles_of, employees))


def _employees_of(texts: Sequence[str]) -> tuple[Employee, ...]:
    return tuple(map(employee_of, texts))


def _has_grid_of(data: AvailabilityData, former: AvailabilityData) -> bool:
    new, old = data.organisation, former.organisation
    return (new.time_zone, new.slot_interval) == (old.time_zone, old.slot_interval)


def _deadlines(reading: Reading) -> dict[UUID, datetime]:
    """Return the first deadline of each owner. An employee and a room may have the same id."""
    found: dict[UUID, datetime] = {}
    for who, owned in chain(reading.employees.items(), reading.rooms.items()):
        if owned.until is not None:
            found[who] = min(owned.until, found.get(who, owned.until))
    return found
