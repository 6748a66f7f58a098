"""Endpoint of the rooms that are free during a time slot."""

from collections.abc import Sequence
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.auth.scopes import Reader
from api.dependencies import Transaction
from api.http.refusals import errors
from api.http.route import JsonRoute
from api.resources.ownership import find_own_live
from api.schemas.base.common import Body
from api.schemas.base.ids import LocationId, TimeSlotId
from api.schemas.configuration.lookups import Room
from domain.availability import vacant_rooms
from domain.errors import NotFound, Reason
from domain.time_slots import Interval
from storage.availability.organisation_data import read_organisation_data
from storage.availability.situations import read_availability_data, slots_in_rooms
from storage.tables.booking import TimeSlotRow
from storage.tables.organisation import RoomRow

router = APIRouter(prefix="/bookme/room-vacancies", tags=["BookMe"], route_class=JsonRoute)


class VacanciesQuery(Body):
    """The location and the time slot for which a room is needed."""

    location: LocationId = Field(description="The id of the location.")
    time_slot_id: TimeSlotId = Field(
        description="A time slot of this client. The listed rooms are free during the whole time slot."
    )


@router.get("", operation_id="Rooms_vacancies", responses=errors(Reason.NOT_FOUND, Reason.NOT_YOURS))
async def list_vacant_rooms(
    principal: Reader, session: Transaction, query: Annotated[VacanciesQuery, Query()]
) -> list[Room]:
    """List the rooms at a location that can be booked and are free during a time slot, by name.

    The booking of the time slot does not count as a conflict. So a room that this booking holds is listed too.
    """
    slot = await find_own_live(session, principal, query.time_slot_id)
    return [Room.stored(row) for row in await vacancies(session, slot, query.location)]


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
