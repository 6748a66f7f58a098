"""Writers against every table, who measure how long one statement of theirs had to wait."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
from sqlalchemy import URL

PAUSE: Final = 0.01

TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"


class Writers:
    """One writer a table. `longest` is the longest time of a statement so far, in seconds, by table."""

    def __init__(self) -> None:
        self.longest: dict[str, float] = {}

    async def write_for_ever(self, url: str, table: str) -> None:
        """Take the lock that every change of rows takes, by a statement that changes none."""
        connection = await asyncpg.connect(url)
        try:
            while True:
                before = time.monotonic()
                await connection.execute(f"DELETE FROM {table} WHERE false")
                self.longest[table] = max(self.longest.get(table, 0), time.monotonic() - before)
                await asyncio.sleep(PAUSE)
        finally:
            connection.terminate()

    @property
    def longest_of_all(self) -> float:
        return max(self.longest.values())


@asynccontextmanager
async def writing(database: URL) -> AsyncIterator[Writers]:
    """Write to every table of the database as long as the block lasts. Each has been written once before it begins."""
    url = database.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(url)
    tables = [row["tablename"] for row in await connection.fetch(TABLES)]
    await connection.close()
    writers = Writers()
    tasks = [asyncio.create_task(writers.write_for_ever(url, table)) for table in tables]
    try:
        while len(writers.longest) < len(tables):  # noqa: ASYNC110 - a measurement, and no event
            await asyncio.sleep(PAUSE)
        writers.longest = dict.fromkeys(tables, 0.0)
        yield writers
        for task in tasks:
            assert not task.done(), task.exception()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
