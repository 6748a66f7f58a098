"""Endpoint of the rooms that are free during a time slot."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.auth.scopes import Reader
from api.dependencies import Transaction
from api.http.refusals import errors
from api.http.route import JsonRoute
from api.resources.ownership import find_own_live
from api.resources.vacancies import vacancies
from api.schemas.base.common import Body
from api.schemas.base.ids import LocationId, TimeSlotId
from api.schemas.configuration.lookups import Room
from domain.errors import Reason

router = APIRouter(prefix="/bookme/room-vacancies", tags=["BookMe"], route_class=JsonRoute)


class VacanciesQuery(Body):
    """The location and the time slot for which a room is looked for."""

    location: LocationId = Field(description="The id of the location.")
    time_slot_id: TimeSlotId = Field(description="A time slot of this client: the rooms are free all through it.")


@router.get("", operation_id="Rooms_vacancies", responses=errors(Reason.NOT_FOUND, Reason.NOT_YOURS))
async def list_vacant_rooms(
    principal: Reader, session: Transaction, query: Annotated[VacanciesQuery, Query()]
) -> list[Room]:
    """The rooms at a location that can be booked and are free during a time slot, by name.

    The time slot's own booking does not count as a conflict, so a room that it holds is listed too.
    """
    slot = await find_own_live(session, principal, query.time_slot_id)
    return [Room.stored(row) for row in await vacancies(session, slot, query.location)]
