"""`GET /bookme/working-hours`: who works when on one local day, for staff."""

from collections.abc import Iterator
from datetime import date, time, timedelta

import pytest
import sqlalchemy as sa

from devstack.demo_data import CITY, HARBOUR, identity
from storage.database import Database
from storage.tables.availability import ClosingDayRow
from storage.tables.organisation import OrganisationRow
from tests.integration.api.support import FREJA, UNKNOWN, ok, problem
from tests.support.clients import ApiClient, Json, next_monday

PATH = "/bookme/working-hours"
INGRID = str(identity("Ingrid Kjeldsen"))
WINTER_MONDAY = "2199-01-07"


@pytest.fixture
async def staff(client: ApiClient) -> ApiClient:
    return await client.as_another("desk", "bookme.staff")


def spans(day: Json, employee: str) -> Iterator[tuple[str, str, str]]:
    (found,) = [each for each in day["employees"] if each["employeeId"] == employee]
    for hours in found["workingHours"]:
        yield hours["startDate"], hours["endDate"], hours["location"]


async def test_working_hours_are_instants_with_their_location(staff: ApiClient) -> None:
    """Copenhagen is an hour ahead of UTC in winter. On Wednesdays Ingrid works in the city."""
    monday = ok(await staff.get(PATH, date=WINTER_MONDAY))
    assert list(spans(monday, FREJA)) == [("2199-01-07T08:00:00.000Z", "2199-01-07T15:00:00.000Z", CITY)]
    assert list(spans(monday, INGRID)) == [("2199-01-07T08:00:00.000Z", "2199-01-07T15:00:00.000Z", HARBOUR)]
    assert (monday["timeZone"], monday["isClosed"]) == ("Europe/Copenhagen", False)
    assert (monday["startDate"], monday["endDate"]) == ("2199-01-06T23:00:00.000Z", "2199-01-07T23:00:00.000Z")
    assert {"id": CITY, "displayName": "København City"} in monday["locations"]
    wednesday = ok(await staff.get(PATH, date="2199-01-09", employeeIds=INGRID))
    assert [place for _, _, place in spans(wednesday, INGRID)] == [CITY]
    assert [each["employeeId"] for each in wednesday["employees"]] == [INGRID]


async def test_without_a_date_it_is_today(staff: ApiClient, database: Database) -> None:
    async with database.transaction() as session:
        today = await session.scalar(sa.text("SELECT (clock_timestamp() AT TIME ZONE 'Europe/Copenhagen')::date"))
    assert ok(await staff.get(PATH))["date"] in {str(today), str(today + timedelta(days=1))}


async def test_nobody_works_on_a_closing_day(staff: ApiClient, configurable: Database) -> None:
    day = next_monday().date()
    async with configurable.transaction() as session:
        session.add(ClosingDayRow(day=day, name="The King's birthday"))
    closed = ok(await staff.get(PATH, date=str(day)))
    assert closed["isClosed"] is True
    assert {tuple(spans(closed, each["employeeId"])) for each in closed["employees"]} == {()}


async def test_opening_hours_cut_working_hours(staff: ApiClient, configurable: Database) -> None:
    async with configurable.transaction() as session:
        await session.execute(sa.update(OrganisationRow).values(opens=time(10), closes=time(14)))
    day = ok(await staff.get(PATH, date=WINTER_MONDAY))
    assert list(spans(day, FREJA)) == [("2199-01-07T09:00:00.000Z", "2199-01-07T13:00:00.000Z", CITY)]


@pytest.mark.parametrize(
    ("zone", "day", "starts", "ends"),
    [
        pytest.param("Europe/Copenhagen", "2026-03-29", "2026-03-28T23", "2026-03-29T22", id="23 hours"),
        pytest.param("Europe/Copenhagen", "2026-10-25", "2026-10-24T22", "2026-10-25T23", id="25 hours"),
        pytest.param("Pacific/Apia", "2011-12-29", "2011-12-29T10", "2011-12-30T10", id="before the skipped day"),
        pytest.param("Pacific/Apia", "2011-12-30", "2011-12-30T10", "2011-12-30T10", id="skipped"),
    ],
)
async def test_a_day_begins_and_ends_by_the_clocks_of_its_zone(
    staff: ApiClient, configurable: Database, zone: str, day: str, starts: str, ends: str
) -> None:
    async with configurable.transaction() as session:
        await session.execute(sa.update(OrganisationRow).values(time_zone=zone))
    found = ok(await staff.get(PATH, date=day))
    assert (found["startDate"], found["endDate"]) == (f"{starts}:00:00.000Z", f"{ends}:00:00.000Z")


async def test_it_is_for_staff(client: ApiClient) -> None:
    assert problem(await client.get(PATH), 403)["code"] == "FORBIDDEN"


@pytest.mark.parametrize("day", ["2026-02-30", "today", str(date.min), "2000-01-01", "2199-12-31", str(date.max)])
async def test_a_date_that_is_none_or_out_of_reach_is_refused(staff: ApiClient, day: str) -> None:
    assert problem(await staff.get(PATH, date=day), 400)["errors"]


async def test_an_unknown_employee_is_not_found(staff: ApiClient) -> None:
    assert problem(await staff.get(PATH, employeeIds=UNKNOWN), 404, "NOT_FOUND")["kind"] == "employee"
