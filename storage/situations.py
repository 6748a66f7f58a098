"""Reads what the availability rules decide from, in a fixed number of statements whatever the number of employees."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.availability import BusyTime, Situation
from domain.time_slots import Interval, TimeSlotStatus
from storage.premises import read_employees, read_premises
from storage.tables import MeetingRow, TimeSlotRow
from storage.time_slots import live_slots


async def read_situation(
    session: AsyncSession,
    window: Interval,
    employees: Sequence[UUID] | None = None,
    now: datetime | None = None,
    *,
    rooms: Sequence[UUID] | None = None,
) -> Situation:
    """Everything that says whether these employees can meet in `window`, in these rooms (None: all, of either)."""
    premises = await read_premises(session)
    among = [room for room in premises.rooms if rooms is None or room.id in rooms]
    slots = await live_slots(session, window, employees, [room.id for room in among])
    return Situation(
        organisation=premises.organisation,
        employees=await read_employees(session, employees),
        rooms=tuple(among),
        locations=premises.locations,
        busy=tuple(busy_time(slot) for slot in slots),
        now=now or premises.now,
        competence_groups=premises.competence_groups,
        service_groups=premises.service_groups,
    )


def busy_time(slot: TimeSlotRow) -> BusyTime:
    return BusyTime(
        id=slot.id,
        interval=Interval(slot.start_at, slot.end_at),
        status=TimeSlotStatus(slot.status),
        employee_id=slot.employee_id,
        room_id=slot.room_id,
        held_until=slot.hold_expires_at,
    )


async def slots_of_meetings(session: AsyncSession, meetings: Sequence[UUID]) -> frozenset[UUID]:
    """The time slots of these meetings, as `ignoreMeetingIds` leaves them out."""
    if not meetings:
        return frozenset()
    found = await session.scalars(sa.select(col(MeetingRow.time_slot_id)).where(col(MeetingRow.id).in_(meetings)))
    return frozenset(found.all())
