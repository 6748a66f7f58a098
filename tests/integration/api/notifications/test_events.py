"""The published event log over HTTP: each event once, in an order that never changes, to whom it concerns."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from domain.messages.retention import OldRows
from storage.database import Database
from storage.retention import delete_page
from tests.integration.api.support import EVERY_SCOPE, is_id, new_token, ok, problem
from tests.support.clients import ApiClient, Json

JOURNEY = ["booking.reserved", "booking.booked", "meeting.created"]


async def page(client: ApiClient, **query: str) -> Json:
    return ok(await client.get("/bookme/events", **query))


def types(found: Json) -> list[str]:
    return [event["type"] for event in found["events"]]


async def test_tells_the_journey_with_its_facts(client: ApiClient) -> None:
    token = new_token()
    offered = (await client.search(meetingTypes="online"))[0]
    booked = ok(await client.book(ok(await client.reserve(offered, token))["id"]))
    meeting = ok(await client.create_meeting(booked))
    found = await page(client)
    assert types(found) == JOURNEY
    created = found["events"][-1]
    assert created["id"].startswith("evt_")
    assert created["timestamp"].endswith("Z")
    data: dict[str, Any] = created["data"]
    assert is_id(data["timeSlotId"])
    assert {name: data[name] for name in ("meetingId", "reservationToken", "employeeId", "clientId")} == {
        "meetingId": meeting["id"],
        "reservationToken": token,
        "employeeId": booked["employeeId"],
        "clientId": "demo",
    }
    assert data["start"] == booked["startDate"]
    assert "customer" not in str(found)


async def test_goes_on_from_where_it_ended(client: ApiClient) -> None:
    empty = await page(client)
    assert empty["events"] == []
    booked = await client.booked()
    found = await page(client, cursor=empty["cursor"])
    assert types(found) == JOURNEY[:2]
    later = await page(client, cursor=found["cursor"])
    assert later == {"events": [], "cursor": found["cursor"]}
    ok(await client.create_meeting(booked))
    assert types(await page(client, cursor=later["cursor"])) == JOURNEY[2:]


async def test_comes_in_pages(client: ApiClient) -> None:
    for _ in range(3):
        await client.reserved()
    answer = await client.get("/bookme/events", limit="2", types="booking.reserved,booking.expired")
    first = ok(answer)
    assert len(first["events"]) == 2
    assert "types=" in answer.headers["link"]
    following = await client.http.get(answer.links["next"]["url"], headers=client.headers)
    assert len(ok(following)["events"]) == 1
    assert "link" not in following.headers
    assert ok(following) == await page(client, cursor=first["cursor"], limit="2")


async def test_only_of_these_types(client: ApiClient) -> None:
    ok(await client.create_meeting(await client.booked()))
    assert types(await page(client, types="meeting.created,booking.booked")) == JOURNEY[1:]


async def test_is_each_clients_own_and_all_of_it_for_staff(client: ApiClient) -> None:
    await client.reserved()
    other = await client.as_another("other")
    assert (await page(other))["events"] == []
    await other.reserved()
    assert [event["data"]["clientId"] for event in (await page(other))["events"]] == ["other"]
    staff = await client.as_another("staff", EVERY_SCOPE)
    assert [event["data"]["clientId"] for event in (await page(staff))["events"]] == ["demo", "other"]


async def test_works_without_a_worker(http: httpx.AsyncClient) -> None:
    client = await ApiClient.authorised(http, "demo")
    assert (await page(client))["events"] == []


@pytest.mark.parametrize(
    "cursor", ["", "x", "NDcx", "MQ==", "LTE", "MQo", "MS4w", "\u0000", "\u00e9", "MTAwMDAwMDAwMDAwMDAwMDAwMDAwMDA"]
)
async def test_what_is_no_cursor(client: ApiClient, cursor: str) -> None:
    answer = await client.get("/bookme/events", cursor=cursor)
    assert problem(answer, 400)["errors"][0]["pointer"] == "/cursor"


async def test_what_is_no_type(client: ApiClient) -> None:
    assert problem(await client.get("/bookme/events", types="meeting.held"), 400)["errors"]


async def test_a_cursor_is_told_that_its_event_was_deleted(client: ApiClient, database: Database) -> None:
    for _ in range(3):
        await client.reserved()
    first = await page(client, limit="1")
    second = await page(client, limit="1", cursor=first["cursor"])
    third = await page(client, cursor=second["cursor"])
    async with database.transaction() as session:
        long_ago = sa.text("UPDATE booking_event SET at = at - interval '400 days' WHERE position <= 2")
        await session.execute(long_ago)
        assert await delete_page(session, OldRows.EVENTS, timedelta(days=365)) == 2
    for old in (first, second):
        body = problem(await client.get("/bookme/events", cursor=old["cursor"]), 410, "CURSOR_EXPIRED")
        assert "without a cursor" in body["message"]
    assert (await page(client, cursor=third["cursor"]))["events"] == []
    assert (await page(client))["events"] == third["events"], "the log begins with what is left"
