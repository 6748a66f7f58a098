"""Whose a thing is: decided for every operation of the OpenAPI document, so that a new one cannot be forgotten.

Whoever may not use a thing is told so in the same words whatever it is and however it is, and changes nothing.
"""

from collections.abc import Iterator
from typing import Any, Final

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import SQLModel

from storage.database import Database
from tests.integration.api.support import HOOK, ok, problem
from tests.security.support.things import NAMING, OwnedResources, Request
from tests.support.clients import ApiClient, Json

pytestmark = pytest.mark.ci

OPEN: Final = {"Health_live", "Health_ready", "Metrics", "Feeds_read"}
"""To everybody; a feed to whoever knows its secret address."""

NOT_FOR_CLIENTS: Final = (["bookme.staff"], ["bookme.config"])
"""Scopes of those who may see everybody's things, or the configuration."""

OF_NOBODY: Final = {
    *("Topics_list", "Topics_get", "CustomerTypes_list", "CustomerTypes_get"),
    *("Employees_all", "Employees_get", "Rooms_all", "Rooms_get"),
}
"""They tell of the organisation, to each client the same."""

OF_ONESELF: Final = {"TimeSlots_listHeld", "Meetings_list", "Events_list", "Webhooks_list", "Webhooks_create"}
"""They show and make the client's own things, and name none."""

Rows = dict[str, list[Any]]


def operations(app: FastAPI) -> Iterator[Json]:
    return (operation for item in app.openapi()["paths"].values() for operation in item.values())


async def stored(database: Database) -> Rows:
    """All rows of all tables but the keys of requests."""
    tables = [table for table in SQLModel.metadata.sorted_tables if table.name != "idempotency_key"]
    async with database.transaction() as session:
        return {table.name: sorted(map(str, await session.execute(sa.select(table)))) for table in tables}


def test_it_is_decided_for_every_operation(app: FastAPI) -> None:
    theirs = [each for each in operations(app) if each["security"]]
    assert {each["operationId"] for each in operations(app) if not each["security"]} == OPEN
    of_clients = {each["operationId"] for each in theirs if each["security"][0]["oauth2"] not in NOT_FOR_CLIENTS}
    assert of_clients == {*OF_NOBODY, *OF_ONESELF, *NAMING, "Meetings_create"}


class TestAnotherClient:
    @pytest.fixture
    async def other(self, client: ApiClient) -> ApiClient:
        return await client.as_another("other")

    @pytest.fixture
    async def things(self, client: ApiClient, other: ApiClient) -> OwnedResources:
        return await OwnedResources.of(client, other)

    async def refused(self, other: ApiClient, request: Request) -> str:
        """What it is told, but for the address that it asked."""
        method, path, options = request
        told = problem(await other.http.request(method, path, headers=other.headers, **options), 403, "NOT_YOURS")
        return str({name: value for name, value in told.items() if name not in ("instance", "requestId")})

    async def test_is_told_the_same_of_everything_and_changes_nothing(
        self, other: ApiClient, things: OwnedResources, database: Database
    ) -> None:
        before = await stored(database)
        told = {
            operation: {await self.refused(other, request) for request in requests(things)}
            for operation, requests in NAMING.items()
        }
        told["Meetings_create"] = {await self.refused(other, await creation(other, things))}
        assert await stored(database) == before
        assert {operation: len(texts) for operation, texts in told.items()} == dict.fromkeys(told, 1) | {
            "Meetings_patch": 2
        }
        assert len({text for texts in told.values() for text in texts}) == 3, "time slot, meeting, webhook"

    async def test_lists_nothing_of_it(self, other: ApiClient, things: OwnedResources) -> None:
        mine = [each["id"] for each in (await other.get("/bookme/meetings")).json()]
        assert mine == [things.own]
        assert (await other.get("/bookme/meetings", timeSlotId=things.booked["id"])).json() == []
        assert (await other.get("/bookme/webhooks")).json() == []
        events = ok(await other.get("/bookme/events"))["events"]
        assert {event["data"]["clientId"] for event in events} == {"other"}

    async def test_has_webhooks_that_tell_nothing_of_it(
        self, client: ApiClient, other: ApiClient, things: OwnedResources
    ) -> None:
        mine = ok(await other.post("/bookme/webhooks", {"url": HOOK["url"]}))["id"]
        await client.reserved()
        await other.reserved()
        ok(await client.get("/bookme/events"))
        deliveries = f"/bookme/webhooks/{mine}/deliveries"
        (delivery,) = (await other.get(deliveries)).json()
        told = ok(await other.get(f"{deliveries}/{delivery['id']}"))
        assert told["event"]["data"]["clientId"] == "other"
        problem(await other.get(f"{deliveries}/{things.delivery}"), 404, "NOT_FOUND")
        problem(await other.post(f"{deliveries}/{things.delivery}/redeliver", None), 404, "NOT_FOUND")


async def creation(other: ApiClient, things: OwnedResources) -> Request:
    return "POST", "/bookme/meetings", {"json": await other.meeting(things.booked)}
