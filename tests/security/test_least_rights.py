"""The role that API and workers log in as reads and writes rows. It cannot change what protects them."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlmodel import SQLModel

from config.errors import StackError
from config.settings import Settings
from devstack.postgres import RUNNING_ROLE, EmbeddedPostgres
from storage.database import Database
from storage.grants import UnfitRunningRole
from storage.migrate import migrate
from tests.integration.storage.conftest import made
from workers.prepare import migrate_database

ROOT = Path(__file__).parents[2]
FORBIDDEN = (
    "ALTER TABLE time_slot DROP CONSTRAINT no_two_bookings_of_one_employee_overlap",
    "ALTER TABLE time_slot DISABLE TRIGGER ALL",
    "ALTER TABLE time_slot OWNER TO bookme_app",
    "DROP TABLE meeting",
    "DROP INDEX one_hold_per_token",
    "DROP EXTENSION btree_gist CASCADE",
    "TRUNCATE booking_event",
    "CREATE TABLE another (number int)",
    "CREATE TEMP TABLE another (number int)",
    "CREATE SCHEMA another",
    "CREATE INDEX another ON meeting (id)",
    "CREATE FUNCTION another() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE RULE another AS ON DELETE TO meeting DO INSTEAD NOTHING",
    "SET session_replication_role = replica",
    "SET ROLE bookme",
    "UPDATE operator_action SET actor = 'somebody else'",
    "DELETE FROM operator_action",
    "UPDATE alembic_version SET version_num = '0001'",
    "DELETE FROM alembic_version",
)

PRIVILEGES = """
    SELECT privilege_type FROM information_schema.table_privileges WHERE grantee = $1 AND table_name = $2
"""


@pytest.fixture
async def running(postgres: EmbeddedPostgres, seeded: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(postgres.running_url)
    yield connection
    await connection.close()


@pytest.fixture
async def owner(postgres: EmbeddedPostgres) -> AsyncIterator[Database]:
    """The owner of an empty database."""
    async with made(postgres) as database:
        yield database


@pytest.fixture
async def role(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """A role that may do nothing."""
    name = f"role_{uuid4().hex}"
    connection = await asyncpg.connect(postgres.admin_url)
    await connection.execute(f"CREATE ROLE {name}")
    yield name
    await connection.execute(f"DROP ROLE {name}")
    await connection.close()


async def test_the_script_of_the_deployment_makes_a_fit_role(postgres: EmbeddedPostgres, seeded: Database) -> None:
    script = (ROOT / "deploy/postgres/add-running-role.sql").read_text().replace(":'password'", "'secret'")
    connection = await asyncpg.connect(f"{postgres.admin_url.rpartition('/')[0]}/bookme")
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"ALTER ROLE {RUNNING_ROLE} RENAME TO another")
        await connection.execute(script)
        assert not await connection.fetchval("SELECT has_schema_privilege('bookme_app', 'public', 'CREATE')")
        assert await connection.fetchval("SELECT pg_has_role('bookme', 'bookme_app', 'MEMBER')")
    finally:
        await transaction.rollback()
        await connection.close()


async def privileges(owner: Database, role: str) -> dict[str, set[str]]:
    connection = await asyncpg.connect(
        owner.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    try:
        names = (*SQLModel.metadata.tables, "alembic_version")
        return {name: {row[0] for row in await connection.fetch(PRIVILEGES, role, name)} for name in names}
    finally:
        await connection.close()


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_schema_cannot_be_changed(running: asyncpg.Connection, statement: str) -> None:
    transaction = running.transaction()
    await transaction.start()
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await running.execute(statement)
    finally:
        await transaction.rollback()


async def test_each_migration_grants_the_rows_of_every_table_and_no_more(owner: Database) -> None:
    await migrate(owner, "0015")
    await migrate(owner, running_role=RUNNING_ROLE)
    rows = {"SELECT", "INSERT", "UPDATE", "DELETE"}
    less = {"alembic_version": {"SELECT"}, "operator_action": {"SELECT", "INSERT"}}
    expected = dict.fromkeys(SQLModel.metadata.tables, rows) | less
    assert await privileges(owner, RUNNING_ROLE) == expected
    connection = await asyncpg.connect(
        owner.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    await connection.execute(f"GRANT ALL ON meeting TO {RUNNING_ROLE}; REVOKE ALL ON topic FROM {RUNNING_ROLE}")
    await connection.close()
    await migrate(owner, running_role=RUNNING_ROLE)
    assert await privileges(owner, RUNNING_ROLE) == expected


async def test_a_running_role_that_does_not_exist(owner: Database) -> None:
    with pytest.raises(UnfitRunningRole, match="There is no role nobody"):
        await migrate(owner, running_role="nobody")


async def test_a_running_role_that_may_do_all(owner: Database, postgres: EmbeddedPostgres, role: str) -> None:
    with pytest.raises(UnfitRunningRole, match="a superuser"):
        await migrate(owner, running_role="postgres")
    connection = await asyncpg.connect(postgres.admin_url)
    await connection.execute(f"GRANT bookme TO {role}")
    await connection.close()
    with pytest.raises(UnfitRunningRole, match="a member of the role that owns the tables"):
        await migrate(owner, running_role=role)


async def test_a_running_role_that_may_create_tables(owner: Database, postgres: EmbeddedPostgres, role: str) -> None:
    database = owner.engine.url.database
    connection = await asyncpg.connect(f"{postgres.admin_url.rpartition('/')[0]}/{database}")
    await connection.execute(f"GRANT CREATE ON SCHEMA public TO {role}")
    try:
        with pytest.raises(UnfitRunningRole, match="may create tables"):
            await migrate(owner, running_role=role)
    finally:
        await connection.execute(f"DROP OWNED BY {role}")
        await connection.close()


async def test_migrating_says_who_may_use_the_rows(postgres: EmbeddedPostgres, seeded: Database) -> None:
    both = {"database_url": postgres.running_url, "migration_database_url": postgres.url}
    assert (await migrate_database(Settings.model_validate(both))).endswith(", bookme_app may use its rows")
    elsewhere = both | {"migration_database_url": postgres.admin_url}
    with pytest.raises(StackError, match="the same database"):
        await migrate_database(Settings.model_validate(elsewhere))
