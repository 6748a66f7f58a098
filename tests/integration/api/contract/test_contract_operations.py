"""Every operation of the published contract, with bodies and queries as the contract describes them, over real HTTP.

Each case sends every member and every parameter that the contract has for its operation.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import pytest

from storage.database import Database
from tests.integration.api.contract.contract_client import OPERATIONS, ContractClient, parameters, properties
from tests.integration.api.support import CUSTOMER_TYPE, EVERY_SCOPE, FREJA, INGRID, ROOM, TOPIC, UNKNOWN, new_token
from tests.support.clients import ApiClient, Json, next_monday

CITY: Final = "copenhagen-city"
UNKNOWN_IDS: Final = ("67890", "abc", UNKNOWN)


@pytest.fixture
async def contract(url: str, client: ApiClient, configurable: Database) -> AsyncIterator[ContractClient]:
    """A client with every scope, over a real connection."""
    staff = await client.as_another("contract", EVERY_SCOPE)
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        yield ContractClient(http, staff.headers)


async def search(contract: ContractClient) -> Json:
    """A free time slot, found with every parameter that the contract has."""
    query: dict[str, Any] = {
        "requireEmployeeParticipation": False,
        "getBestTimeSlots": True,
        "ignoreMinimumTimeBeforeBooking": False,
        "isCustomerInitiated": True,
        "meetingDuration": "01:00:00",
        "specificRooms": [ROOM],
        "requireRoom": True,
        "ignoreMeetingIds": [],
        "meetingLocation": CITY,
        "customerLocation": CITY,
        "meetingTypes": ["physical"],
        "customerTypeId": CUSTOMER_TYPE,
        "topic": TOPIC,
        "lookForwardTime": "7.00:00:00",
        "startDate": next_monday().isoformat(),
        "explicitEmployeeIds": [FREJA, INGRID],
    }
    assert set(query) == {each["name"] for each in parameters(OPERATIONS["TimeSlots_list"][2])}
    offered = await contract.call("TimeSlots_list", **query)
    first: Json = offered[0]
    assert (first["meetingType"], first["roomId"]) == ("physical", ROOM)
    return first


def wanted(offered: Json, status: str) -> Json:
    """A body with every member of the contract's `CreateTimeSlotRequest`."""
    slot = {name: offered[name] for name in ("startDate", "endDate", "employeeId", "roomId")}
    body = slot | {"status": status, "serviceGroup": "north", "ignoreTimeSlotConflicts": False}
    assert set(body) == properties("CreateTimeSlotRequest")
    return body


async def reserve(contract: ContractClient) -> Json:
    body = {"timeSlot": wanted(await search(contract), "Reserved"), "token": new_token(), "existingMeetingId": ""}
    assert set(body) == properties("Reservation")
    held: Json = await contract.call("TimeSlots_reserve", body)
    assert held["status"] == "Reserved"
    return held


def replace(path: str, value: str) -> Json:
    """A body with every member of the contract's `PatchOperation`, whose values are strings."""
    operation = {"op": "replace", "path": path, "value": value, "from": ""}
    assert set(operation) == properties("PatchOperation")
    return operation


async def book(contract: ContractClient) -> Json:
    held = await reserve(contract)
    await contract.call("TimeSlots_patch", [replace("/status", "Booked")], id=held["id"])
    booked: Json = await contract.call("TimeSlots_get", id=held["id"])
    assert booked["status"] == "Booked"
    return booked


async def meet(contract: ContractClient) -> Json:
    slot = await book(contract)
    body = {
        "bookedBy": "customer",
        "salesforceId": "sf-1",
        "customerTypeId": CUSTOMER_TYPE,
        "timeSlotId": slot["id"],
        "title": "Our home",
        "description": "A first talk",
        "additionalEmployees": [],
        "roomId": slot["roomId"],
        "type": "physical",
        "topicId": TOPIC,
        "employeeId": slot["employeeId"],
        "customerId": "customer-4711",
    }
    assert set(body) == properties("CreateMeetingRequest")
    meeting: Json = await contract.call("Meetings_create", body)
    assert body.items() <= meeting.items()
    return meeting


