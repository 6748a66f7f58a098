"""Which rule refuses a time slot, and by what: in an explanation, and in the refusal of its reservation."""

from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlmodel import col

from devstack.demo_data import HARBOUR, identity
from storage.database import Database
from storage.tables.availability import (
    ClosingDayRow,
    CompetenceGroupMemberRow,
    CompetenceGroupRow,
    CompetenceGroupTopicRow,
    ServiceGroupLocationRow,
    ServiceGroupMemberRow,
    ServiceGroupRow,
)
from storage.tables.organisation import OrganisationRow, WorkdayRow
from tests.integration.api.support import FREJA, UNKNOWN, ok, problem
from tests.support.clients import ApiClient, Json, next_monday

HOUR = timedelta(hours=1)
Change = Callable[..., Awaitable[None]]


@pytest.fixture
async def staff(client: ApiClient) -> ApiClient:
    return await client.as_another("desk", "bookme.read bookme.book bookme.staff")


@pytest.fixture
async def organisation(configurable: Database) -> Change:
    """Changes the settings."""

    async def change(**values: object) -> None:
        async with configurable.transaction() as session:
            await session.execute(sa.update(OrganisationRow).values(**values))

    return change


def monday(hour: int, minute: int = 0) -> datetime:
    """Of the coming week, in UTC; Copenhagen is an hour or two ahead."""
    return next_monday().replace(hour=hour, minute=minute)


def at(start: datetime, length: timedelta = HOUR) -> dict[str, str]:
    return {"employeeId": FREJA, "startDate": start.isoformat(), "endDate": (start + length).isoformat()}


async def explained(staff: ApiClient, start: datetime, **query: str) -> Json:
    return ok(await staff.get("/bookme/time-slots/explain", **at(start), **query))


def refusing(explanation: Json) -> dict[str, Json]:
    return {each["rule"]: each for each in explanation["rules"] if not each["passed"]}


async def test_of_an_offered_time_slot_every_rule_passes(staff: ApiClient) -> None:
    said = await explained(staff, monday(10))
    assert said["offered"] is True
    assert refusing(said) == {}
    assert len(said["rules"]) > 10


async def test_working_hours(staff: ApiClient) -> None:
    said = await explained(staff, monday(3))
    assert said["offered"] is False
    rule = refusing(said)["OUTSIDE_WORKING_HOURS"]
    assert rule["facts"] == {"worksFrom": "09:00:00", "worksTo": "16:00:00"}
    assert rule["why"]
    assert rule["overridable"] is True


async def test_a_break(client: ApiClient, staff: ApiClient, configurable: Database) -> None:
    """Freja works from 09:00 to 12:00 and from 13:00 to 16:00 of Copenhagen's time."""
    noon = datetime.combine(next_monday(), time(12), ZoneInfo("Europe/Copenhagen"))
    async with configurable.transaction() as session:
        of_freja = sa.and_(col(WorkdayRow.employee_id) == FREJA, col(WorkdayRow.weekday) == 1)
        afternoon = (await session.scalars(sa.select(WorkdayRow).where(of_freja))).one().model_dump()
        await session.execute(sa.update(WorkdayRow).where(of_freja).values(ends=time(12)))
        session.add(WorkdayRow(**afternoon | {"starts": time(13)}))
    found = await client.search(explicitEmployeeIds=FREJA, meetingTypes="online", lookForwardTime="P1D")
    offered = {datetime.fromisoformat(slot["startDate"]) - noon for slot in found}
    assert offered == {HOUR / 2 * halves for halves in (-6, -5, -4, -3, -2, 2, 3, 4, 5, 6)}
    for start in (noon - HOUR / 2, noon, noon + HOUR / 2):
        refused = problem(await client.reserve(at(start)), 409, "NOT_OFFERED")
        assert refused["rule"] == "OUTSIDE_WORKING_HOURS"
        rule = refusing(await explained(staff, start))["OUTSIDE_WORKING_HOURS"]
        assert rule["facts"]["breaks"] == [{"from": "12:00:00", "to": "13:00:00"}]
    for start in (noon - HOUR, noon + HOUR):
        assert (await explained(staff, start))["offered"] is True
        ok(await client.reserve(at(start)))


async def test_a_closing_day(client: ApiClient, staff: ApiClient, configurable: Database) -> None:
    day = monday(10).date()
    async with configurable.transaction() as session:
        session.add(ClosingDayRow(day=day, name="The King's birthday"))
    assert refusing(await explained(staff, monday(10)))["CLOSED"]["facts"] == {"closingDay": day.isoformat()}
    refused = problem(await client.reserve(at(monday(10))), 409, "NOT_OFFERED")
    assert (refused["rule"], refused["closingDay"]) == ("CLOSED", day.isoformat())


