"""A process keeps its index while the database is killed, restored or replaced. Its next search is exact."""

import asyncio
import os
import signal
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from benchmarks.workload.bank import fill
from devstack.postgres import EmbeddedPostgres, binary
from storage.availability.index import AvailabilityIndex, IndexView
from storage.database import Database, StorageUnavailable
from storage.migrate import migrate
from tests.integration.activities.booking_fixture import until
from tests.integration.storage.index_views import BANK, EMPLOYEES, LATER, is_exact

pytestmark = pytest.mark.ci


@pytest.fixture
async def server() -> AsyncIterator[EmbeddedPostgres]:
    """Of its own. Not below pytest's directory, which every other session of pytest closes to its user."""
    with TemporaryDirectory(prefix="bookme-") as directory:
        async with EmbeddedPostgres.running(Path(directory) / "server", fast=True) as running:
            yield running


@pytest.fixture
async def bank(server: EmbeddedPostgres) -> AsyncIterator[Database]:
    database = Database(server.url, pool_size=5)
    await migrate(database)
    await fill(database, server.url, BANK)
    yield database
    await database.close()


async def view_of(index: AvailabilityIndex) -> IndexView:
    """Return the next view. Searches that meet the end of a connection are repeated."""
    found: list[IndexView] = []

    async def answers() -> bool:
        try:
            found.append(await index.current())
        except StorageUnavailable:
            return False
        return True

    await until(answers)
    return found[-1]


class TestAnEndOfTheServer:
    @pytest.mark.parametrize("crash", [True, False])
    async def test_a_restart(self, server: EmbeddedPostgres, bank: Database, crash: bool) -> None:
        index = AvailabilityIndex(bank)
        first = await index.current()
        await (server.kill() if crash else server.stop())
        with pytest.raises(StorageUnavailable):
            await index.current()
        await server.start()
        await change(server, LATER)
        assert (await view_of(index)).state != first.state
        await is_exact(bank, index)

    async def test_a_crash_that_loses_acknowledged_changes(self, server: EmbeddedPostgres, bank: Database) -> None:
        """Without `synchronous_commit`, the index may have seen a change that the database has lost."""
        index = AvailabilityIndex(bank)
        await keep_commits_in_memory(server)
        before = (await index.current()).time.employees[EMPLOYEES[0]]
        await change(server, "SET synchronous_commit = off", LATER)
        assert (await index.current()).time.employees[EMPLOYEES[0]].busy != before.busy
        await crash_backends(server)
        assert sorted((await view_of(index)).time.employees[EMPLOYEES[0]].busy) == sorted(before.busy)
        await is_exact(bank, index)

    async def test_a_crash_after_which_a_number_is_given_again(self, server: EmbeddedPostgres, bank: Database) -> None:
        """The number of a transaction that was rolled back before the crash may be that of one after the crash."""
        index = AvailabilityIndex(bank)
        await keep_commits_in_memory(server)
        undone = await numbers(server, "ROLLBACK")
        await index.current()
        await crash_backends(server)
        await until(lambda: answers(server))
        assert await numbers(server, "COMMIT") == undone
        await view_of(index)
        await is_exact(bank, index)


