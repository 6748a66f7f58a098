"""The processes of a new stack start while its database is still being prepared, and wait for it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy import make_url
from temporalio.client import Client

from config.ports import LOOPBACK, free_port
from devstack.postgres import EmbeddedPostgres
from devstack.processes import until
from devstack.temporal import DevelopmentServer
from storage.database import Database
from workers.database_guard import work_while_database_is_usable

PATIENCE = 60.0
CreateRole = Callable[[], Awaitable[None]]


@pytest.fixture
async def role(postgres: EmbeddedPostgres) -> AsyncIterator[tuple[str, CreateRole]]:
    """Address of the database for a role that does not exist yet, and the function that creates the role."""
    name = f"newcomer_{uuid4().hex}"
    url = make_url(postgres.url).set(username=name, password=name, database="postgres")
    connection = await asyncpg.connect(postgres.admin_url)

    async def create() -> None:
        await connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'")

    yield url.render_as_string(hide_password=False), create
    await connection.execute(f"DROP ROLE IF EXISTS {name}")
    await connection.close()


@pytest.mark.ci
async def test_a_worker_waits_for_its_role(
    role: tuple[str, CreateRole], temporal: DevelopmentServer, caplog: pytest.LogCaptureFixture
) -> None:
    url, create = role
    engine = await Client.connect(temporal.address)
    database, works, waits = Database(url, pool_size=1), asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def workers() -> AsyncIterator[None]:
        works.set()
        yield

    working = asyncio.create_task(work_while_database_is_usable(database, engine, workers, lambda: wait(waits)))

    async def has_said_why() -> bool:
        return any("authentication failed" in getattr(each, "why", "") for each in caplog.records)

    await until(has_said_why, PATIENCE)
    assert not works.is_set()
    await create()
    async with asyncio.timeout(PATIENCE):
        await works.wait()
        waits.set()
        await working
    await database.close()


async def wait(event: asyncio.Event) -> None:
    await event.wait()


@pytest.mark.ci
async def test_an_api_starts_before_its_role_exists(role: tuple[str, CreateRole]) -> None:
    (url, create), port = role, free_port()
    its = {"BOOKME_DATABASE_URL": url, "BOOKME_DEV_ISSUER": "true", "TEMPORAL_ADDRESS": f"{LOOPBACK}:{free_port()}"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli", "api", "--host", LOOPBACK, "--port", str(port)), env=os.environ | its
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}", trust_env=False) as http:

            async def database_is(expected: str) -> bool:
                assert process.returncode is None
                try:
                    found: str = (await http.get("/health/ready", timeout=10)).json()["database"]
                except httpx.TransportError:
                    return False
                return found.startswith(expected)

            await until(lambda: database_is("down"), PATIENCE)
            await create()
            await until(lambda: database_is("up"), PATIENCE)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
