"""Runs large computations beside the event loop, so that other requests are answered meanwhile."""

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Final, ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

LARGE: Final = 2_000
"""Employee-days from which a search for the best time slots takes more than a few milliseconds."""

ALL: Final = 20
"""The work of a search for all time slots, as a multiple of that for the best ones: each of them is encoded."""

SWITCH_INTERVAL: Final = 0.001
"""Seconds after which the thread lets the event loop continue. The default of Python is five times as long."""

THREAD: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="search")
"""One thread only: with several, the event loop would have to wait for each of them in turn."""


async def compute(
    work: float, function: Callable[Arguments, Result], *arguments: Arguments.args, **named: Arguments.kwargs
) -> Result:
    """Call the function with these arguments: in the thread if the `work` is at least `LARGE`, else at once."""
    if work < LARGE:
        return function(*arguments, **named)
    sys.setswitchinterval(SWITCH_INTERVAL)
    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(THREAD, lambda: context.run(function, *arguments, **named))
