"""Which meetings are to get their run, and which are noted to have one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from storage.booking_tables import MeetingRow
from storage.columns import INSTANT
from storage.statements import IDS, table_of
from storage.time_slots import NOW

MEETINGS: Final = table_of(MeetingRow)
BEGUN: Final = sa.func.now(type_=INSTANT)
"""When this transaction began: unlike the clock, the index can be searched by it."""

BY_START: Final = (MEETINGS.c.start_at, MEETINGS.c.id)
NEEDED: Final = [MEETINGS.c[name] for name in ("id", "client_id", "employee_id", "start_at", "end_at")]
HAS_NONE: Final = sa.and_(MEETINGS.c.run_opened_at.is_(None), MEETINGS.c.cancelled_at.is_(None))

A_MOMENT: Final = timedelta(minutes=5)
"""A note is that much later than the start of the run: it comes after it, and the engine has another clock."""


@dataclass(frozen=True, slots=True)
class LostRun:
    """A run that did not end by itself, and when it was over."""

    meeting_id: UUID
    closed_at: datetime


async def list_near(
    session: AsyncSession, within: timedelta, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[sa.Row[Any]]:
    """Id, client, employee, start and end of the meetings that begin within so long and are not noted to have
    a run, by start.

    One that has begun is left alone: there is nothing to remind of any more.
    """
    wanted = sa.select(*NEEDED).where(HAS_NONE, MEETINGS.c.start_at > BEGUN, MEETINGS.c.start_at <= BEGUN + within)
    if after is not None:
        wanted = wanted.where(sa.tuple_(*BY_START) > sa.tuple_(*map(sa.literal, after)))
    return (await session.execute(wanted.order_by(*BY_START).limit(limit))).all()


async def note_opened(session: AsyncSession, meeting_ids: Iterable[UUID]) -> None:
    """These have a run. Whatever is being changed at this moment is noted by the next sweep: nobody waits."""
    these = MEETINGS.c.id == sa.any_(sa.literal(list(meeting_ids), IDS))
    free = sa.select(MEETINGS.c.id).where(these).with_for_update(skip_locked=True, key_share=True)
    await session.execute(sa.update(MEETINGS).where(MEETINGS.c.id.in_(free)).values(run_opened_at=NOW))


async def note_lost(session: AsyncSession, runs: Iterable[LostRun]) -> int:
    """These runs are over, though their meetings may not be: how many are to get another one."""
    return sum([await _note_lost(session, run) for run in runs])


async def note_missing(session: AsyncSession, running: Sequence[UUID]) -> int:
    """Have runs opened for coming meetings that are noted to have one, but whose run is not among those.

    Returns:
        How many meetings there were: their runs were terminated, or lost with the engine.

    """
    is_noted = MEETINGS.c.run_opened_at < NOW - A_MOMENT
    coming = sa.and_(MEETINGS.c.cancelled_at.is_(None), MEETINGS.c.start_at > BEGUN)
    there = sa.select(sa.func.unnest(sa.literal(running, IDS)).column_valued("id"))
    lost = sa.update(MEETINGS).where(is_noted, coming, MEETINGS.c.id.not_in(there)).values(run_opened_at=None)
    return len((await session.execute(lost.returning(MEETINGS.c.id))).all())


async def _note_lost(session: AsyncSession, run: LostRun) -> int:
    """A run that was noted later is another one."""
    was_noted = MEETINGS.c.run_opened_at <= run.closed_at + A_MOMENT
    lost = sa.update(MEETINGS).where(MEETINGS.c.id == run.meeting_id, was_noted).values(run_opened_at=None)
    return len((await session.execute(lost.returning(MEETINGS.c.id))).all())