class TestAnotherDatabase:
    async def test_a_database_replaced_by_an_earlier_copy(self, server: EmbeddedPostgres, bank: Database) -> None:
        index = AvailabilityIndex(bank)
        async with administrator(server) as admin:
            await end_connections(admin)
            await admin.execute("CREATE DATABASE earlier TEMPLATE bookme")
            await change(server, LATER)
            await view_of(index)
            await end_connections(admin)
            await admin.execute("DROP DATABASE bookme")
            await admin.execute("ALTER DATABASE earlier RENAME TO bookme")
        await view_of(index)
        await is_exact(bank, index)

    @pytest.mark.parametrize("options", [("--clean",), ("--data-only", "--disable-triggers")], ids="".join)
    async def test_a_dump_that_is_restored(
        self, server: EmbeddedPostgres, bank: Database, tmp_path: Path, options: tuple[str, ...]
    ) -> None:
        index, dump = AvailabilityIndex(bank), tmp_path / "dump"
        await index.current()
        superuser = address(server, "bookme")
        await run_tool("pg_dump", "--format=custom", f"--file={dump}", superuser)
        await change(server, LATER, "INSERT INTO closing_day VALUES (current_date, '')")
        await view_of(index)
        if "--data-only" in options:
            async with administrator(server, "bookme") as admin:
                tables = ", ".join(f'"{table}"' for table in SQLModel.metadata.tables)
                await admin.execute(f"TRUNCATE {tables}, alembic_version CASCADE")
        await run_tool("pg_restore", *options, f"--dbname={superuser}", str(dump))
        await view_of(index)
        await is_exact(bank, index)
        await change(server, LATER)
        await is_exact(bank, index)

    async def test_numbers_of_transactions_of_more_than_32_bits(self, server: EmbeddedPostgres, bank: Database) -> None:
        index = AvailabilityIndex(bank)
        await index.current()
        await server.stop()
        await run_tool("pg_resetwal", "--epoch=5", f"--pgdata={server.cluster}", user=server.program.user)
        await server.start()
        first = await view_of(index)
        await change(server, LATER)
        view = await view_of(index)
        assert view.grid is first.grid
        assert int(view.snapshot.partition(":")[0]) > 5 << 32
        await is_exact(bank, index)

    async def test_a_subscriber_reads_everything(self, server: EmbeddedPostgres, bank: Database) -> None:
        """Logical replication applies rows without the triggers of statements, so nothing would be in the log."""
        async with administrator(server) as admin:
            await admin.execute("ALTER SYSTEM SET wal_level = logical")
            await admin.execute("CREATE DATABASE publisher TEMPLATE template0")
        await server.stop()
        await server.start()
        async with administrator(server, "publisher") as publisher, administrator(server, "bookme") as subscriber:
            dump = await run_tool("pg_dump", "--schema-only", "--table=closing_day", address(server, "bookme"))
            table = "\n".join(line for line in dump.splitlines() if not line.startswith("\\") and "TRIGGER" not in line)
            await publisher.execute(table)
            await publisher.execute("SET search_path = public; CREATE PUBLICATION changes FOR TABLE closing_day")
            await publisher.execute("SELECT pg_create_logical_replication_slot('changes', 'pgoutput')")
            index = AvailabilityIndex(bank)
            await view_of(index)
            source = address(server, "publisher")
            await subscriber.execute(
                f"CREATE SUBSCRIPTION changes CONNECTION '{source}' PUBLICATION changes"
                " WITH (create_slot = false, slot_name = 'changes', copy_data = false)"
            )
            await view_of(index)
            await publisher.execute("INSERT INTO closing_day VALUES (current_date + 400, '')")

            async def is_applied() -> bool:
                return bool(await subscriber.fetchval("SELECT count(*) FROM closing_day"))

            await until(is_applied)
            await is_exact(bank, index)


async def numbers(server: EmbeddedPostgres, end: str) -> int:
    """Change the time of an employee in a transaction that ends so. Return its number."""
    connection = await asyncpg.connect(server.url)
    await connection.execute("SET synchronous_commit = off")
    await connection.execute("BEGIN")
    await connection.execute(LATER)
    number: int = await connection.fetchval("SELECT pg_current_xact_id()::text::bigint")
    await connection.execute(end)
    await connection.close()
    return number


async def change(server: EmbeddedPostgres, *statements: str) -> None:
    connection = await asyncpg.connect(server.url)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


async def keep_commits_in_memory(server: EmbeddedPostgres) -> None:
    """Make everything before durable, and let the server write later commits as late as possible."""
    connection = await asyncpg.connect(server.admin_url)
    await connection.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
    await connection.execute("ALTER SYSTEM SET wal_writer_flush_after = '1GB'")
    await connection.execute("ALTER SYSTEM SET autovacuum = off")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.execute("CHECKPOINT")
    await connection.close()


async def crash_backends(server: EmbeddedPostgres) -> None:
    """Kill one process of the server, as an operating system does that runs out of memory. The server starts anew."""
    connection = await asyncpg.connect(server.admin_url)
    os.kill(await connection.fetchval("SELECT pg_backend_pid()"), signal.SIGKILL)
    await until(lambda: asyncio.sleep(0, connection.is_closed()))


async def answers(server: EmbeddedPostgres) -> bool:
    return await server.answers(server.pid)


@asynccontextmanager
async def administrator(server: EmbeddedPostgres, database: str = "postgres") -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(server.admin_url, database=database)
    yield connection
    await connection.close()


async def end_connections(admin: asyncpg.Connection) -> None:
    await admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'bookme'")


def address(server: EmbeddedPostgres, database: str) -> str:
    """Return the address of the database for the superuser."""
    return sa.make_url(server.admin_url).set(database=database).render_as_string(hide_password=False)


async def run_tool(name: str, *arguments: str, user: str | None = None) -> str:
    """Run a program of PostgreSQL, and return its output."""
    groups: Any = {"user": user, "group": user, "extra_groups": []} if user else {}
    program = await asyncio.create_subprocess_exec(
        binary(name), *arguments, stdout=PIPE, stderr=PIPE, cwd="/", **groups
    )
    output, errors = await program.communicate()
    assert program.returncode == 0, errors.decode()
    return output.decode()
