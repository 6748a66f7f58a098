"""Times at which the run itself had no processor: then no answer can be measured."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from benchmarks.chaos.record import STALL, Fault, Writer, now

STEP: Final = 0.1
LONGEST: Final = 0.5
"""Seconds by which a timer may be late before it counts."""


@asynccontextmanager
async def watching_ourselves(writer: Writer) -> AsyncIterator[None]:
    """Write down, as long as the block lasts, each time at which our own event loop stood still."""
    watching = asyncio.create_task(_watch(writer))
    try:
        yield
    finally:
        watching.cancel()


async def _watch(writer: Writer) -> None:
    loop = asyncio.get_running_loop()
    while True:
        before = loop.time()
        await asyncio.sleep(STEP)
        late = loop.time() - before - STEP
        if late > LONGEST:
            began = now() - timedelta(seconds=late + STEP)
            writer.write(Fault(what=STALL, target="run", began=began, ended=now()))
