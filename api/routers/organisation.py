"""Configuration of the organisation: its settings, closing days, priority levels, and what goes together."""

from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import holidays
from fastapi import APIRouter, BackgroundTasks, Query, Response
from pydantic import AfterValidator, Field, RootModel
from sqlalchemy.ext.asyncio import AsyncSession

from activities.calendar_window import block_until_read
from api.auth import Configurer
from api.errors import UnusableRequest
from api.idempotency import Made
from api.openapi import sends, sends_version
from api.patching import Patch, patched
from api.preconditions import IfVersion, tagged
from api.records import ONE_AT_A_TIME
from api.refusals import errors
from api.route import JsonRoute
from api.routers.paths import ClosingDate
from api.schemas.common import LocalDate, parse_date
from api.schemas.organisation import (
    ZONES,
    AdvisorPriorityLevel,
    AllowedOptions,
    ClosingDay,
    NationalHolidays,
    OrganizationSettings,
    TimeZone,
    check_levels,
)
from api.state import IdempotencyKey, Shared, Transaction
from domain.availability import Situation, working_spans_on
from domain.errors import NotFound, Reason
from domain.meetings import MeetingType
from domain.time_slots import Interval
from storage import changes
from storage.availability_tables import ClosingDayRow
from storage.configuration import get, get_organisation
from storage.organisation_tables import OrganisationRow
from storage.premises import organisation
from storage.records import TOPIC, load_page
from storage.settings import close_on, find_closing_days, list_closing_days
from storage.situations import read_situation
from storage.time_slots import lock

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
    """The organisation's settings."""
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
    """Change the settings by JSON Patch (RFC 6902): every operation, or none.

    With another time zone or a longer reach (`maxTimeFromBookingToMeeting`), employees and rooms that have calendars
    elsewhere are not offered for what these have not been read for yet. All calendars are read again at once.
    """
    await lock(session, [ONE_AT_A_TIME])
    row = await get_organisation(session)
    there = OrganizationSettings.stored(row)
    precondition.check_resource("organisation", there)
    wanted = patched(there, patch)
    if contradiction := wanted.contradiction():
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, contradiction)
    before = organisation(row)
    await changes.change(session, row, wanted.columns())
    if await block_until_read(session, before, organisation(row)):
        afterwards.add_task(shared.engine.refresh_calendars)
    return tagged(response, wanted)


@router.get("/closing-days", operation_id="ClosingDays_list", responses=errors())
async def list_days(
    _: Configurer,
    session: Transaction,
    first: Annotated[LocalDate | None, Query(alias="from", description="From this date on.")] = None,
    last: Annotated[LocalDate | None, Query(alias="to", description="To this date, included.")] = None,
) -> list[ClosingDay]:
    """The days on which the organisation is closed."""
    if first is not None and last is not None and last < first:
        raise UnusableRequest(HTTPStatus.BAD_REQUEST, "to must not be before from.", "to")
    return [ClosingDay.stored(row) for row in await list_closing_days(session, first, last)]


@router.post("/closing-days", operation_id="ClosingDays_create", responses=errors(*ADDING))
async def add_closing_day(principal: Configurer, closing_day: ClosingDay, key: IdempotencyKey) -> ClosingDay:
    """Close on one more day. Meetings that are booked then stay."""

    async def add(session: AsyncSession) -> Made:
        await changes.add(session, ClosingDayRow(day=closing_day.date, name=closing_day.name))
        return {"id": closing_day.date.isoformat()}

    async def show(session: AsyncSession, made: Made) -> ClosingDay:
        return ClosingDay.stored(await get(session, ClosingDayRow, date.fromisoformat(made["id"])))

    return await key.once(principal, add, show)


@router.post(
    "/closing-days/holidays", operation_id="ClosingDays_addHolidays", responses=errors(Reason.IDEMPOTENCY_KEY_REUSED)
)
async def add_holidays(principal: Configurer, wanted: NationalHolidays, key: IdempotencyKey) -> list[ClosingDay]:
    """Close on a country's public holidays. Answers the days that are new; what was there stays as it was.

    A repeat under the same `Idempotency-Key` answers those of the days that are closing days still.
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
    """Be open on this day again."""
    await changes.remove(session, ClosingDayRow, _date(date))


@router.get(
    "/advisor-priority-levels",
    operation_id="AdvisorPriorityLevels_get",
    responses=errors(Reason.NOT_FOUND) | sends_version(),
)
async def get_priority_levels(_: Configurer, session: Transaction, response: Response) -> list[AdvisorPriorityLevel]:
    """Who is asked first when several employees are free; whoever has no level comes last."""
    levels = PriorityLevels(_levels(await get_organisation(session)))
    return tagged(response, levels).root


@router.put(
    "/advisor-priority-levels",
    operation_id="AdvisorPriorityLevels_put",
    responses=errors(Reason.NOT_FOUND, Reason.VERSION_MISMATCH) | sends("ETag"),
)
async def set_priority_levels(
    _: Configurer, session: Transaction, levels: Levels, response: Response, precondition: IfVersion
) -> list[AdvisorPriorityLevel]:
    """Replace the levels, the first one to be asked first."""
    await lock(session, [ONE_AT_A_TIME])
    row = await get_organisation(session)
    precondition.check_resource("advisor priority levels", PriorityLevels(_levels(row)))
    stored = [level.model_dump(mode="json", exclude_none=True) for level in levels]
    await changes.change(session, row, {"priority_levels": stored})
    return tagged(response, PriorityLevels(levels)).root


def _levels(row: OrganisationRow) -> list[AdvisorPriorityLevel]:
    return [AdvisorPriorityLevel(**level) for level in row.priority_levels]


@router.get("/allowed-options", operation_id="AllowedOptions_list", responses=errors())
async def list_allowed_options(_: Configurer, session: Transaction) -> list[AllowedOptions]:
    """For each topic, the customer types, meeting types and locations with which somebody can be booked."""
    topics = await load_page(session, TOPIC, None, MOST_TOPICS)
    situation = await read_situation(session, Interval(EPOCH, EPOCH), rooms=[])
    return [_options(topic["id"], topic["customer_types"], situation) for topic in topics]


@router.get("/time-zones", operation_id="TimeZones_list", responses=errors())
async def list_time_zones(_: Configurer) -> list[TimeZone]:
    """The IANA time zones that there are, by name."""
    now = datetime.now(UTC)
    return [TimeZone(id=zone, utc_offset=_offset(now, zone)) for zone in sorted(ZONES)]


def _options(topic: UUID, customer_types: list[UUID], situation: Situation) -> AllowedOptions:
    spans = list(working_spans_on(topic, situation))
    return AllowedOptions(
        topic_id=topic,
        customer_types=customer_types,
        meeting_types=sorted({each for span in spans for each in span.meeting_types}),
        locations=sorted({span.location for span in spans if MeetingType.PHYSICAL in span.meeting_types}),
    )


def _offset(now: datetime, zone: str) -> str:
    text = now.astimezone(ZoneInfo(zone)).strftime("%z")
    return f"{text[:3]}:{text[3:5]}"


def _date(text: str) -> date:
    try:
        return parse_date(text)
    except ValueError:
        raise NotFound("closing day", text[:64]) from None
