"""Lists of meetings over HTTP: filters, orders and pages; and cancelled meetings, for clients that ask for them."""

from datetime import datetime, timedelta
from typing import Final

import httpx
import pytest

from tests.integration.api.support import (
    CUSTOMER_TYPE,
    EVERY_SCOPE,
    FREJA,
    INGRID,
    TOPIC,
    UNKNOWN,
    new_token,
    ok,
    problem,
)
from tests.support.clients import ApiClient, Json

PATH: Final = "/bookme/meetings"


async def meet(client: ApiClient, number: int, **content: object) -> Json:
    """A meeting of Freja at the number-th whole hour that she is offered."""
    offered = await client.search(explicitEmployeeIds=FREJA, meetingTypes="online")
    slot = [each for each in offered if each["startDate"][14:16] == "00"][number]
    booked = ok(await client.book(ok(await client.reserve(slot, new_token()))["id"]))
    return ok(await client.create_meeting(booked, **content))


async def cancel(client: ApiClient, meeting: Json, **query: str) -> Json:
    path = f"{PATH}/{meeting['id']}"
    return ok(await client.http.delete(path, params=query, headers=client.headers))


async def ids(client: ApiClient, **query: str) -> list[str]:
    answer = await client.get(PATH, **query)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()]


@pytest.fixture
async def reader(http: httpx.AsyncClient) -> ApiClient:
    return await ApiClient.authorised(http, "demo", "bookme.read")


async def test_cancelled_meetings_are_listed_for_those_who_ask(client: ApiClient) -> None:
    planned, cancelled = await meet(client, 0), await meet(client, 1)
    ended = await cancel(client, cancelled, reason="The customer is ill")
    assert await ids(client) == await ids(client, status="planned") == [planned["id"]]
    assert await ids(client, status="Planned,Cancelled") == [planned["id"], cancelled["id"]]
    [found] = (await client.get(PATH, status="Cancelled")).json()
    assert found == ok(await client.get(f"{PATH}/{cancelled['id']}"))
    told = {name: found[name] for name in ("status", "dateCancelled", "cancelledBy", "reason", "sequence")}
    assert told == {"status": "Cancelled"} | {name: ended[name] for name in told if name != "status"}
    assert "timeSlotId" not in found
    assert found["startDate"] == cancelled["startDate"], "when it would have been"


async def test_who_cancelled(client: ApiClient) -> None:
    meeting = await meet(client, 0)
    staff = await client.as_another("staff", EVERY_SCOPE)
    assert (await cancel(staff, meeting))["cancelledBy"] == "staff"
    assert ok(await client.get(f"{PATH}/{meeting['id']}"))["cancelledBy"] == "staff"
    assert await ids(staff, status="Cancelled") == [meeting["id"]]


async def test_a_client_that_follows_changes_sees_cancellations(client: ApiClient) -> None:
    first, second = await meet(client, 0), await meet(client, 1)
    await cancel(client, first)
    changed = ok(await client.get(f"{PATH}/{first['id']}"))["dateModified"]
    query = {"startDateModified": changed, "status": "Planned,Cancelled"}
    assert await ids(client, **query) == [first["id"]]
    assert await ids(client, startDateModified=first["dateModified"]) == [second["id"]], "unless it does not ask"


async def test_meetings_in_an_interval(client: ApiClient) -> None:
    first, second, third = [await meet(client, number) for number in range(3)]
    assert await ids(client, **{"from": first["endDate"], "to": third["startDate"]}) == [second["id"]]
    begun = datetime.fromisoformat(first["startDate"]) + timedelta(minutes=1)
    assert await ids(client, to=begun.isoformat()) == [first["id"]]
    everything = [first["id"], second["id"], third["id"]]
    assert await ids(client, **{"from": begun.isoformat()}, sort="startDate") == everything
    at = begun.isoformat().replace("+00:00", "+0000")
    assert await ids(client, **{"from": at}, sort="-startDate") == everything[::-1]


async def test_the_orders_and_their_pages(client: ApiClient) -> None:
    made = [await meet(client, number) for number in (2, 0, 1)]
    by_start = [each["id"] for each in sorted(made, key=lambda each: str(each["startDate"]))]
    by_change = [each["id"] for each in made]
    assert by_start != by_change
    wanted = {"startDate": by_start, "dateModified": by_change}
    for order, expected in (*wanted.items(), *((f"-{name}", found[::-1]) for name, found in wanted.items())):
        path, query, seen = PATH, {"limit": "2", "sort": order}, list[str]()
        while path:
            answer = await client.http.get(path, params=query or None, headers=client.headers)
            seen += [each["id"] for each in answer.json()]
            path, query = answer.links.get("next", {}).get("url", ""), {}
        assert seen == expected, order


async def test_meetings_by_each_filter(client: ApiClient) -> None:
    first = await meet(client, 0, customerId="ada")
    second = await meet(client, 1, customerId="bo", type="telephone", additionalEmployees=[INGRID])
    assert await ids(client, customerId="bo") == [second["id"]]
    assert await ids(client, type="online") == [first["id"]]
    assert await ids(client, type="ONLINE,telephone") == [first["id"], second["id"]]
    assert await ids(client, topicId=first["topicId"]) == [first["id"], second["id"]]
    assert await ids(client, employeeId=FREJA) == [first["id"], second["id"]]
    assert await ids(client, employeeId=INGRID) == [second["id"]], "as additional employee"
    assert await ids(client, employeeId=INGRID, customerId="ada") == []
    other = await client.as_another("other")
    assert await ids(other, customerId="bo", status="Planned,Cancelled") == []


@pytest.mark.parametrize(
    ("query", "status", "pointer"),
    [
        ({"status": "Over"}, 400, "/status/0"),
        ({"sort": "title"}, 400, "/sort"),
        ({"from": "2031-01-01"}, 400, "/from"),
        ({"from": "2031-01-02T00:00:00Z", "to": "2031-01-02T01:00:00+01:00"}, 400, ""),
        ({"topicId": UNKNOWN}, 404, "/topicId"),
        ({"topicId": CUSTOMER_TYPE}, 404, "/topicId"),
        ({"customerId": ""}, 400, "/customerId"),
    ],
)
async def test_what_cannot_be_asked(reader: ApiClient, query: Json, status: int, pointer: str) -> None:
    body = problem(await reader.get(PATH, **query), status, "NOT_FOUND" if status == 404 else None)
    assert [error["pointer"] for error in body["errors"]] == [pointer]


async def test_a_topic_without_meetings(reader: ApiClient) -> None:
    assert await ids(reader, topicId=TOPIC) == []
