"""`bookme admin acknowledge` of a booking whose compensation cannot succeed, and that an operator settles by hand."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from devstack.postgres import EmbeddedPostgres
from storage.database import Database
from tests.integration.admin.changes.support import Shell, entry
from tests.integration.api.support import UNKNOWN, eventually, new_token, ok, run_of
from tests.support.clients import ApiClient, Json

REFUSE = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'a test refuses'; END $$;
    CREATE TRIGGER refuses BEFORE DELETE ON time_slot FOR EACH ROW EXECUTE FUNCTION refuse();
    CREATE TRIGGER refuses BEFORE INSERT ON refused_step FOR EACH ROW EXECUTE FUNCTION refuse();
"""
ALLOW = "DROP TRIGGER refuses ON time_slot; DROP TRIGGER refuses ON refused_step; DROP FUNCTION refuse()"
BY_HAND = """
    ALTER TABLE time_slot DISABLE TRIGGER refuses;
    DELETE FROM time_slot;
    ALTER TABLE time_slot ENABLE TRIGGER refuses;
"""


@pytest.fixture
async def owner(postgres: EmbeddedPostgres, database: Database) -> AsyncIterator[asyncpg.Connection]:
    """The owner of the database, in which no compensation of a booking succeeds."""
    connection = await asyncpg.connect(postgres.url)
    await connection.execute(REFUSE)
    yield connection
    await connection.execute(ALLOW)
    await connection.close()


@pytest.fixture
async def held(client: ApiClient, engine: Client, owner: asyncpg.Connection) -> Json:
    """A time slot whose run was cancelled, and tries for ever to release the time slot."""
    token = new_token()
    slot = ok(await client.reserve((await client.search())[0], token))
    run = run_of(engine, token)
    await run.cancel()

    async def is_stuck() -> bool:
        pending = (await run.describe()).raw_description.pending_activities
        return any(each.activity_type.name == "release_time_slot" and each.attempt > 1 for each in pending)

    await eventually(is_stuck)
    return {**slot, "token": token}


async def test_ends_the_run(shell: Shell, engine: Client, held: Json, owner: asyncpg.Connection) -> None:
    refused = await shell.refused("acknowledge", "--token", held["token"])
    assert f"The database still has the time slot {held['id']} (Reserved). Undo it first." in refused
    await owner.execute(BY_HAND)
    assert (await shell.done("acknowledge", "--token", held["token"]))["outcome"] == "Done"
    ended = await run_of(engine, held["token"]).describe()
    assert ended.status is WorkflowExecutionStatus.TERMINATED
    again = await shell.done("acknowledge", "--time-slot", held["id"])
    assert (again["outcome"], again["text"]) == ("AlreadyDone", "The run of the booking has ended.")
    subject = f"time_slot:{held['id']}"
    expected = [entry("acknowledge", subject, each) for each in ("Requested", "Done", "AlreadyDone")]
    assert await shell.log() == expected


async def test_refuses_while_the_run_does_other_work(client: ApiClient, shell: Shell, engine: Client) -> None:
    token = new_token()
    ok(await client.reserve((await client.search())[0], token))
    assert "The run of this booking undoes nothing." in await shell.refused("acknowledge", "--token", token)
    assert (await run_of(engine, token).describe()).status is WorkflowExecutionStatus.RUNNING
    assert await shell.log() == []


async def test_a_time_slot_that_does_not_exist(shell: Shell, client: ApiClient) -> None:
    assert "does not exist" in await shell.refused("acknowledge", "--time-slot", UNKNOWN)
