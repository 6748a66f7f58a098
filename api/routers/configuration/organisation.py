"""Configuration of the organisation: settings, closing days, priority levels, and the allowed options of topics."""

from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import holidays
from fastapi import APIRouter, BackgroundTasks, Query, Response
from pydantic import AfterValidator, Field, RootModel
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.scopes import Configurer
from api.dependencies import IdempotencyKey, Shared, Transaction
from api.http.errors import UnusableRequest
from api.http.idempotency import Made
from api.http.patching import Patch, patched
from api.http.preconditions import IfVersion, tagged
from api.http.refusals import errors
from api.http.route import JsonRoute
from api.openapi import sends, sends_version
from api.routers.paths import ClosingDate
from api.schemas.base.common import LocalDate, parse_date
from api.schemas.configuration.organisation import (
    ZONES,
    AdvisorPriorityLevel,
    AllowedOptions,
    ClosingDay,
    NationalHolidays,
    OrganizationSettings,
    TimeZone,
    check_levels,
)
from domain.availability import AvailabilityData, working_spans_on
from domain.errors import AlreadyExists, NotFound, Reason
from domain.meetings import MeetingType
from domain.time_slots import Interval
from services.calendars.window import mark_unread_time_busy
from storage.availability.organisation_data import organisation
from storage.availability.situations import read_availability_data
from storage.configuration.closing_days import close_on, find_closing_days, list_closing_days
from storage.configuration.lookups import NAMES, get, get_organisation
from storage.configuration.records import TOPIC, load_page
from storage.locks import CONFIGURATION, lock
from storage.tables.availability import ClosingDayRow

ADDING = (Reason.ALREADY_EXISTS, Reason.IDEMPOTENCY_KEY_REUSED)

router = APIRouter(prefix="/bookme/config", tags=["Organization Configuration"], route_class=JsonRoute)

EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
MOST_TOPICS: Final = 10_000

Levels = Annotated[list[AdvisorPriorityLevel], Field(min_length=1, max_length=50), AfterValidator(check_levels)]
PriorityLevels = RootModel[list[AdvisorPriorityLevel]]


@router.get(
    "/organization",
    operation_id="Organization_get",
    responses=errors(Reason.NOT_FOUND) | sends_version(),
)
async def get_organization(_: Configurer, session: Transaction, response: Response) -> OrganizationSettings:
    """Get the organisation's settings."""
    return tagged(response, OrganizationSettings.stored(await get_organisation(session)))


@router.patch(
    "/organization",
    operation_id="Organization_patch",
    responses=errors(Reason.NOT_FOUND, Reason.VERSION_MISMATCH) | sends("ETag"),
)
async def change_organization(
    _: Configurer,
    session: Transaction,
    shared: Shared,
    patch: Patch,
    response: Response,
    precondition: IfVersion,
    afterwards: BackgroundTasks,
) -> OrganizationSettings:
    """Change the settings by JSON Patch (RFC 6902). BookMe applies all operations or none.

    After a change of the time zone or a longer `maxTimeFromBookingToMeeting`, BookMe reads all external calendars again
    at once. Until then, employees and rooms with external calendars are not offered at times that BookMe has not read
    yet.
    """
    await lock(session, [CONFIGURATION])
    row = await get_organisation(session)
    there = OrganizationSettings.stored(row)
    precondition.check_resource("organisation", there)
    wanted = patched(there, patch)
    if contradiction := wanted.contradiction():
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, contradiction)
    before = organisation(row)
    row.sqlmodel_update(wanted.columns())
    if await mark_unread_time_busy(session, before, organisation(row)):
        afterwards.add_task(shared.engine.refresh_calendars)
    return tagged(response, wanted)


@router.get("/closing-days", operation_id="ClosingDays_list", responses=errors())
async def list_days(
    _: Configurer,
    session: Transaction,
    first: Annotated[
        LocalDate | None, Query(alias="from", description="Only closing days on or after this date.")
    ] = None,
    last: Annotated[
        LocalDate | None, Query(alias="to", description="Only closing days on or before this date.")
    ] = None,
) -> list[ClosingDay]:
    """List the days on which the organisation is closed."""
    if first is not None and last is not None and last < first:
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, "to must not be before from.", "to")
    return [ClosingDay.stored(row) for row in await list_closing_days(session, first, last)]


