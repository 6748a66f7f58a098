"""List of the time slots with a deadline, for operators."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.bookings.time_slots import IS_HOLD, NOW
from storage.tables.booking import TimeSlotRow
from storage.tables.organisation import EmployeeRow


class StoredHold(NamedTuple):
    """A main time slot with a deadline, the name of its employee, and the time of the query."""

    slot: TimeSlotRow
    employee: str
    now: datetime


async def list_stored_holds(
    session: AsyncSession, client_id: str | None, limit: int, *, is_overdue: bool
) -> Sequence[StoredHold]:
    """Return at most `limit` holds, by deadline. `is_overdue` leaves out those whose deadline has not passed."""
    query = (
        sa.select(TimeSlotRow, col(EmployeeRow.display_name), NOW)
        .join(EmployeeRow, col(EmployeeRow.id) == col(TimeSlotRow.employee_id))
        .where(IS_HOLD, col(TimeSlotRow.companion_of).is_(None))
        .order_by(col(TimeSlotRow.hold_expires_at), col(TimeSlotRow.id))
        .limit(limit)
    )
    if client_id is not None:
        query = query.where(col(TimeSlotRow.client_id) == client_id)
    if is_overdue:
        query = query.where(col(TimeSlotRow.hold_expires_at) <= NOW)
    return [StoredHold(*row) for row in await session.execute(query)]
