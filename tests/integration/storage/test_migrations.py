"""The migrations make what the tables say, for every process that runs them, and again."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from storage.database import Database, StorageUnavailable
from storage.migrate import ONE_AT_A_TIME, UnknownRevision, alembic_config, migrate
from tests.integration.activities.booking_fixture import until
from tests.integration.storage.conftest import MakeDatabase

CATALOGUE = {
    "columns": """
        SELECT attrelid::regclass::text, attname::text, format_type(atttypid, atttypmod), attnotnull, attidentity::text,
               pg_get_expr(adbin, adrelid)
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        LEFT JOIN pg_attrdef ON (adrelid, adnum) = (attrelid, attnum)
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
    """,
    "constraints": """
        SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    """,
    "indexes": "SELECT tablename::text, indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public'",
}
"""What the database itself says of a schema; the order of columns is nobody's business."""


RELEASED = "0016"
"""Newest migration of the last release."""


async def catalogue(database: Database, what: str) -> list[tuple[Any, ...]]:
    async with database.transaction() as session:
        rows = (await session.execute(sa.text(CATALOGUE[what]))).all()
    return sorted((tuple(row) for row in rows if row[0] != "alembic_version"), key=repr)


async def until_an_index_waits(database: Database) -> None:
    waits = sa.text("""
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'CREATE INDEX CONCURRENTLY%'
    """)

    async def is_so() -> bool:
        async with database.autocommit() as session:
            return bool(await session.scalar(waits))

    await until(is_so)


@pytest.mark.parametrize("what", CATALOGUE)
async def test_make_exactly_the_tables(new_database: MakeDatabase, what: str) -> None:
    migrated, created = await new_database(), await new_database()
    await migrate(migrated)
    async with created.transaction() as session:
        await session.execute(sa.text("CREATE EXTENSION btree_gist"))
        await (await session.connection()).run_sync(SQLModel.metadata.create_all)
    expected = await catalogue(created, what)
    assert await catalogue(migrated, what) == expected
    assert len(expected) > 10


async def test_leave_nothing_for_another_one_to_do(empty: Database) -> None:
    await migrate(empty)

    def differences(connection: sa.Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return list(compare_metadata(context, SQLModel.metadata))

    async with empty.transaction() as session:
        assert await (await session.connection()).run_sync(differences) == []


async def test_take_nothing_from_the_release_before(new_database: MakeDatabase) -> None:
    """Its processes run until they are replaced, and may come back: they find all columns, and can insert rows."""
    released, migrated = await new_database(), await new_database()
    await migrate(released, RELEASED)
    await migrate(migrated)
    before = {row[:2]: row[2] for row in await catalogue(released, "columns")}
    now = {row[:2]: row[2:] for row in await catalogue(migrated, "columns")}
    assert {name: now.get(name, ("gone",))[0] for name in before} == before
    added = {name: now[name] for name in now.keys() - before.keys() if name[0] in {table for table, _ in before}}
    assert [name for name, (_, is_required, _, default) in added.items() if is_required and not default] == []


async def test_are_one_line(empty: Database) -> None:
    async with empty.transaction() as session:
        connection = await session.connection()
        heads = await connection.run_sync(lambda sync: ScriptDirectory.from_config(alembic_config(sync)).get_heads())
    assert len(heads) == 1


@pytest.mark.ci
async def test_run_twice_and_at_once_without_harm(empty: Database) -> None:
    await asyncio.gather(*(migrate(empty) for _ in range(5)))
    before = await catalogue(empty, "constraints")
    await migrate(empty)
    assert await catalogue(empty, "constraints") == before


async def test_continue_after_a_failure_between_two_statements(empty: Database) -> None:
    """A failed build leaves an index that is not valid."""
    await migrate(empty, "0017")
    async with empty.transaction() as session:
        await session.execute(sa.text("CREATE INDEX booking_event_by_customer ON booking_event (customer_id)"))
    await migrate(empty)
    definitions = {row[1]: row[2] for row in await catalogue(empty, "indexes")}
    assert definitions["booking_event_by_customer"].endswith("(customer_id, id) WHERE (customer_id IS NOT NULL)")


async def test_an_index_is_built_while_others_write(empty: Database) -> None:
    """A transaction that has written an event delays the migration, and the migration blocks no other writer."""
    await migrate(empty, "0017")
    event = sa.text("""
        INSERT INTO booking_event (at, kind, client_id, reservation_token, time_slot_id, booking_key, facts)
        VALUES (now(), 'booking.reserved', 'shop', 'order', gen_random_uuid(), gen_random_uuid(), '{}')
    """)
    async with empty.transaction() as session:
        await session.execute(event)
        migrating = asyncio.create_task(migrate(empty))
        await until_an_index_waits(empty)
        async with empty.transaction() as another:
            await another.execute(event)
    await migrating
    assert any(row[1] == "booking_event_by_customer" for row in await catalogue(empty, "indexes"))


async def test_cannot_upgrade_a_revision_that_they_do_not_have(empty: Database) -> None:
    async with empty.transaction() as session:
        await session.execute(sa.text("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)"))
        await session.execute(sa.text("INSERT INTO alembic_version VALUES ('0014')"))
    with pytest.raises(UnknownRevision, match=r"does not know the database's revision 0014.*use an empty database"):
        await migrate(empty)


async def test_wait_for_another_one_but_not_for_ever(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async with empty.transaction() as another:
        await another.execute(sa.select(sa.func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
        monkeypatch.setattr("storage.migrate.PATIENCE", 0.05)
        with pytest.raises(StorageUnavailable):
            await migrate(empty)
        monkeypatch.undo()
        waiting = asyncio.create_task(migrate(empty))
    await waiting
    assert await catalogue(empty, "indexes")