async def create_topic(contract: ContractClient) -> Json:
    body = {"name": "Savings", "uniqueTopicId": new_token(), "parentId": TOPIC, "order": 7}
    assert set(body) == properties("CreateTopicRequest")
    topic: Json = await contract.call("Topics_create", body)
    assert body.items() <= topic.items()
    return topic


async def patch_topic(contract: ContractClient) -> None:
    topic = await create_topic(contract)
    await contract.call("Topics_patch", [replace("/name", "Saving"), replace("/order", "3")], id=topic["id"])
    changed = await contract.call("Topics_get", id=topic["id"])
    assert (changed["name"], changed["order"]) == ("Saving", 3)


async def list_topics(contract: ContractClient) -> None:
    topics = await contract.call("Topics_list", isCustomer=True, customerTypeId=CUSTOMER_TYPE)
    assert TOPIC in {each["id"] for each in topics}


async def create_customer_type(contract: ContractClient) -> Json:
    body = {"name": new_token()}
    assert set(body) == properties("CreateCustomerTypeRequest")
    made: Json = await contract.call("CustomerTypes_create", body)
    return made


async def patch_customer_type(contract: ContractClient) -> None:
    made = await create_customer_type(contract)
    await contract.call("CustomerTypes_patch", [replace("/name", "Farmer")], id=made["id"])
    assert (await contract.call("CustomerTypes_get", id=made["id"]))["name"] == "Farmer"


async def list_meetings(contract: ContractClient) -> None:
    meeting = await meet(contract)
    changed = datetime.fromisoformat(meeting["dateModified"])
    filters = {
        "timeSlotId": meeting["timeSlotId"],
        "employeeId": meeting["employeeId"],
        "startDateModified": (changed - timedelta(hours=1)).isoformat(),
        "endDateModified": (changed + timedelta(hours=1)).isoformat(),
    }
    assert await contract.call("Meetings_list", **filters) == [meeting]


async def update_meeting(contract: ContractClient) -> None:
    meeting = await meet(contract)
    changed = await contract.call("Meetings_update", replace("/title", "Our second home"), id=meeting["id"])
    assert (changed["id"], changed["title"]) == (meeting["id"], "Our second home")


async def delete_meeting(contract: ContractClient) -> None:
    meeting = await meet(contract)
    await contract.call("Meetings_delete", id=meeting["id"])
    assert (await contract.call("Meetings_get", id=meeting["id"]))["status"] == "Cancelled"
    assert await contract.call("Meetings_list") == []


async def download(contract: ContractClient) -> None:
    meeting = await meet(contract)
    body = {"title": "Ours", "description": "Bring payslips"}
    assert set(body) == properties("MeetingICalRequest")
    assert "SUMMARY:Ours\r\n" in await contract.call("Meetings_generateICal", body, id=meeting["id"])


async def vacancies(contract: ContractClient) -> None:
    held = await reserve(contract)
    rooms = await contract.call("Rooms_vacancies", location=CITY, timeSlotId=held["id"])
    assert held["roomId"] in {room["id"] for room in rooms}


async def enter_busy_time(contract: ContractClient) -> Json:
    body = wanted(await search(contract), "Busy")
    busy: Json = await contract.call("TimeSlots_create", body)
    assert busy["status"] == "Busy"
    return busy


async def get_meeting(contract: ContractClient) -> None:
    meeting = await meet(contract)
    assert await contract.call("Meetings_get", id=meeting["id"]) == meeting


def looks_up(name: str, identity: str) -> Callable[[ContractClient], Awaitable[None]]:
    async def look_up(contract: ContractClient) -> None:
        assert (await contract.call(name, id=identity))["id"] == identity

    return look_up


def lists(name: str, identity: str) -> Callable[[ContractClient], Awaitable[None]]:
    async def look_up(contract: ContractClient) -> None:
        assert identity in {each["id"] for each in await contract.call(name)}

    return look_up


