"""Rooms that are free during a time slot."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.availability import vacant_rooms
from domain.errors import NotFound
from domain.time_slots import Interval
from storage.availability.organisation_data import read_organisation_data
from storage.availability.situations import read_availability_data, slots_in_rooms
from storage.tables.booking import TimeSlotRow
from storage.tables.organisation import RoomRow


async def vacancies(session: AsyncSession, slot: TimeSlotRow, location: str) -> Sequence[RoomRow]:
    """Return the rooms at the location that are free throughout the time slot, ordered by name.

    Raises:
        NotFound: there is no such location.

    """
    organisation_data, interval = await read_organisation_data(session), Interval(slot.start_at, slot.end_at)
    if location not in organisation_data.locations:
        raise NotFound("location", location)
    rooms = [room.id for room in organisation_data.rooms if room.location == location]
    situation = await read_availability_data(session, interval, [], organisation_data, rooms=rooms)
    own = await slots_in_rooms(session, slot.booking_key, interval, rooms)
    free = [room.id for room in vacant_rooms(situation, location, interval, own)]
    query = sa.select(RoomRow).where(col(RoomRow.id).in_(free)).order_by(col(RoomRow.name), col(RoomRow.id))
    return (await session.scalars(query)).all()
