"""Who may do what: tokens, scopes, and whose a booking is."""

import httpx
import pytest

from storage.database import Database
from tests.integration.api.support import ENDPOINTS, EVERY_SCOPE, Endpoint, ok, problem
from tests.support.clients import ApiClient

OPEN = ("/health/live", "/metrics", "/openapi.json", "/docs", "/.well-known/openid-configuration")


NO_TOKEN: tuple[dict[str, str], ...] = (
    {},
    {"Authorization": "Bearer nonsense"},
    {"Authorization": "Basic ZGVtbzpib29rbWU="},
)


async def test_without_a_good_token(http: httpx.AsyncClient) -> None:
    for endpoint in ENDPOINTS:
        for headers in NO_TOKEN:
            problem(await endpoint.call(ApiClient(http, headers)), 401)


async def test_a_token_never_counts_in_the_query(http: httpx.AsyncClient) -> None:
    token = (await ApiClient.authorised(http, "demo")).headers["Authorization"].removeprefix("Bearer ")
    for endpoint in ENDPOINTS:
        problem(await endpoint.call(ApiClient(http, {}), params=endpoint.query | {"access_token": token}), 401)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
async def test_each_endpoint_needs_its_scope(
    http: httpx.AsyncClient, configurable: Database, endpoint: Endpoint
) -> None:
    others = " ".join({"bookme.read", "bookme.book", "bookme.staff", "bookme.config"} - {endpoint.scope})
    answer = await endpoint.call(await ApiClient.authorised(http, "demo", others))
    assert endpoint.scope in problem(answer, 403)["message"]
    assert f'scope="{endpoint.scope}"' in answer.headers["www-authenticate"]
    assert (await endpoint.call(await ApiClient.authorised(http, "demo", endpoint.scope))).status_code in (
        200,
        404,
        409,
    )


@pytest.mark.parametrize("path", OPEN)
async def test_what_is_open_to_all(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 200


async def test_another_clients_time_slot(client: ApiClient) -> None:
    reserved, booked = await client.reserved(), await client.booked()
    other = await client.as_another("other")
    for slot in (reserved, booked):
        for answer in (
            await other.time_slot(slot["id"]),
            await other.book(slot["id"]),
            await other.give_back(slot["id"]),
            await other.create_meeting(slot),
        ):
            assert slot["startDate"] not in problem(answer, 403, "NOT_YOURS")["message"]
    ok(await client.book(reserved["id"]))
    ok(await client.create_meeting(booked))


async def test_another_clients_meeting(client: ApiClient) -> None:
    booked = await client.booked()
    meeting = ok(await client.create_meeting(booked))
    other = await client.as_another("other")
    for answer in (
        await other.get(f"/bookme/meetings/{meeting['id']}"),
        await other.post(f"/bookme/meetings/{meeting['id']}/ical", {}),
        await other.create_meeting(booked),
        await other.give_back(booked["id"]),
    ):
        assert "customer-4711" not in str(problem(answer, 403, "NOT_YOURS"))
    assert (await other.get("/bookme/meetings")).json() == []


async def test_what_is_gone_stays_its_clients_own(client: ApiClient) -> None:
    held = await client.reserved()
    assert (await client.give_back(held["id"])).status_code == 204
    other = await client.as_another("other")
    problem(await other.time_slot(held["id"]), 403, "NOT_YOURS")
    problem(await other.book(held["id"]), 403, "NOT_YOURS")
    problem(await other.give_back(held["id"]), 403, "NOT_YOURS")


async def test_two_clients_may_use_the_same_token(client: ApiClient) -> None:
    other = await client.as_another("other")
    mine = ok(await client.reserve((await client.search())[0], "same-token"))
    theirs = ok(await other.reserve((await other.search())[0], "same-token"))
    assert mine["id"] != theirs["id"]
    assert ok(await client.time_slot(mine["id"])) == mine


async def test_staff_may_use_every_clients(client: ApiClient) -> None:
    staff = await client.as_another("staff", EVERY_SCOPE)
    reserved = await client.reserved()
    assert ok(await staff.time_slot(reserved["id"])) == reserved
    booked = ok(await staff.book(reserved["id"]))
    meeting = ok(await staff.create_meeting(booked))
    assert ok(await client.get(f"/bookme/meetings/{meeting['id']}")) == meeting, "it is still the client's"
    assert (await staff.post(f"/bookme/meetings/{meeting['id']}/ical", {})).status_code == 200
    assert (await staff.give_back((await client.reserved())["id"])).status_code == 204


async def test_nothing_personal_is_logged(client: ApiClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    # At DEBUG the SDK logs every payload that it sends.
    caplog.set_level("INFO", "temporalio")
    personal = {"customerId": "Ada-Lovelace", "title": "Her-divorce", "description": "Of-a-poet"}
    booked = await client.booked()
    meeting = ok(await client.create_meeting(booked, **personal))
    problem(await client.create_meeting(booked, **personal | {"title": "Her-secret"}), 409, "MEETING_EXISTS")
    problem(await client.create_meeting(booked, **personal, type="no-type"), 400)
    await client.post(f"/bookme/meetings/{meeting['id']}/ical", {"title": "Her-other-secret"})
    ours = ("api", "activities", "services", "storage", "workflows", "temporalio", "sqlalchemy", "asyncpg")
    logged = [vars(record) for record in caplog.records if record.name.split(".")[0] in ours]
    assert not [word for word in (*personal.values(), "Her-") if word in str(logged)]