@router.post("/closing-days", operation_id="ClosingDays_create", responses=errors(*ADDING))
async def add_closing_day(principal: Configurer, closing_day: ClosingDay, key: IdempotencyKey) -> ClosingDay:
    """Add a closing day. Meetings that are already booked on this day stay."""

    async def add(session: AsyncSession) -> Made:
        if not await close_on(session, {closing_day.date: closing_day.name}):
            raise AlreadyExists(NAMES[ClosingDayRow])
        return {"id": closing_day.date.isoformat()}

    async def show(session: AsyncSession, made: Made) -> ClosingDay:
        return ClosingDay.stored(await get(session, ClosingDayRow, date.fromisoformat(made["id"])))

    return await key.once(principal, add, show)


@router.post(
    "/closing-days/holidays", operation_id="ClosingDays_addHolidays", responses=errors(Reason.IDEMPOTENCY_KEY_REUSED)
)
async def add_holidays(principal: Configurer, wanted: NationalHolidays, key: IdempotencyKey) -> list[ClosingDay]:
    """Add a country's public holidays as closing days.

    The answer has the new closing days. Existing closing days stay as they are. A repeat with the same
    `Idempotency-Key` returns those new days that are still closing days.
    """
    try:
        found = holidays.country_holidays(wanted.country, subdiv=wanted.subdivision, years=wanted.years)
    except NotImplementedError as error:
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, f"These holidays are not known: {error}") from error

    async def add(session: AsyncSession) -> Made:
        return {"days": [row.day.isoformat() for row in await close_on(session, dict(found))]}

    async def show(session: AsyncSession, made: Made) -> list[ClosingDay]:
        days = [date.fromisoformat(each) for each in made["days"]]
        return [ClosingDay.stored(row) for row in await find_closing_days(session, days)]

    return await key.once(principal, add, show)


@router.delete(
    "/closing-days/{date}", operation_id="ClosingDays_delete", status_code=204, responses=errors(Reason.NOT_FOUND)
)
async def remove_closing_day(_: Configurer, session: Transaction, date: ClosingDate) -> None:
    """Remove a closing day."""
    await session.delete(await get(session, ClosingDayRow, _date(date)))


@router.get(
    "/advisor-priority-levels",
    operation_id="AdvisorPriorityLevels_get",
    responses=errors(Reason.NOT_FOUND) | sends_version(),
)
async def get_priority_levels(_: Configurer, session: Transaction, response: Response) -> list[AdvisorPriorityLevel]:
    """Get the order in which BookMe chooses between free employees. Employees without a level come last."""
    levels = PriorityLevels.model_validate((await get_organisation(session)).priority_levels)
    return tagged(response, levels).root


@router.put(
    "/advisor-priority-levels",
    operation_id="AdvisorPriorityLevels_put",
    responses=errors(Reason.NOT_FOUND, Reason.VERSION_MISMATCH) | sends("ETag"),
)
async def set_priority_levels(
    _: Configurer, session: Transaction, levels: Levels, response: Response, precondition: IfVersion
) -> list[AdvisorPriorityLevel]:
    """Replace the priority levels. BookMe chooses employees of the first level first."""
    await lock(session, [CONFIGURATION])
    row = await get_organisation(session)
    precondition.check_resource("advisor priority levels", PriorityLevels.model_validate(row.priority_levels))
    stored = [level.model_dump(mode="json", exclude_none=True) for level in levels]
    row.sqlmodel_update({"priority_levels": stored})
    return tagged(response, PriorityLevels(levels)).root


@router.get("/allowed-options", operation_id="AllowedOptions_list", responses=errors())
async def list_allowed_options(_: Configurer, session: Transaction) -> list[AllowedOptions]:
    """List, for each topic, the customer types, meeting types and locations with which an employee can be booked."""
    topics = await load_page(session, TOPIC, None, MOST_TOPICS)
    situation = await read_availability_data(session, Interval(EPOCH, EPOCH), rooms=[])
    return [_options(topic["id"], topic["customer_types"], situation) for topic in topics]


@router.get("/time-zones", operation_id="TimeZones_list", responses=errors())
async def list_time_zones(_: Configurer) -> list[TimeZone]:
    """List the IANA time zones, by name."""
    now = datetime.now(UTC)
    return [TimeZone(id=zone, utc_offset=now.astimezone(ZoneInfo(zone)).isoformat()[-6:]) for zone in sorted(ZONES)]


def _options(topic: UUID, customer_types: list[UUID], situation: AvailabilityData) -> AllowedOptions:
    spans = list(working_spans_on(topic, situation))
    return AllowedOptions(
        topic_id=topic,
        customer_types=customer_types,
        meeting_types=sorted({each for span in spans for each in span.meeting_types}),
        locations=sorted({span.location for span in spans if MeetingType.PHYSICAL in span.meeting_types}),
    )


def _date(text: str) -> date:
    try:
        return parse_date(text)
    except ValueError:
        raise NotFound("closing day", text[:64]) from None
