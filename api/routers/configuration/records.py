"""Configuration of employees, rooms, locations, competence groups and service groups."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from api.http.errors import UnusableRequest
from api.http.pagination import CursorCodec, PageQuery
from api.http.route import JsonRoute
from api.resources.records import Resource
from api.routers.configuration.crud import Crud
from api.schemas.base.ids import LOCATION_ID
from api.schemas.configuration.groups import CompetenceGroupSettings, ServiceGroupSettings
from api.schemas.configuration.people import EmployeeSettings, LocationSettings, RoomSettings
from domain.configuration import DEEPEST_COMPETENCE_GROUP, is_in_a_cycle, too_deep
from storage.availability.organisation_data import read_organisation_data
from storage.configuration.records import COMPETENCE_GROUP, EMPLOYEE, LOCATION, ROOM, SERVICE_GROUP

router = APIRouter(prefix="/bookme/config", tags=["Organization Configuration"], route_class=JsonRoute)


def _parse_location(cursor: str) -> str:
    if not LOCATION_ID.fullmatch(cursor):
        raise ValueError(cursor)
    return cursor


class LocationsQuery(PageQuery):
    """A page of the locations, whose ids are names."""

    codec = CursorCodec(write=str, parse=_parse_location)


async def check_nesting(session: AsyncSession, _: object) -> None:
    """Raise `UnusableRequest` if competence groups are nested too deeply, or one is above itself."""
    groups = (await read_organisation_data(session)).competence_groups
    parents = {group.id: group.parent_id for group in groups}
    if any(is_in_a_cycle(each, parents) for each in parents):
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, "A competence group cannot be above itself (parentId).")
    if too_deep(groups):
        message = f"There may be {DEEPEST_COMPETENCE_GROUP} levels of competence groups (parentId)."
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, message)


EMPLOYEES: Final = Resource(EMPLOYEE, EmployeeSettings)
ROOMS: Final = Resource(ROOM, RoomSettings)
LOCATIONS: Final = Resource(LOCATION, LocationSettings)
COMPETENCE_GROUPS: Final = Resource(COMPETENCE_GROUP, CompetenceGroupSettings, check_nesting)
SERVICE_GROUPS: Final = Resource(SERVICE_GROUP, ServiceGroupSettings)

Crud(router, EMPLOYEES, "/employees", "Employees_{}Settings").add_all()
Crud(router, ROOMS, "/rooms", "Rooms_{}Settings").add_all()
Crud(router, LOCATIONS, "/locations", "Locations_{}Settings").add_all(LocationsQuery)
Crud(router, COMPETENCE_GROUPS, "/competence-groups", "CompetenceGroups_{}Settings").add_all()
Crud(router, SERVICE_GROUPS, "/service-groups", "ServiceGroups_{}Settings").add_all()
