"""Attendee slots: the rows that hold the time of the additional employees of a time slot.

An attendee slot is deleted with its time slot. A transaction must lock the row of the time slot before it
changes or removes the time slot. So no transaction waits for the row of an attendee slot.
"""

from collections.abc import Sequence
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.time_slots import Interval
from storage.bookings.holds import change, overlap_refused
from storage.bookings.time_slots import NOW, SLOT, concerns, touches
from storage.statements import AS_STORED
from storage.tables.booking import TimeSlotRow


def attendee_slot_id(time_slot_id: UUID, employee_id: UUID) -> UUID:
    """Return the id of the attendee slot.

    The id is derived from both ids, so each employee has at most one attendee slot per time slot.
    """
    return uuid5(time_slot_id, str(employee_id))


def with_attendee_slots(*slots: TimeSlotRow | None) -> frozenset[UUID]:
    """Return the ids of these time slots and of their attendee slots. None is skipped."""
    known = [slot for slot in slots if slot is not None]
    companions = (attendee_slot_id(slot.id, each) for slot in known for each in slot.additional_employees)
    return frozenset((*(slot.id for slot in known), *companions))


async def add_attendee_slots(session: AsyncSession, slot: TimeSlotRow, employees: Sequence[UUID]) -> None:
    """Insert an attendee slot of the time slot for each of these employees.

    Raises:
        TimeSlotTaken: the exclusion constraint forbids one of them.

    """
    if employees:
        with overlap_refused():
            await session.execute(sa.insert(TimeSlotRow).values([_companion(slot, each) for each in employees]))


async def set_attendees(session: AsyncSession, slot: TimeSlotRow, employees: Sequence[UUID]) -> None:
    """Set the additional employees of the time slot, and delete the attendee slots of all others.

    The function inserts no attendee slot: see `add_attendee_slots`.
    """
    others = ~(col(SLOT.employee_id) == sa.any_(sa.literal(list(employees), sa.ARRAY(sa.Uuid))))
    removal = sa.delete(TimeSlotRow).where(col(SLOT.companion_of) == slot.id, others)
    await session.execute(removal, execution_options=AS_STORED)
    await change(session, slot.id, additional_employees=list(employees))


async def own_time(
    session: AsyncSession, slot: TimeSlotRow, window: Interval, employees: Sequence[UUID], rooms: Sequence[UUID] = ()
) -> frozenset[UUID]:
    """Return the ids of the slots in `window` that the same booking has of these employees or rooms.

    While a meeting is moved, its booking has two time slots.
    """
    is_same = col(SLOT.booking_key) == slot.booking_key
    query = sa.select(col(SLOT.id)).where(is_same, touches(window), concerns(employees, rooms))
    return frozenset(await session.scalars(query))


def _companion(slot: TimeSlotRow, employee_id: UUID) -> dict[str, object]:
    same = ("start_at", "end_at", "status", "hold_expires_at", "booking_key", "client_id")
    return {
        **{name: getattr(slot, name) for name in same},
        "id": attendee_slot_id(slot.id, employee_id),
        "employee_id": employee_id,
        "companion_of": slot.id,
        "version": 1,
        "created_at": NOW,
        "modified_at": NOW,
    }
