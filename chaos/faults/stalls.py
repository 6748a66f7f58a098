"""Record times at which the machine was busy with something else, when answer times of the service do not count."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import psutil

from chaos.record import STALL, Fault, Writer, now
from chaos.stack.resource_usage import UsageMeter

STEP: Final = 1.0
"""Seconds between two checks."""
LATEST: Final = 0.5
"""Seconds by which the timer of this process may be late."""
LARGEST_SHARE: Final = 0.3
"""The largest share of all processors that programs outside the run may use."""


@asynccontextmanager
async def recording_stalls(writer: Writer) -> AsyncIterator[None]:
    """During the block, record when other programs used the processors or this process's event loop was blocked."""
    watching = asyncio.create_task(_watch(writer))
    try:
        yield
    finally:
        watching.cancel()


async def _watch(writer: Writer) -> None:
    processors = psutil.cpu_count() or 1
    while True:
        meter = await asyncio.to_thread(UsageMeter)
        await asyncio.sleep(STEP)
        seconds = meter.seconds
        by_others = await asyncio.to_thread(lambda meter: meter.by_others, meter)
        if seconds > STEP + LATEST or by_others > LARGEST_SHARE * processors * seconds:
            writer.write(Fault(what=STALL, target="run", began=now() - timedelta(seconds=meter.seconds), ended=now()))
