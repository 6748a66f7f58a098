"""Control of one program of the test: start, kill, pause and continue."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from chaos.faults.clocks import remove_traces
from config.errors import StackError
from devstack.processes import Child

PAUSE: Final = 0.25
"""Seconds between a failed start and the next one."""


@dataclass
class ControlledProcess:
    """A program that can be killed, paused and started again. `pids` returns the ids of all its processes."""

    name: str
    start: Callable[[], Awaitable[None]]
    kill: Callable[[], Awaitable[None]]
    pids: Callable[[], Sequence[int]]
    should_run: bool = False

    @classmethod
    def of(cls, name: str, child: Child, *, repeats_for: float = 0.0) -> "ControlledProcess":
        """Control a child process. For `repeats_for` seconds a failed start is repeated, as a supervisor does."""

        async def start() -> None:
            ends = time.monotonic() + repeats_for
            while True:
                try:
                    return await child.start()
                except StackError:
                    if time.monotonic() > ends:
                        raise
                await asyncio.sleep(PAUSE)

        async def kill() -> None:
            child.kill()
            await child.exited()
            remove_traces(child.pid)

        return cls(name, start, kill, lambda: [child.pid])

    async def begin(self) -> None:
        await self.start()
        self.should_run = True

    async def end(self) -> None:
        """Kill the program with SIGKILL."""
        self.should_run = False
        await self.kill()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    @property
    def is_running(self) -> bool:
        return any(map(_exists, self.pids()))

    @property
    def has_died(self) -> bool:
        """True if the program ended although nothing in the test killed it."""
        return self.should_run and not self.is_running

    def _signal(self, number: signal.Signals) -> None:
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
