"""Look-ups, the forms in which a search may be written, and the list of meetings."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from devstack.demo_data import COMPANY, CUSTOMER_TYPES, PEOPLE, ROOMS, TOPICS, identity
from storage.database import Database
from storage.tables.booking import MeetingRow, TimeSlotRow
from tests.integration.api.support import (
    CUSTOMER_TYPE,
    EVERY_SCOPE,
    FREJA,
    INGRID,
    ROOM,
    STAFF_TOPIC,
    TOPIC,
    UNBOOKABLE,
    UNKNOWN,
    answered,
    new_token,
    ok,
    problem,
)
from tests.support.clients import ApiClient, Json

HOUR: Final = timedelta(hours=1)


@pytest.fixture
async def reader(http: httpx.AsyncClient) -> ApiClient:
    """Looking up needs no worker."""
    return await ApiClient.authorised(http, "demo", "bookme.read")


async def test_topics_in_the_organisations_order(reader: ApiClient) -> None:
    topics: Any = ok(await reader.get("/bookme/meeting-topics", isCustomer="false"))
    assert [topic["uniqueTopicId"] for topic in topics] == [topic["unique_topic_id"] for topic in TOPICS]
    names = {"name": "Buying a home", "uniqueTopicId": "home-loan"}
    assert topics[0] == names | {"id": TOPIC, "order": 1, "isCustomerBookable": True, "customerTypes": []}


@pytest.mark.parametrize("name", ["customerTypeId", "customerCategoryId"])
async def test_topics_of_a_customer_type(reader: ApiClient, name: str) -> None:
    for_all = {topic["id"] for topic in (await reader.get("/bookme/meeting-topics", isCustomer="true")).json()}
    answer = await reader.get("/bookme/meeting-topics", isCustomer="true", **{name: CUSTOMER_TYPE})
    assert for_all - {topic["id"] for topic in answer.json()} == {str(identity(COMPANY))}
    assert STAFF_TOPIC not in for_all, "customers cannot book it"


async def test_customer_types_employees_and_rooms(reader: ApiClient) -> None:
    types: Any = ok(await reader.get("/config/customer-types"))
    assert {each["name"] for each in types} == set(CUSTOMER_TYPES)
    employees: Any = ok(await reader.get("/config/employees"))
    assert [each["displayName"] for each in employees] == sorted(
        f"{each.first_name} {each.last_name}" for each in PEOPLE
    )
    rooms: Any = ok(await reader.get("/config/rooms"))
    assert {room["name"] for room in rooms} == {name for name, _, _ in ROOMS}
    assert ok(await reader.get(f"/config/employees/{FREJA}")) == next(each for each in employees if each["id"] == FREJA)
    assert ok(await reader.get(f"/config/rooms/{ROOM}")) == next(each for each in rooms if each["id"] == ROOM)
    assert None not in {value for each in (*employees, *rooms, *types) for value in each.values()}


@pytest.mark.parametrize("duration", ["01:30:00", "01:30", "1:30", "0.01:30:00", "PT1H30M", "PT90M"])
async def test_a_duration_in_each_form(reader: ApiClient, duration: str) -> None:
    expected = await reader.search(meetingDuration="PT90M")
    assert expected
    assert await reader.search(meetingDuration=duration) == expected


@pytest.mark.parametrize("offset", ["Z", "%2B00:00", "%2B0000", "+00:00", "+0000", "-00:00", "-0000", "%2000:00"])
@pytest.mark.parametrize(
    ("path", "names", "scope"),
    [
        ("/bookme/time-slots/available?requireEmployeeParticipation=false", ["startDate"], "bookme.read"),
        (f"/bookme/time-slots/explain?employeeId={FREJA}", ["startDate", "endDate"], "bookme.staff"),
        ("/bookme/time-slots?limit=1", ["from", "to"], "bookme.staff"),
        ("/bookme/meetings?limit=1", ["startDateModified", "endDateModified"], "bookme.read"),
    ],
)
async def test_a_date_time_in_the_forms_that_generators_write(
    reader: ApiClient, path: str, names: list[str], scope: str, offset: str
) -> None:
    """A `+` that is not percent-encoded arrives as a space."""
    asker = await reader.as_another("asker", scope)
    for hour, name in enumerate(names):
        path += f"&{name}=2026-12-01T{9 + hour:02}:00:00{offset}"
    ok(await asker.http.get(path, headers=asker.headers))


async def test_an_offset_is_read_the_same_in_each_form(reader: ApiClient) -> None:
    expected = await reader.search(startDate="2026-12-01T09:00:00Z", lookForwardTime="10:00")
    assert expected
    for same in ("2026-12-01T14:30:00+05:30", "2026-12-01T14:30:00+0530", "2026-12-01T14:30:00 05:30"):
        assert await reader.search(startDate=same, lookForwardTime="10:00") == expected


@pytest.mark.parametrize(("asked", "days"), [("3.00:00:00", 3), ("P3D", 3), ("72:00:00", 3), ("P31D", 31)])
async def test_how_far_to_look(reader: ApiClient, asked: str, days: int) -> None:
    start = "2026-12-01T00:00:00Z"
    slots = await reader.search(startDate=start, lookForwardTime=asked)
    assert all(slot["startDate"] < f"2026-12-{1 + days:02}" for slot in slots)


@pytest.mark.parametrize(
    "query",
    [
        [("explicitEmployeeIds", f"{FREJA},{INGRID}")],
        [("explicitEmployeeIds", FREJA), ("explicitEmployeeIds", INGRID)],
        [("explicitEmployeeIds", f"{FREJA},"), ("explicitEmployeeIds", f"{INGRID},{FREJA}")],
    ],
    ids=["comma", "repeated", "both"],
)
async def test_a_list_in_each_form(reader: ApiClient, query: list[tuple[str, str]]) -> None:
    asked: list[tuple[str, str | int | float | bool | None]] = [
        ("requireEmployeeParticipation", "false"),
        ("getBestTimeSlots", "false"),
        *query,
    ]
    answer = await reader.http.get("/bookme/time-slots/available", params=asked, headers=reader.headers)
    assert {slot["employeeId"] for slot in answer.json()} == {FREJA, INGRID}


@pytest.mark.parametrize("name", ["topic", "topicId", "theme", "themeId"])
async def test_search_by_topic_in_both_vocabularies(reader: ApiClient, name: str) -> None:
    slots = await reader.search(**{name: TOPIC})
    assert {slot["meetingTopicId"] for slot in slots} == {TOPIC}


async def test_what_is_said_twice_must_agree(reader: ApiClient) -> None:
    query = {"requireEmployeeParticipation": "false", "topic": TOPIC}
    ok(await reader.get("/bookme/time-slots/available", **query, themeId=TOPIC))
    body = problem(await reader.get("/bookme/time-slots/available", **query, themeId=STAFF_TOPIC), 400)
    assert "themeId" in body["message"]


async def test_a_reserved_time_slot_is_not_offered(client: ApiClient) -> None:
    query = {"explicitEmployeeIds": FREJA, "meetingTypes": "online"}
    offered = (await client.search(**query))[0]
    ok(await client.reserve(offered))
    assert offered not in await client.search(**query)


async def test_meetings_that_are_ignored_are_offered_over(client: ApiClient) -> None:
    query = {"explicitEmployeeIds": FREJA, "meetingTypes": "online"}
    offered = (await client.search(**query))[0]
    booked = ok(await client.book(ok(await client.reserve(offered))["id"]))
    meeting = ok(await client.create_meeting(booked))
    assert offered not in await client.search(**query)
    assert offered in await client.search(**query, ignoreMeetingIds=meeting["id"])


@pytest.mark.parametrize(
    ("path", "query", "kind"),
    [
        (f"/config/employees/{UNKNOWN}", {}, "employee"),
        (f"/config/rooms/{UNKNOWN}", {}, "room"),
        (f"/config/rooms/{FREJA}", {}, "room"),
        (f"/config/employees/{ROOM}", {}, "employee"),
        ("/config/employees/nobody", {}, "employee"),
        ("/config/employees/%00", {}, "employee"),
        (f"/bookme/meetings/{UNKNOWN}", {}, "meeting"),
        (f"/bookme/time-slots/{UNKNOWN}", {}, "time slot"),
        (f"/bookme/time-slots/{'9' * 4000}", {}, "time slot"),
        ("/bookme/meeting-topics", {"isCustomer": "true", "customerTypeId": UNKNOWN}, "customer type"),
        ("/bookme/time-slots/available", {"topic": UNKNOWN}, "topic"),
        ("/bookme/time-slots/available", {"customerTypeId": TOPIC}, "customer type"),
        ("/bookme/time-slots/available", {"explicitEmployeeIds": f"{FREJA},{UNKNOWN}"}, "employee"),
        ("/bookme/time-slots/available", {"specificRooms": INGRID}, "room"),
        ("/bookme/time-slots/available", {"meetingLocation": "nowhere"}, "location"),
        ("/bookme/time-slots/available", {"customerLocation": "nowhere"}, "location"),
    ],
)
async def test_what_does_not_exist_is_named(reader: ApiClient, path: str, query: Json, kind: str) -> None:
    asked = ({"requireEmployeeParticipation": "false"} if "available" in path else {}) | query
    body = problem(await reader.get(path, **asked), 404, "NOT_FOUND")
    assert body["kind"] == kind
    assert kind in body["message"]
    assert len(body["message"]) < 300


async def test_an_employee_who_cannot_be_booked_is_not_offered(reader: ApiClient) -> None:
    assert await reader.search(explicitEmployeeIds=UNBOOKABLE) == []


async def meetings(client: ApiClient, count: int) -> list[Json]:
    async def one(slot: Json) -> Json:
        held = await answered(partial(client.reserve, slot, new_token()))
        booked = await answered(partial(client.book, held["id"]))
        return await answered(partial(client.create_meeting, booked))

    offered = [slot for slot in await client.search(meetingTypes="online") if slot["startDate"][14:16] == "00"]
    made = await asyncio.gather(*(one(slot) for slot in offered[:count]))
    return sorted(made, key=lambda meeting: (meeting["dateModified"], meeting["id"]))


async def test_meetings_page_by_page(client: ApiClient) -> None:
    made = await meetings(client, 5)
    seen: list[Json] = []
    path, query, pages = "/bookme/meetings", {"limit": "2"}, 0
    while path:
        answer = await client.http.get(path, params=query or None, headers=client.headers)
        seen += answer.json()
        path, query, pages = answer.links.get("next", {}).get("url", ""), {}, pages + 1
    assert pages == 3
    assert sorted(seen, key=lambda each: each["id"]) == sorted(made, key=lambda each: each["id"])
    assert [each["dateModified"] for each in seen] == sorted(each["dateModified"] for each in seen)


async def insert_copies(database: Database, like: Json, hours: range) -> None:
    """Insert meetings like this one, so many hours later, each with its time slot."""
    async with database.transaction() as session:
        meeting = (await session.get_one(MeetingRow, UUID(like["id"]))).model_dump()
        slot = (await session.get_one(TimeSlotRow, UUID(like["timeSlotId"]))).model_dump(warnings=False)
    for some in (hours[first : first + 1_000] for first in range(0, len(hours), 1_000)):
        slots, meetings = [], []
        for hour in some:
            times = {"start_at": slot["start_at"] + hour * HOUR, "end_at": slot["end_at"] + hour * HOUR}
            slots.append(slot | times | {"id": uuid4(), "booking_key": uuid4()})
            meetings.append(meeting | times | {"id": uuid4(), "time_slot_id": slots[-1]["id"]})
        async with database.transaction() as session:
            await session.execute(sa.insert(TimeSlotRow), slots)
            await session.execute(sa.insert(MeetingRow), meetings)
            await session.execute(sa.text("ANALYZE time_slot, meeting"))


@pytest.mark.ci
async def test_without_a_limit_meetings_come_at_once_up_to_a_bound(client: ApiClient, database: Database) -> None:
    """Clients of the contract know no pages, and would take the first page for everything."""
    [meeting] = await meetings(client, 1)
    await insert_copies(database, meeting, range(1, 10_000))
    everything = await client.get("/bookme/meetings")
    assert len({each["id"] for each in everything.json()}) == 10_000
    assert "link" not in everything.headers
    await insert_copies(database, meeting, range(10_000, 10_005))
    first = await client.get("/bookme/meetings", employeeId=meeting["employeeId"])
    rest = await client.http.get(first.links["next"]["url"], headers=client.headers)
    assert (len(first.json()), len(rest.json())) == (10_000, 5)
    assert "link" not in rest.headers
    assert len({each["id"] for each in (*first.json(), *rest.json())}) == 10_005


async def test_meetings_by_each_filter(client: ApiClient) -> None:
    first, second, third = await meetings(client, 3)

    async def ids(**query: str) -> list[str]:
        return [each["id"] for each in (await client.get("/bookme/meetings", **query)).json()]

    everything = [first["id"], second["id"], third["id"]]
    assert sorted(await ids()) == sorted(everything)
    assert await ids(timeSlotId=second["timeSlotId"]) == [second["id"]]
    of_employee = {each["id"] for each in (first, second, third) if each["employeeId"] == first["employeeId"]}
    assert set(await ids(employeeId=first["employeeId"])) == of_employee
    assert set(await ids(startDateModified=first["dateModified"])) == set(everything)
    assert await ids(startDateModified="2199-01-01T00:00:00Z") == []
    assert set(await ids(endDateModified="2199-01-01T00:00:00Z")) == set(everything)
    assert await ids(endDateModified=first["dateModified"]) == []
    assert sorted(await ids(employeeId="", timeSlotId="", limit="500")) == sorted(everything)


async def test_each_client_lists_its_own_meetings_and_staff_all(client: ApiClient) -> None:
    [mine] = await meetings(client, 1)
    [theirs] = await meetings(await client.as_another("other"), 1)
    staff = await client.as_another("staff", EVERY_SCOPE)
    assert (await client.get("/bookme/meetings")).json() == [mine]
    assert {each["id"] for each in (await staff.get("/bookme/meetings")).json()} == {mine["id"], theirs["id"]}


@pytest.mark.parametrize("cursor", ["x", "é", "bm8=", "WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwgIngiXQ==", "A" * 300])
async def test_a_cursor_of_ones_own_making(reader: ApiClient, cursor: str) -> None:
    body = problem(await reader.get("/bookme/meetings", cursor=cursor), 400)
    assert [error["pointer"] for error in body["errors"]] == ["/cursor"]
