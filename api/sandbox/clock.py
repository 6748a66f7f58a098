"""Moves the clock of a sandbox, from one due time to the next, and lets everything that is due happen in between.

So events have the times and the order that they have in real time. All work is done by the workers, as in real time:
this module only wakes their runs.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.service import RPCError

from api.dependencies import Resources
from api.http.errors import Unavailable, UnusableRequest
from api.sandbox.runs import SandboxRuns
from api.sandbox.schemas import FARTHEST, TOO_FAR, ClockStatus, MoveClock, SandboxClock, SandboxReset, WaitingFor
from api.schemas.base.common import LATEST
from domain.meetings import reminder_times
from services.meeting.reminders import pending_reminders
from storage import locks
from storage.configuration.lookups import get_organisation
from storage.database import Database
from storage.meetings.meetings import find_as_stored
from storage.notifications.event_log import publish
from storage.sandbox import clock, due
from storage.sandbox.reset import remove_bookings
from storage.tables.booking import MeetingRow

POLL: Final = 0.02
"""Seconds between two looks whether something is still due."""

WAKE_AGAIN: Final = 1.0
"""Seconds after which runs are woken again that have not done what is due."""

MOST_IDLE: Final = 3.0
"""Seconds without any progress after which the clock goes on, for example because no worker runs."""

SHARE: Final = 0.75
"""Share of the time for a request that a move may take."""


class Due(NamedTuple):
    """Work that is due by the clock: holds and deliveries, and meetings with a due reminder."""

    waiting: due.Waiting
    reminded: tuple[MeetingRow, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.waiting or self.reminded)

    def in_numbers(self) -> WaitingFor:
        deliveries = sum(count for _, count in self.waiting.deliveries)
        return WaitingFor(holds=len(self.waiting.holds), reminders=len(self.reminded), deliveries=deliveries)


NOTHING: Final = Due(due.Waiting(frozenset(), frozenset()))


@dataclass
class Patience:
    """End of a move, and the seconds that it may still wait while nothing changes. Times are monotonic."""

    ends: float
    idle_left: float = MOST_IDLE

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends


@dataclass
class SandboxControl:
    """Moves the clock and resets the sandbox, for one request at a time of all API processes."""

    shared: Resources
    runs: SandboxRuns = field(init=False)

    def __post_init__(self) -> None:
        self.runs = SandboxRuns(self.shared.engine.client, self.shared.settings)

    async def move(self, wanted: MoveClock) -> SandboxClock:
        """Move the clock. Return it with what is still to be done.

        Raises:
            UnusableRequest: the time is too far ahead.
            Unavailable: another request moves the clock, or Temporal cannot be used. The clock may have moved.

        """
        patience = Patience(time.monotonic() + SHARE * self.shared.settings.request_timeout.total_seconds())
        async with self._alone(patience):
            with unavailable_without_temporal():
                return await Move(self, patience).run(wanted)

    async def reset(self, client_id: str | None) -> SandboxReset:
        """Delete the bookings of this client, or of all clients (None), and end their runs."""
        async with self._alone(Patience(time.monotonic() + MOST_IDLE)):
            return await self._reset(client_id)

    async def restore(self) -> SandboxClock:
        """Set the clock back to real time, and delete the bookings of all clients."""
        async with self._alone(Patience(time.monotonic() + MOST_IDLE)):
            await self._reset(None, restore_clock=True)
            return await self.read()

    async def read(self, target: datetime | None = None, left: Due = NOTHING) -> SandboxClock:
        """Return the clock. `left` is what is due and not done."""
        async with self.shared.database.autocommit() as session:
            now, real, ahead = await clock.read_clock(session)
        return SandboxClock(
            now=now,
            real_time=real,
            ahead=timedelta(seconds=round(ahead.total_seconds())),
            status=ClockStatus.ADVANCING if target and now < target else ClockStatus.READY,
            target=target,
            waiting_for=left.in_numbers(),
        )

    async def _reset(self, client_id: str | None, *, restore_clock: bool = False) -> SandboxReset:
        async with self.shared.database.transaction() as session:
            removed = await remove_bookings(session, client_id)
            if restore_clock:
                await clock.restore_clock(session)
        with unavailable_without_temporal():
            await self.runs.end(removed.bookings, removed.meetings)
        return SandboxReset(bookings=len(removed.bookings), meetings=len(removed.meetings))

    @asynccontextmanager
    async def _alone(self, patience: Patience) -> AsyncIterator[None]:
        """Keep out other requests of all API processes until the block ends, or this process dies.

        The lock belongs to a connection, which is closed in the end. A transaction that is idle for so long would lose
        its connection.
        """
        url = self.shared.settings.database_url.get_secret_value()
        guard = Database(url, pool_size=1, sandbox=True)
        try:
            async with guard.autocommit() as session:
                while not await locks.try_lock_connection(session, locks.SANDBOX_CLOCK):
                    if patience.is_over:
                        raise Unavailable("Another request moves the clock or resets the sandbox.")
                    await asyncio.sleep(POLL)
                yield
        finally:
            await guard.close()


class Move:
    """One move of the clock."""

    def __init__(self, control: SandboxControl, patience: Patience) -> None:
        self._control = control
        self._database = control.shared.database
        self._patience = patience
        self._reminders: list[tuple[datetime, MeetingRow]] = []

    async def run(self, wanted: MoveClock) -> SandboxClock:
        begin = (await self._control.read()).now
        target = begin + wanted.advance if wanted.advance else wanted.to or begin
        if target > min(begin + FARTHEST, LATEST):
            raise UnusableRequest(HTTPStatus.BAD_REQUEST, f"The time to move to {TOO_FAR}.", "to", place="body")
        self._reminders = await self._reminders_between(begin, target)
        left = await self._settle()
        while not self._patience.is_over and (at := await self._next(target)) is not None:
            left = await self._go_to(at)
        if not self._patience.is_over:
            left = await self._go_to(target)
        await self._tell_everybody(begin)
        return await self._control.read(target, left)

    async def _go_to(self, at: datetime) -> Due:
        async with self._database.transaction() as session:
            await clock.move_clock(session, at)
        return await self._settle()

    async def _settle(self) -> Due:
        """Wake the runs that have something to do, until nothing is due. Return what is due in the end."""
        seen, woken_at, looked_at = NOTHING, 0.0, time.monotonic()
        while now_due := await self._due():
            before, looked_at = looked_at, time.monotonic()
            if now_due == seen:
                self._patience.idle_left -= looked_at - before
            if self._patience.idle_left <= 0 or self._patience.is_over:
                break
            if now_due != seen or looked_at > woken_at + WAKE_AGAIN:
                woken_at = looked_at
                await self._wake(now_due)
            seen = now_due
            await asyncio.sleep(POLL)
        return now_due

    async def _due(self) -> Due:
        async with self._database.transaction() as session:
            await publish(session)
        async with self._database.transaction() as session:
            return Due(await due.list_due(session), tuple(await self._to_be_reminded(session)))

    async def _wake(self, now_due: Due) -> None:
        runs = self._control.runs
        await runs.wake_bookings(now_due.waiting.holds)
        await runs.wake_meetings(now_due.reminded, may_start=True)
        await runs.wake_deliveries(client for client, _ in now_due.waiting.deliveries)

    async def _next(self, target: datetime) -> datetime | None:
        """Return the next time until `target` at which something is due, or None."""
        async with self._database.autocommit() as session:
            deadline = await due.next_deadline(session, target)
            now = (await clock.read_clock(session)).now
        coming = [at for at, _ in self._reminders if at > now]
        return min(filter(None, (deadline, *coming)), default=None)

    async def _reminders_between(self, begin: datetime, target: datetime) -> list[tuple[datetime, MeetingRow]]:
        """Return the reminders until `target` of the meetings that have not ended, and their times."""
        befores = self._control.shared.settings.reminders
        async with self._database.autocommit() as session:
            zone = ZoneInfo((await get_organisation(session)).time_zone)
            meetings = await due.list_meetings_after(session, begin)
        times = ((at, each) for each in meetings for at, _ in reminder_times(each.start_at, befores, zone))
        return [(at, meeting) for at, meeting in times if at <= target]

    async def _to_be_reminded(self, session: AsyncSession) -> list[MeetingRow]:
        """Return the meetings with a due reminder that was not given. Forget the reminders that were given."""
        now = (await clock.read_clock(session)).now
        coming = [(at, meeting) for at, meeting in self._reminders if at > now]
        past = [(at, meeting) for at, meeting in self._reminders if at <= now]
        late = [(at, meeting) for at, meeting in past if await self._is_late(session, meeting, now)]
        self._reminders = [*late, *coming]
        return [meeting for _, meeting in late]

    async def _is_late(self, session: AsyncSession, seen: MeetingRow, now: datetime) -> bool:
        """Return whether a reminder of the meeting is due. A meeting that has begun gets none any more."""
        meeting = await find_as_stored(session, seen.id)
        if meeting is None or meeting.start_at <= now:
            return False
        pending = await pending_reminders(session, meeting, self._control.shared.settings.reminders)
        return any(each.at <= now for each in pending)

    async def _tell_everybody(self, begin: datetime) -> None:
        """Wake all runs, because their timers were set by the clock as it was. Do what has a fixed interval.

        After an outage, a run may not know of its booking's end: the relay removed its hold, or the meeting was stored
        without an answer. So all open runs are woken, and not only those of the holds.
        """
        async with self._database.autocommit() as session:
            waiting = await due.list_waiting(session)
            meetings = await due.list_meetings_after(session, begin)
            unsent = await due.list_meetings_with_unsent_mails(session)
            now = (await clock.read_clock(session)).now
        runs = self._control.runs
        await runs.wake_bookings(waiting.holds)
        await runs.wake_open_bookings()
        await runs.wake_meetings(meetings)
        await runs.wake_deliveries(client for client, _ in waiting.deliveries)
        await runs.retry_mails(unsent)
        await runs.trigger_schedules(begin, now)


@contextmanager
def unavailable_without_temporal() -> Iterator[None]:
    """Translate the errors of Temporal in the block to `Unavailable`."""
    try:
        yield
    except (RPCError, RuntimeError) as error:
        raise Unavailable("The workflow engine cannot be used right now.") from error
