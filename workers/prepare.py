"""Prepare the servers before BookMe uses them: the schema, the search attributes, the schedules."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TypeVar

import sqlalchemy as sa
from temporalio.service import RPCError

from config import temporal as engine
from config.errors import StackError
from config.settings import Settings
from storage.database import Database, StorageUnavailable
from storage.migrate import LONGEST_LOCK, migrate
from workers.schedules import prepare_engine

T = TypeVar("T")
PAUSE = 0.5
TRANSIENT = (StorageUnavailable, engine.EngineUnavailable, RPCError)


async def migrate_database(settings: Settings, *, wait: float = 0, longest_lock: timedelta = LONGEST_LOCK) -> str:
    """Migrate the schema to the newest revision as its owner, and return what was done, in words.

    `wait` is how many seconds to wait for a database that is unavailable. `longest_lock` is the time for which a
    migration may hold locks.
    """
    owner = Database((settings.migration_database_url or settings.database_url).get_secret_value(), pool_size=1)
    try:
        before = await patiently(lambda: _revision(owner), wait)
        running_role = await _running_role(settings, owner)
        await migrate(owner, running_role=running_role, longest_lock=longest_lock, sandbox=settings.sandbox)
        after = await _revision(owner)
    finally:
        await owner.close()
    done = f"already at revision {after}" if before == after else f"migrated from {before or 'empty'} to {after}"
    kind = ", a sandbox" if settings.sandbox else ""
    return f"{done}{kind}, {running_role} may use its rows" if running_role else f"{done}{kind}"


async def _running_role(settings: Settings, owner: Database) -> str | None:
    """Return the role that API and workers log in as, or None if the same role migrates."""
    running = _database(settings)
    try:
        role, database = await _login(running)
        owner_role, owner_database = await _login(owner)
    finally:
        await running.close()
    if database != owner_database:
        raise StackError("BOOKME_MIGRATION_DATABASE_URL and BOOKME_DATABASE_URL must name the same database.")
    return None if role == owner_role else role


async def _login(database: Database) -> tuple[str, str]:
    async with database.transaction() as session:
        role, name = (await session.execute(sa.text("SELECT current_user, current_database()"))).one()
        return role, name


async def prepare_temporal(settings: Settings, *, wait: float = 0, environment: Mapping[str, str] | None = None) -> str:
    """Prepare the engine as `prepare_engine` does, and return what was done, in words.

    `wait` is how many seconds to wait for an engine that is unavailable.
    """

    async def register() -> list[str]:
        return await prepare_engine(await engine.connect(settings, environment=environment), settings)

    added = await patiently(register, wait)
    return f"search attributes made: {', '.join(added)}" if added else "search attributes are registered"


async def patiently(step: Callable[[], Awaitable[T]], wait: float) -> T:
    """Run the step. While the servers are unavailable, repeat the step for up to `wait` seconds."""
    deadline = time.monotonic() + wait
    while True:
        try:
            return await step()
        except TRANSIENT:
            if time.monotonic() >= deadline:
                raise
        await asyncio.sleep(PAUSE)


def _database(settings: Settings) -> Database:
    return Database(settings.database_url.get_secret_value(), pool_size=1)


async def _revision(database: Database) -> str | None:
    async with database.transaction() as session:
        if await session.scalar(sa.text("SELECT to_regclass('alembic_version')")) is None:
            return None
        revision: str | None = await session.scalar(sa.text("SELECT version_num FROM alembic_version"))
        return revision
