"""Changes of the time slots of meetings. The caller must have locked their rows."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.bookings.holds import change
from storage.bookings.time_slots import SLOT
from storage.tables.booking import TimeSlotRow


async def set_room(session: AsyncSession, slot: TimeSlotRow, room_id: UUID | None) -> None:
    await change(session, slot.id, room_id=room_id)


async def give_to(session: AsyncSession, slot: TimeSlotRow, client_id: str) -> None:
    """Make this client the owner of the time slot, even if another client has reserved the time slot."""
    if slot.client_id != client_id:
        await change(session, slot.id, client_id=client_id)


async def free(session: AsyncSession, slot: TimeSlotRow) -> None:
    """Delete the time slot and its attendee slots."""
    await session.execute(sa.delete(TimeSlotRow).where(col(SLOT.id) == slot.id))