CASES: Final[dict[str, Callable[[ContractClient], Awaitable[Any]]]] = {
    "Topics_list": list_topics,
    "Topics_create": create_topic,
    "Topics_get": looks_up("Topics_get", TOPIC),
    "Topics_patch": patch_topic,
    "Meetings_list": list_meetings,
    "Meetings_create": meet,
    "Meetings_get": get_meeting,
    "Meetings_update": update_meeting,
    "Meetings_delete": delete_meeting,
    "Meetings_generateICal": download,
    "Rooms_vacancies": vacancies,
    "TimeSlots_create": enter_busy_time,
    "TimeSlots_list": search,
    "TimeSlots_reserve": reserve,
    "TimeSlots_get": book,
    "TimeSlots_patch": book,
    "CustomerTypes_list": lists("CustomerTypes_list", CUSTOMER_TYPE),
    "CustomerTypes_create": create_customer_type,
    "CustomerTypes_get": looks_up("CustomerTypes_get", CUSTOMER_TYPE),
    "CustomerTypes_patch": patch_customer_type,
    "Employees_all": lists("Employees_all", FREJA),
    "Employees_get": looks_up("Employees_get", FREJA),
    "Rooms_all": lists("Rooms_all", ROOM),
    "Rooms_get": looks_up("Rooms_get", ROOM),
}

MINIMAL: Final[dict[str, tuple[Any, dict[str, Any]]]] = {
    "Topics_list": (None, {"isCustomer": True}),
    "Topics_create": ({"name": "New", "uniqueTopicId": "new"}, {}),
    "Topics_patch": ([replace("/name", "New")], {}),
    "Meetings_create": (
        {
            "bookedBy": "customer",
            "customerTypeId": CUSTOMER_TYPE,
            "timeSlotId": UNKNOWN,
            "type": "online",
            "topicId": TOPIC,
            "employeeId": FREJA,
            "customerId": "customer-4711",
        },
        {},
    ),
    "Meetings_update": (replace("/title", "New"), {}),
    "Meetings_generateICal": ({}, {}),
    "Rooms_vacancies": (None, {"location": CITY, "timeSlotId": UNKNOWN}),
    "TimeSlots_create": ({"status": "Busy"}, {}),
    "TimeSlots_list": (None, {"requireEmployeeParticipation": False}),
    "TimeSlots_reserve": ({"timeSlot": {"status": "Reserved"}, "token": "a-token"}, {}),
    "TimeSlots_patch": ([replace("/status", "Booked")], {}),
    "CustomerTypes_create": ({"name": "New"}, {}),
    "CustomerTypes_patch": ([replace("/name", "New")], {}),
}
"""Body and query with no more than what each operation requires; the others require nothing."""


def test_every_operation_has_a_case() -> None:
    assert set(CASES) == set(OPERATIONS)


@pytest.mark.parametrize("name", sorted(CASES))
async def test_keeps_the_contract(contract: ContractClient, name: str) -> None:
    await CASES[name](contract)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
async def test_refuses_as_the_contract_says(contract: ContractClient, client: ApiClient, name: str) -> None:
    body, query = MINIMAL.get(name, (None, {}))
    nobody = ContractClient(contract.http, {})
    assert (await nobody.call(name, body, id=UNKNOWN, status=401, **query))["code"] == "UNAUTHORIZED"
    scope = "bookme.read" if name == "TimeSlots_create" else "bookme.staff"
    weak = ContractClient(contract.http, (await client.as_another("weak", scope)).headers)
    assert (await weak.call(name, body, id=UNKNOWN, status=403, **query))["code"] == "FORBIDDEN"
    for unknown in UNKNOWN_IDS if "{id}" in OPERATIONS[name][1] else ():
        refused = await contract.call(name, body, id=unknown, status=404, **query)
        assert refused["code"] == "NOT_FOUND"
        assert unknown in refused["message"]
