"""Which rooms are free during a time slot: what is asked of the rules, and their answer as rows."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.availability import vacant_rooms
from domain.errors import NotFound
from domain.time_slots import Interval
from storage.booking_tables import TimeSlotRow
from storage.organisation_tables import RoomRow
from storage.premises import read_premises
from storage.situations import read_situation, slots_in_rooms


async def vacancies(session: AsyncSession, slot: TimeSlotRow, location: str) -> Sequence[RoomRow]:
    """The rooms at the location that are free throughout the time slot, by name.

    Raises:
        NotFound: there is no such location.

    """
    premises, interval = await read_premises(session), Interval(slot.start_at, slot.end_at)
    if location not in premises.locations:
        raise NotFound("location", location)
    rooms = [room.id for room in premises.rooms if room.location == location]
    situation = await read_situation(session, interval, [], premises, rooms=rooms)
    own = await slots_in_rooms(session, slot.booking_key, interval, rooms)
    free = [room.id for room in vacant_rooms(situation, location, interval, own)]
    query = sa.select(RoomRow).where(col(RoomRow.id).in_(free)).order_by(col(RoomRow.name), col(RoomRow.id))
    return (await session.scalars(query)).all()
