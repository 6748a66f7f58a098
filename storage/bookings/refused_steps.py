"""Refusals of steps. A refused step is never run again.

A paused worker may still have a step that a second worker has also received. The step of the second worker may
be refused or undone. The first worker would then run the step for a workflow run that is over. So each refusal is
stored for as long as a worker may be paused (`BOOKME_KEEP_REFUSED_STEPS`).
"""

from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.error_payloads import error_from_payload
from domain.errors import BookMeError
from storage import locks
from storage.bookings.time_slots import NOW
from storage.statements import table_of
from storage.tables.booking import BookingEventRow, RefusedStepRow

EVENTS: Final = table_of(BookingEventRow)
REFUSED: Final = table_of(RefusedStepRow)
TIME_SLOT: Final = sa.bindparam("time_slot_id", type_=sa.Uuid)
WAS_TAKEN: Final = sa.exists().where(EVENTS.c.time_slot_id == TIME_SLOT)
WAS_REFUSED: Final = sa.exists().where(REFUSED.c.step_id == TIME_SLOT)
STEP_WAS_REFUSED: Final = sa.exists().where(REFUSED.c.step_id == sa.bindparam("step_id", type_=sa.Uuid))
REFUSAL: Final = sa.select(REFUSED.c.reason, REFUSED.c.message, REFUSED.c.facts).where(
    REFUSED.c.step_id == sa.bindparam("step_id", type_=sa.Uuid)
)


async def refuse_time_slot(session: AsyncSession, error: BookMeError, time_slot_id: UUID) -> bool:
    """Refuse the step that creates this time slot from now on. Wait first for a worker that is running the step.

    Return False and change nothing if the step was completed.
    """
    await locks.lock(session, [locks.of_step(time_slot_id)])
    if await session.scalar(sa.select(WAS_TAKEN), {"time_slot_id": time_slot_id}):
        return False
    await keep_refusal(session, error, time_slot_id)
    return True


async def keep_refusal(session: AsyncSession, error: BookMeError, step_id: UUID) -> None:
    """Store the refusal for later runs of the step. An earlier refusal of the step stays.

    The caller must hold the same locks as the step when it looks for a refusal (`check_not_refused`).
    """
    told = {"reason": error.reason, "message": error.message, "facts": dict(error.facts)}
    keep = insert(RefusedStepRow).values(step_id=step_id, **told, refused_at=NOW)
    await session.execute(keep.on_conflict_do_nothing())


async def check_not_refused(session: AsyncSession, step_id: UUID) -> None:
    """Raise the stored refusal of the step, if there is one.

    The caller must have locked the rows that the step changes.
    """
    if (refused := await find_refusal(session, step_id)) is not None:
        raise refused


async def find_refusal(session: AsyncSession, step_id: UUID) -> BookMeError | None:
    """Return the stored refusal of the step, or None."""
    found = (await session.execute(REFUSAL, {"step_id": step_id})).first()
    return None if found is None else error_from_payload(*found)
