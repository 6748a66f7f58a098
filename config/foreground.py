"""Runs the work of a foreground process until a signal asks the process to end."""

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine
from typing import Final

ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ONE_CTRL_C: Final = 1.0
"""Seconds in which a second signal counts as the first one, because a terminal and `uv run` may both send it."""


async def until_interrupted(
    work: Coroutine[None, None, None],
    *,
    first: Callable[[], None] = lambda: None,
    again: Callable[[], None] = lambda: None,
) -> None:
    """Do the work until it is done or a signal cancels it. A cancellation by a signal is not an error.

    `first` is called at the first signal, `again` at each later one.
    """
    task = asyncio.ensure_future(work)
    interrupted: list[float] = []

    def interrupt() -> None:
        interrupted.append(time.monotonic())
        if len(interrupted) == 1:
            first()
            task.cancel()
        elif interrupted[-1] - interrupted[0] > ONE_CTRL_C:
            again()

    for number in ENDINGS:
        asyncio.get_running_loop().add_signal_handler(number, interrupt)
    await asyncio.wait([task])
    if not (task.cancelled() and interrupted):
        task.result()
