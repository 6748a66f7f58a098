"""Steps that were refused, and are never taken any more.

A worker that stood still may have a step that another one was given as well. When the other's was refused, or is
undone, the first would take it for a run that is over: so the refusal is kept, for as long as a worker may stand still.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import BookMeError, retold
from storage.booking_tables import BookingEventRow, RefusedStepRow
from storage.statements import table_of
from storage.time_slots import NOW, lock

KEPT_FOR: Final = timedelta(days=1)

EVENTS: Final = table_of(BookingEventRow)
REFUSED: Final = table_of(RefusedStepRow)
TIME_SLOT: Final = sa.bindparam("time_slot_id", type_=sa.Uuid)
WAS_TAKEN: Final = sa.exists().where(EVENTS.c.time_slot_id == TIME_SLOT)
WAS_REFUSED: Final = sa.exists().where(REFUSED.c.step_id == TIME_SLOT)
STEP_WAS_REFUSED: Final = sa.exists().where(REFUSED.c.step_id == sa.bindparam("step_id", type_=sa.Uuid))
FORGET: Final = sa.delete(REFUSED).where(REFUSED.c.refused_at < NOW - KEPT_FOR)
REFUSAL: Final = sa.select(REFUSED.c.reason, REFUSED.c.message, REFUSED.c.facts).where(
    REFUSED.c.step_id == sa.bindparam("step_id", type_=sa.Uuid)
)


def queue_of_step(time_slot_id: UUID) -> str:
    """What the step that makes this time slot has locked until it is committed."""
    return f"step:{time_slot_id}"


async def refuse_time_slot(session: AsyncSession, error: BookMeError, time_slot_id: UUID) -> bool:
    """Have the step that makes this time slot refused from now on. False if somebody has taken it."""
    await lock(session, [queue_of_step(time_slot_id)])
    if await session.scalar(sa.select(WAS_TAKEN), {"time_slot_id": time_slot_id}):
        return False
    await keep_refusal(session, error, time_slot_id)
    return True


async def keep_refusal(session: AsyncSession, error: BookMeError, step_id: UUID) -> None:
    """Whoever takes the step later is to find this. The caller has locked what the step locks before it looks."""
    await session.execute(FORGET)
    told = {"reason": error.reason, "message": error.message, "facts": dict(error.facts)}
    keep = insert(RefusedStepRow).values(step_id=step_id, **told, refused_at=NOW)
    await session.execute(keep.on_conflict_do_nothing())


async def check_not_refused(session: AsyncSession, step_id: UUID) -> None:
    """Raise what the step was refused with, if it was. The caller has locked what it changes."""
    if (refused := await find_refusal(session, step_id)) is not None:
        raise refused


async def find_refusal(session: AsyncSession, step_id: UUID) -> BookMeError | None:
    """What the step was refused with, if it was."""
    found = (await session.execute(REFUSAL, {"step_id": step_id})).first()
    return None if found is None else retold(*found)
