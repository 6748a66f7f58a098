"""Configuration of external calendars of employees and rooms. Their busy times are not offered."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from activities.calendars import Calendars, Requester
from api.auth.scopes import Configurer
from api.dependencies import IdempotencyKey, Shared
from api.http.errors import UnusableRequest
from api.http.idempotency import Made
from api.http.pagination import PageQuery
from api.http.patching import Patch
from api.http.preconditions import IfVersion, tagged
from api.http.refusals import errors
from api.http.route import JsonRoute
from api.openapi import sends
from api.resources.made import named
from api.resources.records import Resource
from api.routers.configuration.crud import CREATING, Crud
from api.routers.paths import CalendarId
from api.schemas.base.ids import EmployeeId, OrNone, RoomId, parse_id
from api.schemas.configuration.calendars import CalendarSettings
from domain.calendar_reading.refusal import UnusableCalendar
from domain.errors import Reason
from storage.configuration.records import CALENDAR
from storage.tables.availability import CalendarRow

router = APIRouter(prefix="/bookme/config/calendars", tags=["Organization Configuration"], route_class=JsonRoute)

FILE: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"text/calendar": {"schema": {"type": "string", "format": "binary"}}}}
}


async def requester_of(principal: Configurer, request: Request) -> Requester:
    """Return the client for whose request a calendar is read. The reading stops when the client disconnects."""

    async def check_waiting() -> None:
        if await request.is_disconnected():
            raise UnusableRequest(HTTPStatus.BAD_REQUEST, "The client did not wait until the calendar was read.")

    return Requester(principal.client_id, check_waiting)


CalendarRequester = Annotated[Requester, Depends(requester_of)]


class CalendarsQuery(PageQuery):
    """A page of all calendars, or of those of one employee or room."""

    employee_id: OrNone[EmployeeId] = Field(None, description="Only calendars of this employee.")
    room_id: OrNone[RoomId] = Field(None, description="Only calendars of this room.")


CALENDARS: Final = Resource(CALENDAR, CalendarSettings)
crud = Crud(router, CALENDARS, "", "Calendars_{}")
crud.add_list(CalendarsQuery, (Reason.NOT_FOUND,))


@router.post("", operation_id="Calendars_create", responses=errors(*CREATING))
async def create_calendar(
    principal: Configurer,
    shared: Shared,
    calendar: CalendarSettings,
    key: IdempotencyKey,
    requester: CalendarRequester,
) -> CalendarSettings:
    """Add a calendar. BookMe reads a feed at once.

    If the reading fails, `failure` says why, and BookMe reads the feed again later.
    """
    made = await CALENDARS.create(key, principal, calendar)
    is_unread = made.imported_at is None and made.failed_at is None
    return await _refreshed(shared.calendars, made, requester) if made.url and is_unread else made


crud.add_get(
    "Get one calendar, with the number of its future busy times, the time of its last reading, "
    "and the cause of a failure."
)


@router.patch(
    "/{id}", operation_id="Calendars_patch", responses=errors(Reason.NOT_FOUND, Reason.VERSION_MISMATCH) | sends("ETag")
)
async def change_calendar(
    requester: CalendarRequester,
    shared: Shared,
    id: CalendarId,
    patch: Patch,
    response: Response,
    precondition: IfVersion,
) -> CalendarSettings:
    """Change a calendar by JSON Patch (RFC 6902). BookMe applies all operations or none.

    If the calendar is a feed, BookMe reads it before the answer.
    """
    async with shared.database.transaction() as session:
        _, changed = await CALENDARS.change(session, parse_id("calendar", id), patch, precondition)
    return tagged(response, await _refreshed(shared.calendars, changed, requester) if changed.url else changed)


crud.add_remove(
    "Delete a calendar, and all busy times that came from the calendar.", (Reason.NOT_FOUND, Reason.VERSION_MISMATCH)
)


@router.post(
    "/{id}/refresh",
    operation_id="Calendars_refresh",
    responses=errors(Reason.NOT_FOUND, Reason.IDEMPOTENCY_KEY_REUSED),
)
async def refresh_calendar(
    principal: Configurer, shared: Shared, id: CalendarId, key: IdempotencyKey, requester: CalendarRequester
) -> CalendarSettings:
    """Read a feed now.

    If the reading fails, `failure` says why, and the busy times of the previous reading stay.
    """
    identity = parse_id("calendar", id)

    async def refresh() -> CalendarSettings:
        return _shown(await shared.calendars.refresh(identity, requester))

    async def show(session: AsyncSession, _: Made) -> CalendarSettings:
        return await CALENDARS.show(session, identity)

    return await key.once_elsewhere(principal, refresh, named, show)


@router.put("/{id}/file", operation_id="Calendars_putFile", responses=errors(Reason.NOT_FOUND), openapi_extra=FILE)
async def import_file(
    requester: CalendarRequester, shared: Shared, id: CalendarId, request: Request
) -> CalendarSettings:
    """Import an iCalendar file (RFC 5545). Its busy times replace all previous busy times of the calendar."""
    try:
        return _shown(await shared.calendars.import_file(parse_id("calendar", id), await request.body(), requester))
    except UnusableCalendar as error:
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, f"This file cannot be imported: {error}.") from error


async def _refreshed(calendars: Calendars, calendar: CalendarSettings, requester: Requester) -> CalendarSettings:
    return _shown(await calendars.refresh(calendar.id, requester))


def _shown(calendar: CalendarRow) -> CalendarSettings:
    return CalendarSettings.stored(calendar.model_dump())
