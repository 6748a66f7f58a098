"""Runs programs as child processes: starts them, waits until they are ready, restarts dead ones, stops all."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from config import child as wrapper
from config.errors import StackError

POLL: Final = 0.05
FIRST_PAUSE: Final = 0.25
LONGEST_PAUSE: Final = 10.0
STEADY: Final = 30.0
"""Seconds of life after which the pause before a restart is short again."""
LARGEST_LOG: Final = 20_000_000


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program to run, with its check for readiness and the signals that end it.

    `ready` is called with the process id until it returns True. `before` runs before each start of the program,
    `after` runs after each end. The kernel sends the signal `orphan_with` to the program when this process is killed.
    `grace` is the time for an end after `stop_with`, `patience` the time to become ready, both in seconds.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    ready: Callable[[int], Awaitable[bool]]
    before: Callable[[], Awaitable[None]] | None = None
    after: Callable[[], Awaitable[None]] | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    directory: Path | None = None
    user: str | None = None
    stop_with: signal.Signals = signal.SIGTERM
    orphan_with: signal.Signals = signal.SIGKILL
    grace: float = 15.0
    patience: float = 60.0


class Child:
    """One program and its current process. The process has its own session, so that no Ctrl-C of a terminal ends it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._process: asyncio.subprocess.Process | None = None
        self._has_left_nothing = False

    @property
    def has_started(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int:
        """Id of the process that runs the program or ran it last."""
        return self._running().pid

    async def start(self) -> None:
        """Start the program and wait until it is ready.

        Raises:
            StackError: the program has ended, or is not ready in time.

        """
        program = self.program
        if program.before:
            await program.before()
        with _appending(program.log) as log:
            self._process = await asyncio.create_subprocess_exec(
                *_wrapped(program),
                env=program.environment,
                cwd=program.directory,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._has_left_nothing = False
        try:
            await self._wait_until_ready()
        except BaseException:
            self.kill()
            await self.exited()
            raise

    async def _wait_until_ready(self) -> None:
        async def is_ready() -> bool:
            ready = await self.program.ready(self.pid)
            if not ready:
                self._fail_if_it_ended()
            return ready

        try:
            await until(is_ready, self.program.patience)
        except TimeoutError:
            problem = f"{self.program.name} did not get ready in {self.program.patience:g} s"
            raise StackError(f"{problem}: see {self.program.log}") from None

    def _fail_if_it_ended(self) -> None:
        status = self._running().returncode
        if status is not None:
            raise StackError(f"{self.program.name} {ending(status)}: {_last_line(self.program.log)}")

    async def exited(self) -> int:
        """Wait until the process ends, kill the rest of its process group, and return the exit status."""
        process = self._running()
        status = await process.wait()
        if not self._has_left_nothing:
            # Only once: later, another process group may have this number.
            _signal_group(process.pid, signal.SIGKILL)
            self._has_left_nothing = True
        if self.program.after:
            await self.program.after()
        return status

    async def stop(self) -> None:
        """Ask the process to end. Kill the process if it does not end within the `grace` of its program."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(self.program.stop_with)
        try:
            await asyncio.wait_for(self._process.wait(), self.program.grace)
        except TimeoutError:
            self.kill()
        await self.exited()

    def kill(self) -> None:
        """End the process and its group at once, as `kill -9` does."""
        if self._process and self._process.returncode is None:
            _signal_group(self._process.pid, signal.SIGKILL)

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise StackError(f"{self.program.name} was never started")
        return self._process


class Supervisor:
    """Keeps children alive until `stop`, which ends them in the reverse order of their start."""

    def __init__(self, say: Callable[[str], None], changed: Callable[[], object] = lambda: None) -> None:
        self.children: list[Child] = []
        self._say = say
        self._changed = changed
        self._watchers: dict[Child, asyncio.Task[None]] = {}

    @property
    def pids(self) -> dict[str, int]:
        return {child.program.name: child.pid for child in self.children if child.has_started}

    async def run(self, program: Program) -> Child:
        """Start a program, wait until it is ready, and keep it running from now on."""
        child = Child(program)
        self.children.append(child)
        await child.start()
        self._watchers[child] = asyncio.create_task(self._keep_alive(child))
        return child

    async def stop(self) -> None:
        while self.children:
            child = self.children[-1]
            if child in self._watchers:
                await _cancelled(self._watchers[child])
            await child.stop()
            self.children.remove(child)

    def kill(self) -> None:
        """Kill all children at once, for the case that `stop` takes too long."""
        for watcher in self._watchers.values():
            watcher.cancel()
        for child in self.children:
            child.kill()

    async def _keep_alive(self, child: Child) -> None:
        pause = FIRST_PAUSE
        while True:
            started = time.monotonic()
            status = await child.exited()
            pause = FIRST_PAUSE if time.monotonic() - started > STEADY else pause
            self._say(f"{child.program.name} {ending(status)}; starting it again")
            pause = await self._start_again(child, pause)
            self._changed()
            self._say(f"{child.program.name} is back (pid {child.pid})")

    async def _start_again(self, child: Child, pause: float) -> float:
        while True:
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            try:
                await child.start()
            except (StackError, OSError) as error:
                self._say(f"{error}; trying again in {pause:g} s")
            else:
                return pause


async def until(condition: Callable[[], Awaitable[bool]], patience: float) -> None:
    """Wait until the condition holds.

    Raises:
        TimeoutError: the condition does not hold within `patience` seconds.

    """
    async with asyncio.timeout(patience):
        while not await condition():  # noqa: ASYNC110 - other processes set no events here
            await asyncio.sleep(POLL)


def ending(status: int) -> str:
    """Return a description of the exit status in words."""
    return f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"


def _wrapped(program: Program) -> list[str]:
    settings = (str(os.getpid()), str(program.orphan_with.value), program.user or "-")
    return [sys.executable, "-I", "-S", wrapper.__file__, *settings, *program.command]


@contextlib.contextmanager
def _appending(log: Path) -> Iterator[BinaryIO]:
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as file:
        yield file


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return f"{lines[-1].strip()} (see {log})" if lines else f"it said nothing (see {log})"


def _signal_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
