"""A client that has the scope `bookme.staff` no more: what it got with the scope ends with the scope."""

from typing import Final
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from storage.database import Database
from storage.notifications.event_log import publish
from storage.tables.booking import BookingEventRow
from tests.integration.api.support import EVERY_SCOPE, HOOK, ok, problem
from tests.support.clients import ApiClient, Json

ORDINARY: Final = "bookme.read bookme.book"
WEBHOOKS: Final = "/bookme/webhooks"


@pytest.fixture
async def staff(http: httpx.AsyncClient) -> ApiClient:
    """The client "auditor" while it is staff."""
    return await ApiClient.authorised(http, "auditor", EVERY_SCOPE)


@pytest.fixture
async def former(http: httpx.AsyncClient) -> ApiClient:
    """The same client, without the scope."""
    return await ApiClient.authorised(http, "auditor", ORDINARY)


@pytest.fixture
async def operator(http: httpx.AsyncClient) -> ApiClient:
    return await ApiClient.authorised(http, "operator", EVERY_SCOPE)


async def wide(client: ApiClient) -> Json:
    return ok(await client.post(WEBHOOKS, HOOK | {"eventTypes": [], "everyClient": True}))


async def happens(database: Database, client_id: str = "shop") -> None:
    row = {
        "kind": "booking.reserved",
        "client_id": client_id,
        "reservation_token": "order-1",
        "time_slot_id": uuid4(),
        "booking_key": uuid4(),
        "facts": {"employeeId": str(uuid4()), "start": "2199-01-07T09:00:00+00:00"},
    }
    async with database.transaction() as session:
        await session.execute(sa.insert(BookingEventRow).values(at=sa.func.now(), **row))
        await publish(session)


async def sent(operator: ApiClient, webhook: Json) -> int:
    answer = await operator.get(f"{WEBHOOKS}/{webhook['id']}/deliveries")
    assert answer.status_code == 200, answer.text
    return len(answer.json())


async def test_a_webhook_of_every_client_ends_with_the_scope(
    staff: ApiClient, former: ApiClient, operator: ApiClient, database: Database
) -> None:
    webhook = await wide(staff)
    await happens(database)
    assert await sent(operator, webhook) == 1
    assert (await former.get("/bookme/events")).status_code == 200
    await happens(database)
    assert await sent(operator, webhook) == 1
    await happens(database, "auditor")
    assert await sent(operator, webhook) == 2  # its own events stay its own
    assert (await staff.get("/bookme/events")).status_code == 200
    await happens(database)
    assert await sent(operator, webhook) == 3  # it has the scope again


async def test_it_ends_by_itself_when_its_client_is_not_seen_any_more(
    staff: ApiClient, operator: ApiClient, app: FastAPI, database: Database
) -> None:
    webhook = await wide(staff)
    async with database.transaction() as session:
        await session.execute(sa.text("UPDATE webhook SET every_client_until = now() + interval 'PT1H'"))
    app.state.resources.staff_rights.forget()
    await operator.get("/bookme/events")
    shown = ok(await operator.get(f"{WEBHOOKS}/{webhook['id']}"))
    assert shown["everyClientUntil"] < webhook["everyClientUntil"]
    await staff.get("/bookme/events")
    assert ok(await operator.get(f"{WEBHOOKS}/{webhook['id']}"))["everyClientUntil"] >= webhook["everyClientUntil"]
    async with database.transaction() as session:
        await session.execute(sa.text("UPDATE webhook SET every_client_until = now()"))
    await happens(database)
    assert await sent(operator, webhook) == 0


async def test_staff_cannot_give_the_right_to_another_client(
    operator: ApiClient, http: httpx.AsyncClient, database: Database
) -> None:
    shop = await ApiClient.authorised(http, "shop", ORDINARY)
    webhook = ok(await shop.post(WEBHOOKS, HOOK | {"eventTypes": []}))
    change = [{"op": "replace", "path": "/everyClient", "value": True}]
    ok(await operator.http.patch(f"{WEBHOOKS}/{webhook['id']}", json=change, headers=operator.headers))
    await happens(database, "another")
    assert await sent(operator, webhook) == 0


async def test_staff_list_and_delete_every_webhook(
    staff: ApiClient, former: ApiClient, operator: ApiClient, http: httpx.AsyncClient
) -> None:
    shop = await ApiClient.authorised(http, "shop", ORDINARY)
    made = [await wide(staff), ok(await shop.post(WEBHOOKS, HOOK))]
    listed = (await operator.get(WEBHOOKS)).json()
    assert {(each["id"], each["clientId"]) for each in listed} == {(each["id"], each["clientId"]) for each in made}
    assert not any("secret" in each for each in listed)
    for each in made:
        assert (await operator.http.delete(f"{WEBHOOKS}/{each['id']}", headers=operator.headers)).status_code == 204
    assert (await operator.get(WEBHOOKS)).json() == []
    again = await wide(staff)
    problem(await former.get(f"{WEBHOOKS}/{again['id']}"), 403)
    assert (await former.http.delete(f"{WEBHOOKS}/{again['id']}", headers=former.headers)).status_code == 204


async def test_a_cursor_and_a_key_of_before_show_no_more_than_the_scopes_of_now(
    staff: ApiClient, former: ApiClient, database: Database
) -> None:
    await happens(database)
    seen = ok(await staff.get("/bookme/events", limit="1"))
    assert len(seen["events"]) == 1
    await happens(database)
    assert ok(await former.get("/bookme/events", cursor=seen["cursor"]))["events"] == []
    body = HOOK | {"everyClient": True}
    ok(await staff.post(WEBHOOKS, body, **{"Idempotency-Key": "a-key"}))
    problem(await former.post(WEBHOOKS, body, **{"Idempotency-Key": "a-key"}), 403)
