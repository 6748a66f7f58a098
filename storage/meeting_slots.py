"""What becomes of a meeting's time slots while it lives. Their rows are locked by the caller."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.booking_tables import TimeSlotRow
from storage.holds import change
from storage.time_slots import SLOT


async def set_room(session: AsyncSession, slot: TimeSlotRow, room_id: UUID | None) -> None:
    await change(session, slot.id, room_id=room_id)


async def give_to(session: AsyncSession, slot: TimeSlotRow, client_id: str) -> None:
    """The time slot is this client's from now on, whoever has reserved it."""
    if slot.client_id != client_id:
        await change(session, slot.id, client_id=client_id)


async def free(session: AsyncSession, slot: TimeSlotRow) -> None:
    """Delete it, and its companions with it."""
    await session.execute(sa.delete(TimeSlotRow).where(col(SLOT.id) == slot.id))
