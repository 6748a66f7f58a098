"""Only an empty database can become a sandbox, and only on purpose. Every process checks which kind it has."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import make_url

from config.ports import LOOPBACK, free_port
from devstack.postgres import DATABASE, RUNNING_ROLE, EmbeddedPostgres
from storage.database import Database, StorageUnavailable
from storage.migrate import migrate
from storage.sandbox import clock
from storage.sandbox.schema import WrongDatabase

pytestmark = pytest.mark.ci

TURN_ON = (
    "CREATE SCHEMA sandbox",
    f"ALTER DATABASE {DATABASE} SET search_path = public",
    "CREATE FUNCTION now() RETURNS timestamptz LANGUAGE sql AS 'SELECT pg_catalog.now()'",
    "CREATE FUNCTION pg_temp.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT pg_catalog.now()'",
)


@dataclass(frozen=True)
class New:
    """A new and empty database of this server."""

    owner_url: str
    running_url: str

    async def migrate(self, *, sandbox: bool) -> None:
        owner = Database(self.owner_url, pool_size=1)
        try:
            await migrate(owner, running_role=RUNNING_ROLE, sandbox=sandbox)
        finally:
            await owner.close()

    async def fetch(self, statement: str, url: str | None = None) -> object:
        connection = await asyncpg.connect(url or self.owner_url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()


@pytest.fixture
async def new(postgres: EmbeddedPostgres) -> AsyncIterator[New]:
    name = f"new_{uuid4().hex}"
    administrator = await asyncpg.connect(postgres.admin_url)
    await administrator.execute(f"CREATE DATABASE {name} OWNER {DATABASE}")
    both = (make_url(each).set(database=name) for each in (postgres.url, postgres.running_url))
    yield New(*(each.render_as_string(hide_password=False) for each in both))
    await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await administrator.close()


async def opened(url: str, *, sandbox: bool) -> None:
    """Connect as API and workers do."""
    database = Database(url, pool_size=1, sandbox=sandbox)
    try:
        await database.why_read_only()
    finally:
        await database.close()


async def test_an_empty_database_becomes_a_sandbox(new: New) -> None:
    await new.migrate(sandbox=True)
    await new.migrate(sandbox=True)
    await opened(new.running_url, sandbox=True)
    with pytest.raises(WrongDatabase, match="BOOKME_SANDBOX=true"):
        await opened(new.running_url, sandbox=False)
    with pytest.raises(WrongDatabase, match="is a sandbox"):
        await new.migrate(sandbox=False)
    assert await new.fetch("SELECT to_regclass('public.time_slot') IS NOT NULL")


async def test_an_empty_database_is_not_usable_yet(new: New) -> None:
    """API and workers may be started before `bookme migrate`."""
    with pytest.raises(StorageUnavailable):
        await opened(new.running_url, sandbox=True)
    await opened(new.running_url, sandbox=False)


async def test_nor_is_one_that_is_being_migrated(new: New) -> None:
    """The running role gets its rights at the end of the migration."""
    await new.migrate(sandbox=True)
    await new.fetch(f"REVOKE USAGE ON SCHEMA sandbox FROM {make_url(new.running_url).username}")
    with pytest.raises(StorageUnavailable):
        await opened(new.running_url, sandbox=True)


async def test_the_clock_moves_for_every_statement(new: New) -> None:
    await new.migrate(sandbox=True)
    database = Database(new.running_url, pool_size=1, sandbox=True)
    async with database.transaction() as session:
        begin = await clock.read_clock(session)
        await clock.move_clock(session, begin.now.replace(year=begin.now.year + 1))
    async with database.transaction() as session:
        after = await clock.read_clock(session)
        await clock.move_clock(session, begin.now)
        assert (await clock.read_clock(session)).ahead == after.ahead, "never back"
    await database.close()
    ahead = "now() - pg_catalog.now() > interval '364 days'"
    for url in (new.owner_url, new.running_url):
        assert await new.fetch(f"SELECT {ahead}", url)
        assert await new.fetch(f"SELECT {ahead.replace('now()', 'clock_timestamp()')}", url)


async def test_conditions_on_the_moved_clock_use_indexes(new: New) -> None:
    await new.migrate(sandbox=True)
    connection = await asyncpg.connect(new.running_url)
    await connection.execute("SET enable_seqscan = off")
    plan = await connection.fetch("EXPLAIN SELECT key FROM idempotency_key WHERE used_at < now() - interval '1 day'")
    await connection.close()
    assert "Index Cond: (used_at < (now() - '1 day'::interval))" in str(plan)


async def test_a_database_with_data_never_becomes_one(new: New) -> None:
    await new.migrate(sandbox=False)
    with pytest.raises(WrongDatabase, match="was not made as a sandbox"):
        await new.migrate(sandbox=True)
    with pytest.raises(WrongDatabase, match="was not made as a sandbox"):
        await opened(new.running_url, sandbox=True)
    await opened(new.running_url, sandbox=False)


async def test_nor_does_the_database_of_another_program(new: New) -> None:
    await new.fetch("CREATE TABLE theirs (id int)")
    with pytest.raises(WrongDatabase, match="was not made as a sandbox"):
        await new.migrate(sandbox=True)


@pytest.mark.parametrize("statement", TURN_ON)
async def test_the_running_role_cannot_make_one(new: New, statement: str) -> None:
    await new.migrate(sandbox=False)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await new.fetch(
            statement.replace("DATABASE bookme", f"DATABASE {make_url(new.owner_url).database}"), new.running_url
        )


@pytest.mark.parametrize("sandbox", [True, False], ids=["sandbox", "production"])
@pytest.mark.parametrize("command", ["api", "migrate"])
async def test_commands_refuse_the_wrong_database(new: New, command: str, *, sandbox: bool) -> None:
    await new.migrate(sandbox=not sandbox)
    its = {
        "BOOKME_DATABASE_URL": new.running_url,
        "BOOKME_MIGRATION_DATABASE_URL": new.owner_url,
        "BOOKME_SANDBOX": str(sandbox).lower(),
        "BOOKME_DEV_ISSUER": "true",
    }
    port = ("--port", str(free_port()), "--host", LOOPBACK) if command == "api" else ()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", command, *port), env=os.environ | its, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await asyncio.wait_for(process.communicate(), 60)
    said = "was not made as a sandbox" if sandbox else "Set BOOKME_SANDBOX=true"
    assert process.returncode == 1
    assert said in errors.decode()
    assert "Traceback" not in errors.decode()
