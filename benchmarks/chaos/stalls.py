"""Times at which the machine was busy with something else: then no answer of the service can be measured."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import psutil

from benchmarks.chaos.record import STALL, Fault, Writer, now
from benchmarks.processes import Watch

STEP: Final = 1.0
"""Seconds between two looks."""
LATEST: Final = 0.5
"""Seconds by which our own timer may be late."""
LARGEST_SHARE: Final = 0.3
"""Of all processors, for programs that the run has not started."""


@asynccontextmanager
async def watching_the_machine(writer: Writer) -> AsyncIterator[None]:
    """Write down, as long as the block lasts, when others had the processors, or our own event loop stood still."""
    watching = asyncio.create_task(_watch(writer))
    try:
        yield
    finally:
        watching.cancel()


async def _watch(writer: Writer) -> None:
    processors = psutil.cpu_count() or 1
    while True:
        watch = await asyncio.to_thread(Watch)
        await asyncio.sleep(STEP)
        seconds = watch.seconds
        by_others = await asyncio.to_thread(lambda watch: watch.by_others, watch)
        if seconds > STEP + LATEST or by_others > LARGEST_SHARE * processors * seconds:
            writer.write(Fault(what=STALL, target="run", began=now() - timedelta(seconds=watch.seconds), ended=now()))
