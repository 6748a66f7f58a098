"""Companions: the rows that hold the time of a time slot's additional employees. They live and end with its row.

Whoever changes or removes a time slot has locked its row first, so nobody ever waits for a companion's.
"""

from collections.abc import Sequence
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.time_slots import Interval
from storage.booking_tables import TimeSlotRow
from storage.holds import change, overlap_refused
from storage.statements import AS_STORED
from storage.time_slots import NOW, SLOT, concerns, touches


def companion_id(time_slot_id: UUID, employee_id: UUID) -> UUID:
    """An employee is held once with a time slot."""
    return uuid5(time_slot_id, str(employee_id))


def with_companions(*slots: TimeSlotRow | None) -> frozenset[UUID]:
    """The ids of these time slots and of their companions."""
    known = [slot for slot in slots if slot is not None]
    companions = (companion_id(slot.id, each) for slot in known for each in slot.additional_employees)
    return frozenset((*(slot.id for slot in known), *companions))


async def add_companions(session: AsyncSession, slot: TimeSlotRow, employees: Sequence[UUID]) -> None:
    """Hold these employees too, as long as the time slot is held.

    Raises:
        TimeSlotTaken: the exclusion constraint forbids it.

    """
    if employees:
        with overlap_refused():
            await session.execute(sa.insert(TimeSlotRow).values([_companion(slot, each) for each in employees]))


async def name_companions(session: AsyncSession, slot: TimeSlotRow, employees: Sequence[UUID]) -> None:
    """Only these are additional employees of the time slot from now on, and all others are free."""
    others = ~(col(SLOT.employee_id) == sa.any_(sa.literal(list(employees), sa.ARRAY(sa.Uuid))))
    removal = sa.delete(TimeSlotRow).where(col(SLOT.companion_of) == slot.id, others)
    await session.execute(removal, execution_options=AS_STORED)
    await change(session, slot.id, additional_employees=list(employees))


async def own_time(
    session: AsyncSession, slot: TimeSlotRow, window: Interval, employees: Sequence[UUID], rooms: Sequence[UUID] = ()
) -> frozenset[UUID]:
    """What the booking of this time slot has of their time already: a meeting that is moved has two of it."""
    is_same = col(SLOT.booking_key) == slot.booking_key
    query = sa.select(col(SLOT.id)).where(is_same, touches(window), concerns(employees, rooms))
    return frozenset(await session.scalars(query))


def _companion(slot: TimeSlotRow, employee_id: UUID) -> dict[str, object]:
    same = ("start_at", "end_at", "status", "hold_expires_at", "booking_key", "client_id")
    return {
        **{name: getattr(slot, name) for name in same},
        "id": companion_id(slot.id, employee_id),
        "employee_id": employee_id,
        "companion_of": slot.id,
        "version": 1,
        "created_at": NOW,
        "modified_at": NOW,
    }
