"""Sweep of holds whose deadline has passed and that no workflow run has released."""

from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from storage.bookings.events import append_expired
from storage.bookings.time_slots import IS_HOLD, NOW, SLOTS
from storage.statements import rows
from storage.tables.booking import TimeSlotRow

GRACE: Final = timedelta(seconds=5)
"""Time after its deadline in which only its workflow run releases a hold: the run knows how the booking ended."""

PAGE: Final = 500
"""Holds that one transaction removes: few, so that no other transaction waits long for their rows."""

HAS_LAPSED: Final = sa.and_(IS_HOLD, SLOTS.c.companion_of.is_(None), SLOTS.c.hold_expires_at <= NOW - GRACE)

# Rows that a step has locked are skipped: the step may still change them, and waiting for them could deadlock.
LAPSED: Final = sa.select(SLOTS.c.id).where(HAS_LAPSED).limit(PAGE).with_for_update(skip_locked=True)
REMOVE_LAPSED: Final = rows(TimeSlotRow, sa.delete(SLOTS).where(SLOTS.c.id.in_(sa.select(LAPSED.cte("lapsed").c.id))))


async def remove_lapsed_holds(session: AsyncSession) -> int:
    """Remove a page of overdue holds with their attendee slots, and append a `booking.expired` event for each hold.

    Returns:
        The number of removed holds, at most `PAGE`.

    """
    removed = (await session.scalars(REMOVE_LAPSED)).all()
    await append_expired(session, removed)
    return len(removed)
