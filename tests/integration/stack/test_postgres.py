import asyncio
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel, col

from devstack.demo_data import seed
from devstack.postgres import EmbeddedPostgres
from devstack.processes import until
from devstack.system import working_in
from storage.database import Database
from storage.migrate import migrate
from storage.tables.organisation import EmployeeRow, LocationRow, OrganisationRow, RoomRow, TopicRow, WorkdayRow

pytestmark = [pytest.mark.ci, pytest.mark.xdist_group("stack")]


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture
async def database(postgres: EmbeddedPostgres) -> AsyncIterator[Database]:
    """An empty database of its own."""
    name = f"test_{uuid4().hex}"
    async with connected(postgres.url) as connection:
        await connection.execute(f"CREATE DATABASE {name}")
    empty = Database(sa.make_url(postgres.url).set(database=name).render_as_string(hide_password=False))
    yield empty
    await empty.close()


async def count(database: Database, table: type[SQLModel], *where: sa.ColumnElement[bool]) -> int:
    async with database.transaction() as session:
        query = sa.select(sa.func.count()).select_from(table).where(*where)
        return (await session.execute(query)).scalar_one()


@pytest.mark.parametrize("fast", [True, False])
async def test_what_is_committed_survives_kill_and_restart_on_the_same_port(directory: Path, fast: bool) -> None:
    async with EmbeddedPostgres.running(directory / "server", fast=fast) as server:
        url = server.url
        async with connected(url) as connection:
            await connection.execute("CREATE TABLE kept (number int)")
            await connection.execute("INSERT INTO kept VALUES (42)")
        await server.kill()
        with pytest.raises(ConnectionRefusedError):
            await asyncpg.connect(url)
        await server.start()
        async with connected(url) as connection:
            assert await connection.fetchval("SELECT number FROM kept") == 42


async def test_it_can_be_killed_while_it_is_busy(directory: Path) -> None:
    async with EmbeddedPostgres.running(directory / "server", fast=True) as server:
        busy = await asyncpg.connect(server.url)
        query = asyncio.create_task(busy.execute("SELECT sum(n) FROM generate_series(1, 1000000000) n"))

        async def is_busy() -> bool:
            async with connected(server.admin_url) as connection:
                activity = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'bookme' AND state = 'active'"
                return bool(await connection.fetchval(activity))

        await until(is_busy, 10)
        await server.kill()
        assert not working_in(server.cluster)
        await server.start()
        with pytest.raises((OSError, asyncpg.PostgresConnectionError)):
            await query


async def test_a_second_run_finds_the_data_of_the_first(directory: Path) -> None:
    for expected in (1, 2):
        async with EmbeddedPostgres.running(directory / "server", fast=True) as server, connected(server.url) as link:
            await link.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
            await link.execute("INSERT INTO kept VALUES (1)")
            assert await link.fetchval("SELECT count(*) FROM kept") == expected


async def test_its_password_is_ours_alone_and_is_asked_for(postgres: EmbeddedPostgres) -> None:
    password = postgres.data_dir / "password"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.url.replace(password.read_text().strip(), "wrong"))


async def test_it_speaks_on_loopback_alone_and_its_owner_is_no_superuser(postgres: EmbeddedPostgres) -> None:
    async with connected(postgres.admin_url) as connection:
        assert await connection.fetchval("SHOW listen_addresses") == "127.0.0.1"
        assert await connection.fetchval("SHOW unix_socket_directories") == ""
        assert not await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = 'bookme'")


async def test_a_number_of_the_last_run_that_is_another_program_now_does_not_keep_it_from_starting(
    directory: Path,
) -> None:
    async with EmbeddedPostgres.running(directory / "server", fast=True) as server:
        await server.kill()
        file = server.cluster / "postmaster.pid"
        lines = file.read_text().splitlines()
        file.write_text("\n".join(["1", *lines[1:]]))
        await server.start()


async def test_migrating_twice_and_at_once_is_safe(database: Database) -> None:
    await asyncio.gather(*(migrate(database) for _ in range(4)))
    await migrate(database)
    assert await count(database, OrganisationRow) == 0


async def test_the_demo_data_is_a_bank_worth_trying(database: Database) -> None:
    await migrate(database)
    async with database.transaction() as session:
        await seed(session)
    assert await count(database, LocationRow) >= 3
    assert await count(database, LocationRow, col(LocationRow.require_available_room).is_(True)) >= 1
    assert await count(database, EmployeeRow) >= 12
    assert await count(database, EmployeeRow, col(EmployeeRow.can_be_booked).is_(False)) == 1
    assert await count(database, EmployeeRow, col(EmployeeRow.is_only_explicitly_available).is_(True)) == 1
    assert await count(database, RoomRow) >= 8
    assert await count(database, RoomRow, col(RoomRow.can_be_booked).is_(False)) == 1
    assert await count(database, TopicRow) == 5
    assert await count(database, TopicRow, col(TopicRow.is_customer_bookable).is_(False)) == 1


async def test_seeding_again_adds_nothing_and_keeps_what_was_changed(database: Database) -> None:
    await migrate(database)
    async with database.transaction() as session:
        await seed(session)
        await session.execute(sa.update(EmployeeRow).values(first_name="Changed"))
        await session.execute(sa.delete(WorkdayRow).where(col(WorkdayRow.weekday) == 1))
    before = [await count(database, table) for table in (EmployeeRow, RoomRow, WorkdayRow)]
    async with database.transaction() as session:
        await seed(session)
    assert [await count(database, table) for table in (EmployeeRow, RoomRow, WorkdayRow)] == before
    assert await count(database, EmployeeRow, col(EmployeeRow.first_name) != "Changed") == 0
