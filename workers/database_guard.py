"""Stops a worker from taking tasks while the worker cannot use the database, so that other workers get the tasks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from sqlalchemy.exc import DBAPIError
from temporalio.client import Client
from temporalio.service import RPCError

from storage.database import Database, StorageUnavailable, driver_error

log = logging.getLogger(__name__)

CHECK_EVERY: Final = 1.0
CHECK_TIMEOUT: Final = 3.0
"""Seconds that the database may take to answer a check."""

FAILURES: Final = 3
"""Failed checks in a row after which the worker stops taking tasks. A restart of PostgreSQL is often shorter."""

Workers = Callable[[], AbstractAsyncContextManager[object]]
"""Makes workers that take tasks as long as the block lasts. At its end, they finish the tasks that they have taken."""


async def work_while_database_is_usable(
    database: Database, client: Client, workers: Workers, stop: Callable[[], Awaitable[None]]
) -> None:
    """Run the workers until `stop` returns, and take no tasks while `database` cannot be used.

    `database` is used for the checks only. A pool that is exhausted by steps would say nothing about the server.
    """
    stopping = asyncio.ensure_future(stop())
    try:
        while not stopping.done():
            await _first(stopping, _until_usable(database, client))
            if not stopping.done():
                async with workers():
                    log.info("worker ready")
                    await _first(stopping, _until_unusable(database))
    finally:
        stopping.cancel()


async def _first(stopping: "asyncio.Future[None]", condition: Awaitable[None]) -> None:
    """Wait until the worker is to stop or the condition holds."""
    waiting = asyncio.ensure_future(condition)
    try:
        await asyncio.wait((stopping, waiting), return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            waiting.result()
    finally:
        waiting.cancel()


async def _until_usable(database: Database, client: Client) -> None:
    """Wait for the database and the engine. Workers that cannot reach the engine at their start end the process."""
    logged = None
    while trouble := await _trouble_of(database) or await _trouble_of_engine(client):
        if trouble != logged:
            log.warning("no tasks are taken yet", extra={"why": trouble})
            logged = trouble
        await asyncio.sleep(CHECK_EVERY)


async def _until_unusable(database: Database) -> None:
    failures = 0
    while failures < FAILURES:
        await asyncio.sleep(CHECK_EVERY)
        failures = failures + 1 if await _trouble_of(database) else 0
    log.warning("the database cannot be used: no tasks are taken until it can")


async def _trouble_of(database: Database) -> str | None:
    """Return why the database cannot be used, or None if it can."""
    try:
        async with asyncio.timeout(CHECK_TIMEOUT):
            why = await database.why_read_only()
    except (StorageUnavailable, DBAPIError) as error:
        # Also a refused login, because the role of a new stack is created while its workers start.
        return f"the database cannot be used: {driver_error(error.__cause__ or error)}"
    except TimeoutError:
        return f"the database did not answer within {CHECK_TIMEOUT:g} s"
    return f"the database is read-only: {why}" if why else None


async def _trouble_of_engine(client: Client) -> str | None:
    """Return why Temporal cannot be used, or None if it can."""
    try:
        return None if await client.service_client.check_health() else "Temporal is not healthy"
    except RPCError as error:
        return f"Temporal cannot be used: {error.message}"
