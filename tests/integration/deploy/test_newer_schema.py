"""The API and the worker of this release work with the schema of the next one, which has more and lacks nothing."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlmodel import SQLModel

from devstack.postgres import EmbeddedPostgres
from storage.database import Database
from tests.integration.api.support import EVERY_SCOPE, ok
from tests.support.clients import ApiClient

TABLES = [table.name for table in SQLModel.metadata.sorted_tables]
EXPAND = (
    *(f"ALTER TABLE {table} ADD COLUMN of_the_next_release integer NOT NULL DEFAULT 0" for table in TABLES),
    "CREATE TABLE of_the_next_release (id uuid PRIMARY KEY)",
)
CONTRACT = (
    "DROP TABLE IF EXISTS of_the_next_release",
    *(f"ALTER TABLE {table} DROP COLUMN IF EXISTS of_the_next_release" for table in TABLES),
)


@pytest.fixture
async def owner(postgres: EmbeddedPostgres, database: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(postgres.url)
    yield connection
    for statement in CONTRACT:
        await connection.execute(statement)
    await connection.close()


async def journey(client: ApiClient) -> None:
    """Everything that a booking does, and what was read with the statements that the pool has prepared."""
    slot = await client.booked(meetingTypes="online")
    meeting = ok(await client.create_meeting(slot))
    ok(await client.get(f"/bookme/meetings/{meeting['id']}"))
    for path in ("/bookme/meetings", "/bookme/events", "/config/employees", "/config/rooms"):
        assert (await client.get(path)).status_code == 200
    assert (await client.give_back((await client.reserved(meetingTypes="online"))["id"])).is_success


async def test_bookings_go_on_while_and_after_the_schema_gets_ahead(
    client: ApiClient, owner: asyncpg.Connection
) -> None:
    client = await client.as_another("demo", EVERY_SCOPE)
    await journey(client)
    booking = asyncio.create_task(journey(client))
    for statement in EXPAND:
        await owner.execute(statement)
    await booking
    await journey(client)
