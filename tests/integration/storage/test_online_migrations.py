"""Migrations run while the service works: no statement of the service waits for long, and none is lost."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa
from alembic.config import Config

from devstack.processes import until
from storage import migrate as migrations
from storage.database import Database, StorageUnavailable
from storage.migrate import LockHeldTooLong, alembic_config, migrate
from tests.integration.storage.writers import writing

pytestmark = pytest.mark.ci

log = logging.getLogger(__name__)

FIRST: Final = "0015"
ROWS: Final = 50_000
ALLOWED: Final = 5.0
"""Seconds that a statement of the service may wait for a migration."""

FILLED: Final = f"""
    INSERT INTO refused_step
    SELECT gen_random_uuid(), 'TIME_SLOT_TAKEN', number, '{{}}', now() FROM generate_series(1, {ROWS}) number
"""

Add = Callable[[str], None]


@pytest.fixture
def add(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Add:
    """Adds a migration after the newest one, for this test."""

    def with_another(connection: sa.Connection) -> Config:
        config = alembic_config(connection)
        config.set_main_option("path_separator", "newline")
        config.set_main_option(
            "version_locations", f"{Path(migrations.__file__).parent}/migrations/versions\n{tmp_path}"
        )
        return config

    def add_migration(body: str) -> None:
        newest = max(path.name[:4] for path in (Path(migrations.__file__).parent / "migrations/versions").glob("*.py"))
        (tmp_path / "9999_more.py").write_text(
            "from alembic import op\nfrom storage.online_changes import change_in_batches\n"
            f"revision, down_revision = '9999', '{newest}'\nbranch_labels = depends_on = None\n"
            f"def upgrade() -> None:\n    {body}\n"
        )
        monkeypatch.setattr(migrations, "alembic_config", with_another)

    return add_migration


async def execute(database: Database, statement: str) -> None:
    async with database.transaction() as session:
        await session.execute(sa.text(statement))


async def revision(database: Database) -> str:
    async with database.transaction() as session:
        return str(await session.scalar(sa.text("SELECT version_num FROM alembic_version")))


async def test_no_writer_waits_for_long_from_the_first_release_to_the_newest(empty: Database) -> None:
    await migrate(empty, FIRST)
    await execute(empty, FILLED)
    async with writing(empty.engine.url) as writers:
        await migrate(empty)
    log.info("longest wait: %.3f s", writers.longest_of_all)
    assert writers.longest_of_all < ALLOWED
    assert await revision(empty) != FIRST


async def test_a_long_transaction_of_the_service_delays_the_migration_and_no_writer(
    empty: Database, add: Add, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The migration waits for short times, between which the service works."""
    caplog.set_level(logging.INFO, "storage.migrate")
    monkeypatch.setattr(migrations, "LOCK_WAIT", timedelta(seconds=0.2))
    await migrate(empty)
    add("op.execute('ALTER TABLE time_slot ADD COLUMN more integer')")
    async with writing(empty.engine.url) as writers:
        async with empty.transaction() as long:
            await long.execute(sa.text("SELECT * FROM time_slot"))
            migrating = asyncio.create_task(migrate(empty))
            await eventually_logged(caplog, "waiting for a lock", times=3)
            assert not migrating.done()
        await migrating
    assert await revision(empty) == "9999"
    assert 0.1 < writers.longest["time_slot"] < 1


async def eventually_logged(caplog: pytest.LogCaptureFixture, message: str, *, times: int) -> None:
    async def is_logged() -> bool:
        return sum(record.message == message for record in caplog.records) >= times

    await until(is_logged, 30)


async def test_a_migration_that_holds_a_lock_for_too_long_is_undone(empty: Database, add: Add) -> None:
    await migrate(empty)
    newest = await revision(empty)
    add("op.execute('ALTER TABLE time_slot ADD COLUMN more integer'); op.execute('SELECT pg_sleep(30)')")
    async with writing(empty.engine.url) as writers:
        with pytest.raises(LockHeldTooLong, match="--longest-lock"):
            await migrate(empty, longest_lock=timedelta(seconds=1))
    assert await revision(empty) == newest
    assert 0.8 < writers.longest["time_slot"] < ALLOWED, "the writers do measure it"


async def test_a_transaction_that_does_not_end_stops_the_migration(
    empty: Database, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "LOCK_WAIT", timedelta(seconds=0.1))
    monkeypatch.setattr(migrations, "PATIENCE", 1)
    await migrate(empty)
    add("op.execute('ALTER TABLE time_slot ADD COLUMN more integer')")
    async with empty.transaction() as endless:
        await endless.execute(sa.text("SELECT * FROM time_slot"))
        with pytest.raises(StorageUnavailable):
            await migrate(empty)
    await migrate(empty)
    assert await revision(empty) == "9999"


async def test_an_index_whose_creation_was_interrupted_is_created_anew(empty: Database) -> None:
    await migrate(empty, FIRST)
    await execute(empty, FILLED)
    async with empty.autocommit() as session:
        with pytest.raises(sa.exc.IntegrityError):
            await session.execute(
                sa.text("CREATE UNIQUE INDEX CONCURRENTLY refused_step_by_refused_at ON refused_step (reason)")
            )
    await migrate(empty)
    async with empty.transaction() as session:
        found = await session.execute(
            sa.text(
                "SELECT indisvalid, pg_get_indexdef(indexrelid) FROM pg_index "
                "WHERE indexrelid = 'refused_step_by_refused_at'::regclass"
            )
        )
    is_valid, definition = found.one()
    assert is_valid
    assert definition.endswith("(refused_at)")


async def test_rows_are_changed_in_batches_beside_the_writers(empty: Database, add: Add) -> None:
    await migrate(empty)
    await execute(empty, FILLED)
    batch = "SELECT step_id FROM refused_step WHERE message <> '' LIMIT 20000"
    add(f"change_in_batches(\"UPDATE refused_step SET message = '' WHERE step_id IN ({batch})\")")
    async with writing(empty.engine.url) as writers:
        await migrate(empty)
    assert writers.longest_of_all < ALLOWED
    async with empty.transaction() as session:
        assert await session.scalar(sa.text("SELECT count(*) FROM refused_step WHERE message <> ''")) == 0
        assert await session.scalar(sa.text("SELECT count(DISTINCT xmin::text) FROM refused_step")) == 3
