"""Queries of meetings that need a workflow run, and records of the meetings that have one."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from storage.bookings.time_slots import NOW
from storage.statements import IDS, table_of
from storage.tables.booking import MeetingRow
from storage.tables.columns import INSTANT
from storage.tables.organisation import EmployeeRow

MEETINGS: Final = table_of(MeetingRow)
BEGUN: Final = sa.func.now(type_=INSTANT)
"""The present time, as the start of the transaction. It is constant, so that conditions on it can use the index."""

BY_START: Final = (MEETINGS.c.start_at, MEETINGS.c.id)
EMPLOYEES: Final = table_of(EmployeeRow)
NEEDED: Final = [
    *(MEETINGS.c[name] for name in ("id", "client_id", "employee_id", "start_at", "end_at")),
    sa.select(EMPLOYEES.c.display_name).where(EMPLOYEES.c.id == MEETINGS.c.employee_id).scalar_subquery().label("name"),
]
HAS_NONE: Final = sa.and_(MEETINGS.c.run_opened_at.is_(None), MEETINGS.c.cancelled_at.is_(None))

A_MOMENT: Final = timedelta(minutes=5)
"""Time after which Temporal's index of runs surely has a run that was recorded."""


async def list_near(
    session: AsyncSession, within: timedelta, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[sa.Row[Any]]:
    """Return id, client, employee, start, end and employee's name of coming meetings without a recorded run.

    The meetings begin at most `within` from now, and are ordered by start and id. `after` is the start and id of the
    last meeting of the previous page. Meetings that have begun are excluded, because they need no reminder any more.
    """
    wanted = sa.select(*NEEDED).where(HAS_NONE, MEETINGS.c.start_at > BEGUN, MEETINGS.c.start_at <= BEGUN + within)
    if after is not None:
        wanted = wanted.where(sa.tuple_(*BY_START) > sa.tuple_(*map(sa.literal, after)))
    return (await session.execute(wanted.order_by(*BY_START).limit(limit))).all()


async def note_opened(session: AsyncSession, meeting_ids: Iterable[UUID]) -> None:
    """Record that these meetings have a run. Skip rows that are locked: the next sweep records them."""
    these = MEETINGS.c.id == sa.any_(_ids(meeting_ids))
    free = sa.select(MEETINGS.c.id).where(these).with_for_update(skip_locked=True, key_share=True)
    await session.execute(sa.update(MEETINGS).where(MEETINGS.c.id.in_(free)).values(run_opened_at=NOW))


async def note_missing(session: AsyncSession, running: Collection[UUID], closed: Collection[UUID]) -> int:
    """Find coming meetings that have lost their run, and record that they have none. The sweep then starts another run.

    `running` are the meetings with an open run. `closed` are those with a run that was terminated, failed or timed out.
    A meeting of neither kind has lost its run too, with Temporal's database, unless the run was recorded just now.

    Returns:
        The number of these meetings.

    """
    coming = sa.and_(MEETINGS.c.cancelled_at.is_(None), MEETINGS.c.start_at > BEGUN)
    is_lost = sa.or_(MEETINGS.c.run_opened_at < NOW - A_MOMENT, MEETINGS.c.id == sa.any_(_ids(closed)))
    runs = sa.select(sa.func.unnest(_ids(running)).column_valued("id"))
    lost = sa.update(MEETINGS).where(MEETINGS.c.run_opened_at.is_not(None), coming, is_lost, MEETINGS.c.id.not_in(runs))
    return len((await session.execute(lost.values(run_opened_at=None).returning(MEETINGS.c.id))).all())


def _ids(meetings: Iterable[UUID]) -> sa.BindParameter[Any]:
    return sa.literal(list(meetings), IDS)
