"""What the processes of a measurement take: CPU time and memory, by what they are."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator
from time import perf_counter
from typing import Final

import psutil

CLIENT, API, WORKER, BARE, TEMPORAL, POSTGRES, STACK = (
    "client",
    "API",
    "worker",
    "bare worker",
    "Temporal",
    "PostgreSQL",
    "stack",
)
COMMANDS: Final = {
    "pginstall/bin": POSTGRES,
    "server start-dev": TEMPORAL,
    "benchmarks.bare": BARE,
    "bookme worker": WORKER,
    "bookme api": API,
    "bookme dev": STACK,
}
"""By what stands in its command line. Whoever says nothing of himself is what started him."""

Used = defaultdict[str, float]
"""By kind of process."""

WINDOW: Final = 0.5
REST: Final = 0.05
"""Seconds of CPU in a window with which everything counts as being at rest."""
PATIENCE: Final = 10.0


def cpu_time() -> Used:
    """Seconds that our process, and those that it has started, have computed since they began."""
    used: Used = defaultdict(float)
    for process, kind in _family():
        with contextlib.suppress(psutil.Error):
            used[kind] += sum(process.cpu_times()[:4])
    return used


def machine_time() -> float:
    """Seconds that the cores of this machine have been busy for anybody, or lent to other machines."""
    times = psutil.cpu_times()
    return times.user + times.system + sum(getattr(times, each, 0.0) for each in ("nice", "irq", "softirq", "steal"))


class Watch:
    """What was computed since it was made."""

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
        """Seconds that the cores were busy with something else."""
        return max(0.0, machine_time() - self._machine - sum(self.used.values()))


def memory() -> Used:
    """Bytes that each kind has to itself, with its share of what several have together where that is told."""
    used: Used = defaultdict(float)
    for process, kind in _family():
        with contextlib.suppress(psutil.Error):
            whole = process.memory_full_info()
            used[kind] += getattr(whole, "pss", whole.rss)
    return used


async def at_rest() -> None:
    """Return when what was begun is over, such as events that are published after the answer."""
    whole = Watch()
    while whole.seconds < PATIENCE:
        window = Watch()
        await asyncio.sleep(WINDOW)
        if sum(window.used.values()) <= REST:
            return


def _family() -> Iterator[tuple[psutil.Process, str]]:
    """Our process and all below it, parents first."""
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
