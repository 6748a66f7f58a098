"""Rooms that are free."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.auth import Reader
from api.ownership import find_own_live
from api.refusals import errors
from api.route import JsonRoute
from api.schemas.common import Body
from api.schemas.configuration import Room
from api.schemas.ids import LocationId, TimeSlotId
from api.state import Transaction
from api.vacancies import vacancies
from domain.errors import Reason

router = APIRouter(prefix="/bookme/room-vacancies", tags=["BookMe"], route_class=JsonRoute)


class VacanciesQuery(Body):
    """Where and when a room is looked for."""

    location: LocationId = Field(description="The id of the location.")
    time_slot_id: TimeSlotId = Field(description="A time slot of this client: the rooms are free all through it.")


@router.get("", operation_id="Rooms_vacancies", responses=errors(Reason.NOT_FOUND, Reason.NOT_YOURS))
async def list_vacant_rooms(
    principal: Reader, session: Transaction, query: Annotated[VacanciesQuery, Query()]
) -> list[Room]:
    """The rooms at a location that can be booked and are free during a time slot, by name.

    Nothing of the time slot's own booking is in its way: a room that it has is among them.
    """
    slot = await find_own_live(session, principal, query.time_slot_id)
    return [Room.stored(row) for row in await vacancies(session, slot, query.location)]
