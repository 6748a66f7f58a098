"""Transactions as tests of the database need them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import Database, StorageUnavailable, driver_error

LOST = ("AdminShutdownError", "ConnectionDoesNotExistError", "InterfaceError", "InternalClientError")
"""How it shows that a connection is gone depends on what came first: the word of it, or its end."""

Deed = str | Callable[[AsyncSession], Awaitable[object]]
"""A statement, or what else happens in a transaction."""


async def run(database: Database, *deeds: Deed) -> None:
    async with database.transaction() as session:
        for deed in deeds:
            await (session.execute(sa.text(deed)) if isinstance(deed, str) else deed(session))


async def unavailable(database: Database, *deeds: Deed) -> str:
    """What asyncpg or the system said, when a transaction of these deeds came to `StorageUnavailable`."""
    with pytest.raises(StorageUnavailable) as refused:
        await run(database, *deeds)
    assert isinstance(refused.value.__cause__, Exception)
    return type(driver_error(refused.value.__cause__)).__name__


@asynccontextmanager
async def held(database: Database, statement: str) -> AsyncIterator[AsyncSession]:
    """A transaction that has done this, and stays open."""
    async with database.transaction() as session:
        await session.execute(sa.text(statement))
        yield session


@asynccontextmanager
async def undone(database: Database) -> AsyncIterator[AsyncSession]:
    """A transaction that leaves the demo data as it was."""
    async with database.transaction() as session:
        yield session
        await session.rollback()


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def remember(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    engine = database.engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", remember)
    yield seen
    sa.event.remove(engine, "before_cursor_execute", remember)
