"""Signs of life of a step that takes long: when they stop, another worker takes the step soon."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from temporalio import activity

EVERY: Final = 1.0
"""Seconds, several times within the step's heartbeat time-out."""


@contextlib.asynccontextmanager
async def heartbeats() -> AsyncIterator[None]:
    """The step is alive while the block goes on."""
    beating = asyncio.create_task(_beat())
    try:
        yield
    finally:
        beating.cancel()


async def _beat() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(EVERY)
