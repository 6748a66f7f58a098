"""Steps that would have made a time slot, and never will.

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
WAS_REFUSED: Final = sa.exists().where(REFUSED.c.time_slot_id == TIME_SLOT)
FORGET: Final = sa.delete(REFUSED).where(REFUSED.c.refused_at < NOW - KEPT_FOR)
REFUSAL: Final = sa.select(REFUSED.c.reason, REFUSED.c.message, REFUSED.c.facts).where(
    REFUSED.c.time_slot_id == TIME_SLOT
)


def queue_of_step(time_slot_id: UUID) -> str:
    """What the step that makes this time slot has locked until it is committed."""
    return f"step:{time_slot_id}"


async def refuse_for_good(session: AsyncSession, time_slot_id: UUID, error: BookMeError) -> bool:
    """Have the step that makes this time slot refused from now on, as it was. False if somebody has taken it."""
    await lock(session, [queue_of_step(time_slot_id)])
    if await session.scalar(sa.select(WAS_TAKEN), {"time_slot_id": time_slot_id}):
        return False
    await session.execute(FORGET)
    told = {"reason": error.reason, "message": error.message, "facts": dict(error.facts)}
    keep = insert(RefusedStepRow).values(time_slot_id=time_slot_id, **told, refused_at=NOW)
    await session.execute(keep.on_conflict_do_nothing())
    return True


async def find_refusal(session: AsyncSession, time_slot_id: UUID) -> BookMeError | None:
    """What the step that makes this time slot was refused with, if it was."""
    found = (await session.execute(REFUSAL, {"time_slot_id": time_slot_id})).first()
    return None if found is None else retold(*found)
