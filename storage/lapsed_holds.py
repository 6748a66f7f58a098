"""The sweep of holds whose deadline passed and that no run has released."""

from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from storage.booking_tables import TimeSlotRow
from storage.events import append_expired
from storage.statements import rows
from storage.time_slots import IS_HOLD, NOW, SLOTS

GRACE: Final = timedelta(seconds=5)
"""How long after its deadline a hold is left to its run, which knows better how the booking ended."""

PAGE: Final = 500
"""Holds that one transaction removes: few enough that nobody waits long for their rows."""

# Rows that a step has locked are passed over: it may still change them, and a deadlock is impossible.
LAPSED: Final = (
    sa.select(SLOTS.c.id)
    .where(IS_HOLD, SLOTS.c.companion_of.is_(None), SLOTS.c.hold_expires_at <= NOW - GRACE)
    .limit(PAGE)
    .with_for_update(skip_locked=True)
)
REMOVE_LAPSED: Final = rows(TimeSlotRow, sa.delete(SLOTS).where(SLOTS.c.id.in_(sa.select(LAPSED.cte("lapsed").c.id))))


async def remove_lapsed_holds(session: AsyncSession) -> int:
    """Remove a page of overdue holds with their companions, and append the `booking.expired` event of each.

    Returns:
        How many holds were removed, at most `PAGE`.

    """
    removed = (await session.scalars(REMOVE_LAPSED)).all()
    await append_expired(session, removed)
    return len(removed)
