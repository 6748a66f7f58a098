"""A database that was restored to an earlier moment: readers of the event log learn that it lost what they know."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from config.settings import Settings
from devstack.demo_data import seed
from devstack.postgres import EmbeddedPostgres
from storage.database import Database
from storage.migrate import migrate
from tests.integration.api.support import ok, problem
from tests.integration.storage.test_event_log import told
from tests.support.clients import ApiClient, Json

EVENTS = "/bookme/events"


class Bank:
    """A bank with a PostgreSQL of its own, which can be put back to how its files were."""

    def __init__(self, server: EmbeddedPostgres, settings: Settings, directory: Path) -> None:
        self.server, self._settings = server, settings
        self._copy = directory / "copy"

    async def back_up(self) -> None:
        await self.server.stop()
        await asyncio.to_thread(shutil.copytree, self.server.cluster, self._copy)
        await self.server.start()

    async def restore(self) -> None:
        await self.server.stop()
        owner = self.server.cluster.owner()
        await asyncio.to_thread(shutil.rmtree, self.server.cluster)
        await asyncio.to_thread(shutil.move, self._copy, self.server.cluster)
        for path in (self.server.cluster, *self.server.cluster.rglob("*")):
            shutil.chown(path, owner)
        await self.server.start()

    async def happens(self, count: int) -> None:
        database = Database(self.server.url)
        await told(database, count, client="demo")
        await database.close()

    async def read(self, cursor: str | None = None) -> httpx.Response:
        app: FastAPI = create_app(self._settings)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://bookme.test") as http:
                client = await ApiClient.authorised(http, "demo")
                return await client.get(EVENTS, **({"cursor": cursor} if cursor else {}))


@pytest.fixture
async def bank(tmp_path: Path, settings: Settings) -> AsyncIterator[Bank]:
    async with EmbeddedPostgres.running(tmp_path / "postgres", fast=True) as server:
        database = Database(server.url)
        await migrate(database)
        async with database.transaction() as session:
            await seed(session)
        await database.close()
        yield Bank(server, Settings.model_validate(settings.model_dump() | {"database_url": server.url}), tmp_path)


def ids(page: Json) -> list[str]:
    return [event["id"] for event in page["events"]]


@pytest.mark.ci
async def test_a_cursor_from_the_lost_future_is_refused(bank: Bank) -> None:
    await bank.happens(2)
    before = ok(await bank.read())
    await bank.back_up()
    await bank.happens(2)
    lost = ok(await bank.read(before["cursor"]))
    await bank.restore()
    body = problem(await bank.read(lost["cursor"]), 410, "CURSOR_LOST")
    assert "without a cursor" in body["message"]
    assert ok(await bank.read(before["cursor"]))["events"] == [], "one from before the backup goes on"
    await bank.happens(3)
    problem(await bank.read(lost["cursor"]), 410, "CURSOR_LOST")
    new = ok(await bank.read(before["cursor"]))
    assert len(new["events"]) == 3
    assert not set(ids(new)) & set(ids(lost)), "no event has the id of another"
    assert ids(ok(await bank.read())) == ids(before) + ids(new)
