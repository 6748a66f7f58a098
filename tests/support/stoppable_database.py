"""A PostgreSQL of its own for the tests of one class, which stop and start it."""

import shutil
from collections.abc import AsyncIterator

import asyncpg
import pytest

from config.settings import Settings
from devstack.demo_data import seed
from devstack.postgres import EmbeddedPostgres
from storage.database import Database
from storage.migrate import migrate


class WithStoppableDatabase:
    """Base of test classes whose `database` and `settings` are those of a server that the test may stop, `own`."""

    @pytest.fixture
    async def own(self, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedPostgres]:
        async with EmbeddedPostgres.running(tmp_path_factory.mktemp("own-postgres"), fast=True) as server:
            yield server
        shutil.rmtree(server.data_dir, ignore_errors=True)

    @pytest.fixture
    async def database(self, own: EmbeddedPostgres) -> AsyncIterator[Database]:
        database = Database(own.url, pool_size=5)
        await migrate(database)
        async with database.transaction() as session:
            await seed(session)
        yield database
        await database.close()

    @pytest.fixture
    def settings(self, settings: Settings, own: EmbeddedPostgres) -> Settings:
        return Settings.model_validate(settings.model_dump() | {"database_url": own.url})


async def set_read_only(server: EmbeddedPostgres, value: str) -> None:
    """Switch `default_transaction_read_only` on or off, for open sessions too."""
    connection = await asyncpg.connect(server.admin_url)
    await connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()
