"""Queries of meetings that need a workflow run, and records of the meetings that have one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from storage.bookings.time_slots import NOW
from storage.statements import IDS, table_of
from storage.tables.booking import MeetingRow
from storage.tables.columns import INSTANT

MEETINGS: Final = table_of(MeetingRow)
BEGUN: Final = sa.func.now(type_=INSTANT)
"""Start time of the transaction. Unlike the clock, it is constant, so that conditions on it can use the index."""

BY_START: Final = (MEETINGS.c.start_at, MEETINGS.c.id)
NEEDED: Final = [MEETINGS.c[name] for name in ("id", "client_id", "employee_id", "start_at", "end_at")]
HAS_NONE: Final = sa.and_(MEETINGS.c.run_opened_at.is_(None), MEETINGS.c.cancelled_at.is_(None))

A_MOMENT: Final = timedelta(minutes=5)
"""Allowance between the times of a run and `run_opened_at`.

The start of a run is recorded after the run has started, and Temporal has another clock than the database.
"""


@dataclass(frozen=True, slots=True)
class LostRun:
    """A workflow run that was terminated, failed or timed out, and its close time."""

    meeting_id: UUID
    closed_at: datetime


async def list_near(
    session: AsyncSession, within: timedelta, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[sa.Row[Any]]:
    """Return id, client, employee, start and end of coming meetings without a recorded run, by start and id.

    The meetings begin at most `within` from now. `after` is the start and id of the last meeting of the previous page.
    Meetings that have begun are excluded, because they need no reminder any more.
    """
    wanted = sa.select(*NEEDED).where(HAS_NONE, MEETINGS.c.start_at > BEGUN, MEETINGS.c.start_at <= BEGUN + within)
    if after is not None:
        wanted = wanted.where(sa.tuple_(*BY_START) > sa.tuple_(*map(sa.literal, after)))
    return (await session.execute(wanted.order_by(*BY_START).limit(limit))).all()


async def note_opened(session: AsyncSession, meeting_ids: Iterable[UUID]) -> None:
    """Record that these meetings have a run. Skip rows that are locked: the next sweep records them."""
    these = MEETINGS.c.id == sa.any_(sa.literal(list(meeting_ids), IDS))
    free = sa.select(MEETINGS.c.id).where(these).with_for_update(skip_locked=True, key_share=True)
    await session.execute(sa.update(MEETINGS).where(MEETINGS.c.id.in_(free)).values(run_opened_at=NOW))


async def note_lost(session: AsyncSession, runs: Iterable[LostRun]) -> int:
    """Record that these runs are closed. Return the number of meetings that need another run."""
    return sum([await _note_lost(session, run) for run in runs])


async def note_missing(session: AsyncSession, running: Sequence[UUID]) -> int:
    """Record that coming meetings have no run if their recorded run is not among `running`.

    Such a run was terminated, or was lost with the database of Temporal. The sweep then starts another run.

    Returns:
        The number of these meetings.

    """
    is_noted = MEETINGS.c.run_opened_at < NOW - A_MOMENT
    coming = sa.and_(MEETINGS.c.cancelled_at.is_(None), MEETINGS.c.start_at > BEGUN)
    there = sa.select(sa.func.unnest(sa.literal(running, IDS)).column_valued("id"))
    lost = sa.update(MEETINGS).where(is_noted, coming, MEETINGS.c.id.not_in(there)).values(run_opened_at=None)
    return len((await session.execute(lost.returning(MEETINGS.c.id))).all())


async def _note_lost(session: AsyncSession, run: LostRun) -> int:
    """Record that the run is closed, unless a later run was recorded. Return the number of changed rows."""
    was_noted = MEETINGS.c.run_opened_at <= run.closed_at + A_MOMENT
    lost = sa.update(MEETINGS).where(MEETINGS.c.id == run.meeting_id, was_noted).values(run_opened_at=None)
    return len((await session.execute(lost.returning(MEETINGS.c.id))).all())
