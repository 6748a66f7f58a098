from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import make_url

from benchmarks.workload.bank import fill
from devstack.postgres import EmbeddedPostgres
from storage.database import Database
from storage.migrate import migrate
from tests.integration.storage.index_views import BANK, url_of

MakeDatabase = Callable[[], Awaitable[Database]]


@asynccontextmanager
async def made(server: EmbeddedPostgres, template: str = "template1") -> AsyncIterator[Database]:
    """Make a database, a copy of the template, and drop it after the block."""
    name = f"test_{uuid4().hex}"
    connection = await asyncpg.connect(server.url)
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    database = Database(make_url(server.url).set(database=name).render_as_string(hide_password=False))
    yield database
    await database.close()
    await connection.close()
    # Only the superuser may end an autovacuum that is at work in the database.
    connection = await asyncpg.connect(server.admin_url)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture
async def new_database(postgres: EmbeddedPostgres) -> AsyncIterator[MakeDatabase]:
    """Makes databases with nothing in them."""
    async with AsyncExitStack() as all_of_them:
        yield lambda: all_of_them.enter_async_context(made(postgres))


@pytest.fixture
async def empty(new_database: MakeDatabase) -> Database:
    return await new_database()


@pytest.fixture(scope="session")
async def bank_template(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """A small bank that is copied for each test. Nobody may be connected to it."""
    async with made(postgres) as database:
        await migrate(database)
        await fill(database, url_of(database), BANK)
        await database.close()
        yield str(database.engine.url.database)


@pytest.fixture
async def bank(postgres: EmbeddedPostgres, bank_template: str) -> AsyncIterator[Database]:
    async with made(postgres, bank_template) as database:
        yield database


@pytest.fixture
async def owner(bank: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url_of(bank))
    yield connection
    await connection.close()
