"""Repairs a Temporal server that has lost its database or was given an empty one."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Final

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from config.settings import Settings
from config.temporal import SearchAttributeMismatch
from workers.schedules import prepare_engine
from workers.versions import ensure_current_version
from workflows.common.runs import OPEN_MEETINGS_SCHEDULE

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 10.0
"""Seconds between two checks whether the engine still has the objects that `bookme migrate` created."""


@contextlib.asynccontextmanager
async def repaired_when_lost(client: Client, settings: Settings) -> AsyncIterator[None]:
    """Check the engine as long as the block lasts, and repair a lost engine."""
    repairing = asyncio.create_task(_repair_when_lost(client, settings))
    try:
        yield
    finally:
        repairing.cancel()


async def _repair_when_lost(client: Client, settings: Settings) -> None:
    must_repair = False
    while True:
        await asyncio.sleep(LOOK_EVERY)
        try:
            # A repair that failed is repeated, although the schedule that `is_lost` looks for may exist by then.
            must_repair = must_repair or await is_lost(client)
            if must_repair:
                await repair(client, settings)
                must_repair = False
        except (RPCError, TimeoutError, SearchAttributeMismatch) as error:
            log.warning("the workflow engine cannot be looked after", extra={"error": str(error)})


async def is_lost(client: Client) -> bool:
    """Return whether the engine does not have the schedule that `prepare_engine` creates last.

    A missing relay proves nothing: an operator may have terminated it, and the engine forgets a closed run after some
    days. A relay that an operator terminated stays terminated.
    """
    try:
        await client.get_schedule_handle(OPEN_MEETINGS_SCHEDULE).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return True
        raise
    return False


async def repair(client: Client, settings: Settings) -> None:
    """Create again the objects that `bookme migrate` creates in the engine, and start the meeting sweep at once."""
    log.warning("the workflow engine has lost its runs: making them anew from the database")
    await prepare_engine(client, settings)
    await client.get_schedule_handle(OPEN_MEETINGS_SCHEDULE).trigger()
    await ensure_current_version(client, settings)
