"""What the processes of a measurement take: CPU time and memory, by what they are."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
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


def cpu_since(before: Mapping[str, float]) -> Used:
    now = cpu_time()
    return defaultdict(float, {kind: used - before.get(kind, 0) for kind, used in now.items()})


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
    began = perf_counter()
    while perf_counter() - began < PATIENCE:
        before = cpu_time()
        await asyncio.sleep(WINDOW)
        if sum(cpu_since(before).values()) <= REST:
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
