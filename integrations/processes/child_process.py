"""Start and end short-lived processes for work that must not delay requests."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from typing import Final, NamedTuple

PASSED_ON: Final = frozenset({"PATH", "LD_LIBRARY_PATH"})
"""Environment variables that the process gets, besides those of Python. The process needs no secrets."""


class ProcessEnded(NamedTuple):
    """Exit status (negative: the signal that ended the process), standard output, and the end of standard error."""

    code: int
    answer: bytes
    errors: str


async def run_module(module: str, task: bytes, seconds: float) -> ProcessEnded:
    """Run `python -m module` with `task` as its standard input. The process ends no later than this call.

    Raises:
        TimeoutError: the process took longer than `seconds` of wall-clock time.

    """
    program = (sys.executable, "-P", "-m", module)
    process = await asyncio.create_subprocess_exec(*program, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=_environment())
    try:
        async with asyncio.timeout(seconds):
            answer, errors = await process.communicate(task)
    finally:
        await _end(process)
    return ProcessEnded(process.returncode or 0, answer, errors.decode(errors="replace")[-2000:])


def _environment() -> dict[str, str]:
    """Return the environment variables of the process."""
    return {name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith("PYTHON")}


async def _end(process: Process) -> None:
    """Kill the process if it still runs, and wait for its end. The wait goes on if the caller is cancelled."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await asyncio.shield(process.wait())
