"""A database that comes back is used again, by the process that lost it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from devstack.postgres import EmbeddedPostgres
from storage.database import Database, StorageUnavailable
from tests.integration.activities.booking_fixture import until
from tests.integration.storage.transactions import LOST, held, run, unavailable


@pytest.fixture
async def server() -> AsyncIterator[EmbeddedPostgres]:
    """Of its own. Not below pytest's directory, which every other session of pytest closes to its user."""
    with TemporaryDirectory(prefix="bookme-") as directory:
        async with EmbeddedPostgres.running(Path(directory) / "server", fast=True) as running:
            yield running


class TestARestart:
    @pytest.mark.parametrize("crash", [True, False])
    async def test_the_next_transactions_work(self, server: EmbeddedPostgres, crash: bool) -> None:
        database = Database(server.url, pool_size=5)
        await self.use_every_connection(database)
        await (server.kill() if crash else server.stop())
        # A pooled connection may learn of the end only by being used; a new one is refused.
        assert await unavailable(database, "SELECT 1") in {"ConnectionRefusedError", *LOST}
        await server.start()
        await self.use_every_connection(database)
        await database.close()

    async def test_whoever_works_meanwhile_is_told_to_try_again(self, server: EmbeddedPostgres) -> None:
        database = Database(server.url, pool_size=5)
        over = asyncio.Event()
        workers = [asyncio.create_task(self.work(database, over.is_set)) for _ in range(8)]
        for end in (server.kill, server.stop, server.kill):
            await self.some_work(database)
            await end()
            await server.start()
        await self.some_work(database)
        over.set()
        refusals = sum(await asyncio.gather(*workers))
        await database.close()
        assert refusals > 0

    async def use_every_connection(self, database: Database) -> None:
        both = asyncio.Barrier(5)

        async def use() -> None:
            async with held(database, "SELECT 1"):
                await both.wait()

        await asyncio.gather(*(use() for _ in range(5)))

    async def work(self, database: Database, over: Callable[[], bool]) -> int:
        refusals = 0
        while not over():
            try:
                await run(database, "SELECT pg_sleep(0.001)", "SELECT 1")
            except StorageUnavailable:
                refusals += 1
                await asyncio.sleep(0.005)
        return refusals

    async def some_work(self, database: Database) -> None:
        async def works() -> bool:
            try:
                await run(database, "SELECT 1")
            except StorageUnavailable:
                return False
            return True

        await until(works)
