"""Heartbeats of a long activity. When they stop, another worker soon retries the activity."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from temporalio import activity

EVERY: Final = 1.0
"""Seconds between two heartbeats. Several heartbeats fit into the heartbeat timeout of the activity."""


@contextlib.asynccontextmanager
async def heartbeats() -> AsyncIterator[None]:
    """Send heartbeats while the block runs."""
    beating = asyncio.create_task(_beat())
    try:
        yield
    finally:
        beating.cancel()


async def _beat() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(EVERY)
