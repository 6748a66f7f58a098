"""Start and end the short-lived processes that do work which no request may wait for."""

import asyncio
import os
from asyncio.subprocess import Process
from contextlib import suppress
from typing import Final

PASSED_ON: Final = frozenset({"PATH", "LD_LIBRARY_PATH"})
"""Environment variables that the process gets, beside those of Python. It needs no secrets."""


def environment() -> dict[str, str]:
    """Return the environment variables of the process."""
    return {name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith("PYTHON")}


async def end(process: Process) -> None:
    """End the process if it still runs, and wait for it. A kill is quick, also for one who is cancelled meanwhile."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await asyncio.shield(process.wait())