async def test_the_buffer_around_a_meeting(client: ApiClient, staff: ApiClient, organisation: Change) -> None:
    await organisation(buffer_between_meetings=timedelta(minutes=30))
    ok(await client.reserve(at(monday(10))))
    assert refusing(await explained(staff, monday(11)))["WITHIN_BUFFER"]["facts"]["bufferMinutes"] == 30
    assert (await explained(staff, monday(11, 30)))["offered"] is True
    assert problem(await client.reserve(at(monday(11))), 409, "NOT_OFFERED")["rule"] == "WITHIN_BUFFER"


async def test_the_daily_cap(client: ApiClient, staff: ApiClient, organisation: Change) -> None:
    await organisation(max_meeting_time_per_day=timedelta(hours=2))
    ok(await client.reserve(at(monday(10))))
    assert (await explained(staff, monday(12)))["offered"] is True
    ok(await client.reserve(at(monday(11))))
    facts = {"date": monday(12).date().isoformat(), "capMinutes": 120, "usedMinutes": 120, "wantedMinutes": 60}
    assert refusing(await explained(staff, monday(12)))["DAILY_CAP_REACHED"]["facts"] == facts
    refused = problem(await client.reserve(at(monday(12))), 409, "NOT_OFFERED")
    assert (refused["rule"], refused["capMinutes"]) == ("DAILY_CAP_REACHED", 120)
    ok(await staff.reserve(at(monday(12))))


async def test_a_hold_in_the_way(client: ApiClient, staff: ApiClient) -> None:
    held = ok(await client.reserve(at(monday(10))))
    taken = refusing(await explained(staff, monday(10, 30)))["EMPLOYEE_TAKEN"]
    assert taken["facts"]["heldUntil"] == held["holdExpiresAt"]
    assert taken["overridable"] is False


async def test_what_is_said_of_the_meeting_counts(staff: ApiClient, configurable: Database) -> None:
    """Liv's own skill is home loans; a competence group gives her pensions too."""
    liv, pension = identity("Liv Thorsen"), identity("pension")
    query = at(monday(9)) | {"employeeId": str(liv), "topic": str(pension)}
    assert refusing(ok(await staff.get("/bookme/time-slots/explain", **query))).keys() == {"NOT_QUALIFIED"}
    parent, child = uuid4(), uuid4()
    async with configurable.transaction() as session:
        session.add(CompetenceGroupRow(id=parent, name="Pensions"))
        await session.flush()
        session.add(CompetenceGroupRow(id=child, name="Pensions of the young", parent_id=parent))
        session.add(CompetenceGroupTopicRow(group_id=parent, topic_id=pension))
        await session.flush()
        session.add(CompetenceGroupTopicRow(group_id=child, topic_id=identity("investment")))
        session.add(CompetenceGroupMemberRow(group_id=child, employee_id=liv))
    assert ok(await staff.get("/bookme/time-slots/explain", **query))["offered"] is True


async def test_a_service_group_serves_other_locations(client: ApiClient, configurable: Database) -> None:
    """Freja works in the city. Through the group she takes physical meetings in the harbour too."""
    query = {"explicitEmployeeIds": FREJA, "meetingLocation": HARBOUR, "meetingTypes": "physical"}
    assert await client.search(**query) == []
    group = uuid4()
    async with configurable.transaction() as session:
        session.add(ServiceGroupRow(id=group, name="Travelling", meeting_types=["physical"], label="far"))
        await session.flush()
        session.add(ServiceGroupMemberRow(group_id=group, employee_id=identity("Freja Lindqvist")))
        session.add(ServiceGroupLocationRow(group_id=group, location_id=HARBOUR))
    offered = (await client.search(**query))[0]
    assert offered["serviceGroup"] == str(group)
    slot = at(datetime.fromisoformat(offered["startDate"])) | {k: offered[k] for k in ("roomId", "serviceGroup")}
    body = {"timeSlot": slot | {"status": "Reserved"}, "token": "through-the-group"}
    assert ok(await client.post("/bookme/time-slots/reserve", body))["serviceGroup"] == str(group)


async def test_is_for_staff_and_names_what_is_unknown(client: ApiClient, staff: ApiClient) -> None:
    path = "/bookme/time-slots/explain"
    problem(await client.get(path, **at(monday(10))), 403)
    assert (
        problem(await staff.get(path, **at(monday(10)) | {"employeeId": UNKNOWN}), 404, "NOT_FOUND")["kind"]
        == "employee"
    )
    for name, kind in (("topic", "topic"), ("serviceGroup", "service group"), ("ignoreMeetingIds", "meeting")):
        refused = problem(await staff.get(path, **at(monday(10)), **{name: UNKNOWN}), 404, "NOT_FOUND")
        assert refused["kind"] == kind
    problem(await staff.get(path, **at(monday(10), timedelta(0))), 400)
