"""A process in the foreground: it works until it is asked to end, and then ends well."""

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine
from typing import Final

from bookme.settings import Settings
from bookme.stack.console import Narrator
from bookme.stack.stack import Options, Stack
from bookme.telemetry import configure_logging

ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ONE_CTRL_C: Final = 1.0
"""Seconds in which a second signal is the first one again: a terminal and `uv run` may both pass it on."""


def serve(options: Options) -> None:
    """`bookme dev`: the stack, until Ctrl-C."""
    settings = Settings()
    configure_logging(settings)
    narrator = Narrator()
    asyncio.run(run_stack(Stack(options, settings, narrator), narrator, str(options.data_dir)))


async def run_stack(stack: Stack, narrator: Narrator, data_dir: str) -> None:
    async def serve() -> None:
        async with stack.running() as running:
            narrator.ready(running, data_dir)
            await asyncio.Event().wait()

    def tell() -> None:
        narrator.say("stopping; Ctrl-C again stops at once")

    await until_interrupted(serve(), first=tell, again=stack.supervisor.kill)
    narrator.say("stopped")


async def until_interrupted(
    work: Coroutine[None, None, None],
    *,
    first: Callable[[], None] = lambda: None,
    again: Callable[[], None] = lambda: None,
) -> None:
    """Do the work. The first signal to end cancels it, which is no error; those after it are handed to `again`."""
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
