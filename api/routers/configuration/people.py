"""Configuration of employees, rooms and locations."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query, Response

from api.auth.scopes import Configurer
from api.dependencies import IdempotencyKey, Shared, Transaction
from api.http.pagination import CursorCodec, PageQuery
from api.http.patching import Patch
from api.http.preconditions import IfVersion, tagged
from api.http.refusals import errors
from api.http.route import JsonRoute
from api.openapi import sends, sends_version
from api.resources import records
from api.routers.paths import EmployeeId, LocationId, RoomId
from api.schemas.base.ids import parse_id, parse_location
from api.schemas.configuration.people import EmployeeSettings, LocationSettings, RoomSettings
from domain.errors import NotFound, Reason
from services.calendars.window import block_if_readdressed
from storage.configuration.records import EMPLOYEE, LOCATION, ROOM

router = APIRouter(prefix="/bookme/config", tags=["Organization Configuration"], route_class=JsonRoute)

CREATING = (Reason.NOT_FOUND, Reason.ALREADY_EXISTS, Reason.IDEMPOTENCY_KEY_REUSED)
CHANGING = (Reason.NOT_FOUND, Reason.ALREADY_EXISTS)
REMOVING = (Reason.NOT_FOUND, Reason.IN_USE)


def _location(cursor: str) -> str:
    try:
        return parse_location(cursor)
    except NotFound as error:
        raise ValueError(cursor) from error


class LocationsQuery(PageQuery):
    """A page of the locations, whose ids are names."""

    codec = CursorCodec(write=str, parse=_location)


@router.get("/employees", operation_id="Employees_listSettings", responses=errors() | sends("Link"))
async def list_employees(
    _: Configurer, session: Transaction, response: Response, query: Annotated[PageQuery, Query()]
) -> list[EmployeeSettings]:
    """The employees by id, in pages; the header `Link: <…>; rel="next"` (RFC 8288) names the next page."""
    return await records.page(session, EMPLOYEE, EmployeeSettings, query, response, "/bookme/config/employees")


@router.post("/employees", operation_id="Employees_createSettings", responses=errors(*CREATING))
async def create_employee(principal: Configurer, employee: EmployeeSettings, key: IdempotencyKey) -> EmployeeSettings:
    """Add an employee."""
    return await records.create(key, principal, EMPLOYEE, employee)


@router.get(
    "/employees/{id}",
    operation_id="Employees_getSettings",
    responses=errors(Reason.NOT_FOUND) | sends_version(),
)
async def get_employee(_: Configurer, session: Transaction, id: EmployeeId, response: Response) -> EmployeeSettings:
    """One employee."""
    return tagged(response, await records.show(session, EMPLOYEE, EmployeeSettings, parse_id("employee", id)))


@router.patch(
    "/employees/{id}",
    operation_id="Employees_patchSettings",
    responses=errors(*CHANGING, Reason.VERSION_MISMATCH) | sends("ETag"),
)
async def change_employee(
    _: Configurer,
    session: Transaction,
    shared: Shared,
    id: EmployeeId,
    patch: Patch,
    response: Response,
    precondition: IfVersion,
    afterwards: BackgroundTasks,
) -> EmployeeSettings:
    """Change an employee by JSON Patch (RFC 6902): every operation, or none.

    After a change of the mail address, an employee with external calendars is not offered until these are read again,
    which starts at once. The address decides which events the employee has declined.
    """
    identity = parse_id("employee", id)
    before, changed = await records.change(session, EMPLOYEE, EmployeeSettings, identity, patch, precondition)
    if await block_if_readdressed(session, before.email, changed.email, employee_id=identity):
        afterwards.add_task(shared.engine.refresh_calendars)
    return tagged(response, changed)


@router.delete(
    "/employees/{id}",
    operation_id="Employees_deleteSettings",
    status_code=204,
    responses=errors(*REMOVING, Reason.VERSION_MISMATCH),
)
async def remove_employee(_: Configurer, session: Transaction, id: EmployeeId, precondition: IfVersion) -> None:
    """Delete an employee that nothing refers to."""
    await records.remove(session, EMPLOYEE, EmployeeSettings, parse_id("employee", id), precondition)


@router.get("/rooms", operation_id="Rooms_listSettings", responses=errors() | sends("Link"))
async def list_rooms(
    _: Configurer, session: Transaction, response: Response, query: Annotated[PageQuery, Query()]
) -> list[RoomSettings]:
    """The rooms by id, in pages; the header `Link: <…>; rel="next"` (RFC 8288) names the next page."""
    return await records.page(session, ROOM, RoomSettings, query, response, "/bookme/config/rooms")


@router.post("/rooms", operation_id="Rooms_createSettings", responses=errors(*CREATING))
async def create_room(principal: Configurer, room: RoomSettings, key: IdempotencyKey) -> RoomSettings:
    """Add a room."""
    return await records.create(key, principal, ROOM, room)


@router.get(
    "/rooms/{id}",
    operation_id="Rooms_getSettings",
    responses=errors(Reason.NOT_FOUND) | sends_version(),
)
async def get_room(_: Configurer, session: Transaction, id: RoomId, response: Response) -> RoomSettings:
    """One room."""
    return tagged(response, await records.show(session, ROOM, RoomSettings, parse_id("room", id)))


@router.patch(
    "/rooms/{id}",
    operation_id="Rooms_patchSettings",
    responses=errors(*CHANGING, Reason.VERSION_MISMATCH) | sends("ETag"),
)
async def change_room(
    _: Configurer,
    session: Transaction,
    shared: Shared,
    id: RoomId,
    patch: Patch,
    response: Response,
    precondition: IfVersion,
    afterwards: BackgroundTasks,
) -> RoomSettings:
    """Change a room by JSON Patch (RFC 6902): every operation, or none.

    After a change of the mail address, a room with external calendars is not offered until these are read again, which
    starts at once. The address decides which events the room has declined.
    """
    identity = parse_id("room", id)
    before, changed = await records.change(session, ROOM, RoomSettings, identity, patch, precondition)
    if await block_if_readdressed(session, before.email, changed.email, room_id=identity):
        afterwards.add_task(shared.engine.refresh_calendars)
    return tagged(response, changed)


@router.delete(
    "/rooms/{id}",
    operation_id="Rooms_deleteSettings",
    status_code=204,
    responses=errors(*REMOVING, Reason.VERSION_MISMATCH),
)
async def remove_room(_: Configurer, session: Transaction, id: RoomId, precondition: IfVersion) -> None:
    """Delete a room that nothing refers to."""
    await records.remove(session, ROOM, RoomSettings, parse_id("room", id), precondition)


@router.get("/locations", operation_id="Locations_listSettings", responses=errors() | sends("Link"))
async def list_locations(
    _: Configurer, session: Transaction, response: Response, query: Annotated[LocationsQuery, Query()]
) -> list[LocationSettings]:
    """The locations by id, in pages; the header `Link: <…>; rel="next"` (RFC 8288) names the next page."""
    return await records.page(session, LOCATION, LocationSettings, query, response, "/bookme/config/locations")


@router.post("/locations", operation_id="Locations_createSettings", responses=errors(*CREATING))
async def create_location(principal: Configurer, location: LocationSettings, key: IdempotencyKey) -> LocationSettings:
    """Add a location."""
    return await records.create(key, principal, LOCATION, location)


@router.get(
    "/locations/{id}",
    operation_id="Locations_getSettings",
    responses=errors(Reason.NOT_FOUND) | sends_version(),
)
async def get_location(_: Configurer, session: Transaction, id: LocationId, response: Response) -> LocationSettings:
    """One location."""
    return tagged(response, await records.show(session, LOCATION, LocationSettings, parse_location(id)))


@router.patch(
    "/locations/{id}",
    operation_id="Locations_patchSettings",
    responses=errors(*CHANGING, Reason.VERSION_MISMATCH) | sends("ETag"),
)
async def change_location(
    _: Configurer, session: Transaction, id: LocationId, patch: Patch, response: Response, precondition: IfVersion
) -> LocationSettings:
    """Change a location by JSON Patch (RFC 6902): every operation, or none."""
    return tagged(
        response, await records.patch(session, LOCATION, LocationSettings, parse_location(id), patch, precondition)
    )


@router.delete(
    "/locations/{id}",
    operation_id="Locations_deleteSettings",
    status_code=204,
    responses=errors(*REMOVING, Reason.VERSION_MISMATCH),
)
async def remove_location(_: Configurer, session: Transaction, id: LocationId, precondition: IfVersion) -> None:
    """Delete a location that nothing refers to."""
    await records.remove(session, LOCATION, LocationSettings, parse_location(id), precondition)
