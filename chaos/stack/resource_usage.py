"""CPU time and memory of the processes of a measurement, by kind of process."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator
from time import perf_counter
from typing import Final

import psutil

CLIENT, API, WORKER, BARE, PEER, TEMPORAL, RESTATE, POSTGRES, STACK = (
    "client",
    "API",
    "worker",
    "bare worker",
    "peer",
    "Temporal",
    "Restate",
    "PostgreSQL",
    "stack",
)
COMMANDS: Final = {
    "pginstall/bin": POSTGRES,
    "server start-dev": TEMPORAL,
    "bookme/temporal-server-": TEMPORAL,
    "benchmarks.stack.bare_engine": BARE,
    "benchmarks.peers.apps": PEER,
    "restate-server": RESTATE,
    "-m cli worker": WORKER,
    "-m cli api": API,
    "-m cli dev": STACK,
}
"""Kinds of processes by a part of the command line. Without such a part, a process is of its parent's kind."""

Used = defaultdict[str, float]
"""Amounts by kind of process."""

WINDOW: Final = 0.5
IDLE_CPU_SECONDS: Final = 0.05
"""CPU seconds in a `WINDOW` up to which all processes count as idle."""
PATIENCE: Final = 10.0


def cpu_time() -> Used:
    """Return the CPU seconds of this process and all its descendants since each began."""
    used: Used = defaultdict(float)
    for process, kind in _process_tree():
        with contextlib.suppress(psutil.Error):
            used[kind] += sum(process.cpu_times()[:4])
    return used


def machine_time() -> float:
    """Return the seconds that this machine's cores were busy with any process, or lent to other virtual machines."""
    times = psutil.cpu_times()
    return times.user + times.system + sum(getattr(times, each, 0.0) for each in ("nice", "irq", "softirq", "steal"))


class UsageMeter:
    """CPU use since this object was created."""

    def __init__(self) -> None:
        self._began, self._before, self._machine = perf_counter(), cpu_time(), machine_time()

    @property
    def seconds(self) -> float:
        return perf_counter() - self._began

    @property
    def used(self) -> Used:
        return defaultdict(float, {kind: used - self._before[kind] for kind, used in cpu_time().items()})

    @property
    def by_others(self) -> float:
        """CPU seconds of processes that are not descendants of this one."""
        return max(0.0, machine_time() - self._machine - sum(self.used.values()))


def memory() -> Used:
    """Return the bytes of memory of each kind: proportional set size if the system reports it, else resident size."""
    used: Used = defaultdict(float)
    for process, kind in _process_tree():
        with contextlib.suppress(psutil.Error):
            whole = process.memory_full_info()
            used[kind] += getattr(whole, "pss", whole.rss)
    return used


def processes(kind: str) -> list[int]:
    """Return the process ids of this kind."""
    return [process.pid for process, each in _process_tree() if each == kind]


async def wait_until_idle(patience: float = PATIENCE) -> None:
    """Wait at most `patience` seconds until all processes are idle. Events, for example, follow after an answer."""
    whole = UsageMeter()
    while whole.seconds < patience:
        window = UsageMeter()
        await asyncio.sleep(WINDOW)
        if sum(window.used.values()) <= IDLE_CPU_SECONDS:
            return


def _process_tree() -> Iterator[tuple[psutil.Process, str]]:
    """Yield this process and all its descendants, parents first."""
    ours = psutil.Process()
    kinds = {ours.pid: CLIENT}
    yield ours, CLIENT
    for process in ours.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            kinds[process.pid] = kind = _kind(process) or kinds.get(process.ppid(), CLIENT)
            yield process, kind


def _kind(process: psutil.Process) -> str | None:
    command = " ".join(process.cmdline())
    return next((kind for words, kind in COMMANDS.items() if words in command), None)
