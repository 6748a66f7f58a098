"""Start and end the short-lived processes that do work which no request may wait for."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from typing import Final, NamedTuple

PASSED_ON: Final = frozenset({"PATH", "LD_LIBRARY_PATH"})
"""Environment variables that the process gets, beside those of Python. It needs no secrets."""


class Ended(NamedTuple):
    """Exit status (negative: the signal that ended the process), standard output, and the end of standard error."""

    code: int
    answer: bytes
    errors: str


async def run_module(module: str, task: bytes, seconds: float) -> Ended:
    """Run `python -m module` with `task` as its standard input. The process ends at the latest when this call does.

    Raises:
        TimeoutError: it took longer than so many seconds by the clock.

    """
    program = (sys.executable, "-P", "-m", module)
    process = await asyncio.create_subprocess_exec(*program, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=_environment())
    try:
        async with asyncio.timeout(seconds):
            answer, errors = await process.communicate(task)
    finally:
        await _end(process)
    return Ended(process.returncode or 0, answer, errors.decode(errors="replace")[-2000:])


def _environment() -> dict[str, str]:
    """Return the environment variables of the process."""
    return {name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith("PYTHON")}


async def _end(process: Process) -> None:
    """End the process if it still runs, and wait for it. A kill is quick, also for one who is cancelled meanwhile."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await asyncio.shield(process.wait())
