"""The repair of an engine that has lost its database, or was given an empty one."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Final

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from bookme.engine import SearchAttributeMismatch
from bookme.schedules import prepare_engine
from bookme.settings import Settings
from workflows.names import OPEN_MEETINGS_SCHEDULE, RELAY_ID

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 10.0
"""Seconds between two looks whether the engine still has what `bookme migrate` made there."""


@contextlib.asynccontextmanager
async def repaired_when_lost(client: Client, settings: Settings) -> AsyncIterator[None]:
    """Repair a lost engine for as long as the block lasts."""
    repairing = asyncio.create_task(_repair_when_lost(client, settings))
    try:
        yield
    finally:
        repairing.cancel()


async def _repair_when_lost(client: Client, settings: Settings) -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY)
        try:
            if await is_lost(client):
                await repair(client, settings)
        except (RPCError, TimeoutError, SearchAttributeMismatch) as error:
            log.warning("the workflow engine cannot be looked after", extra={"error": str(error)})


async def is_lost(client: Client) -> bool:
    """Whether the engine has never heard of the relay: a relay that an operator terminated stays terminated."""
    try:
        await client.get_workflow_handle(RELAY_ID).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return True
        raise
    return False


async def repair(client: Client, settings: Settings) -> None:
    """Make what `bookme migrate` makes at the engine, and open the runs of meetings at once."""
    log.warning("the workflow engine has lost its runs: making them anew from the database")
    await prepare_engine(client, settings)
    await client.get_schedule_handle(OPEN_MEETINGS_SCHEDULE).trigger()
