"""Speed of one service: meetings a second, times of the three steps, and CPU time of each meeting."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from benchmarks.peers.lives import MEET, STEPS, Clients
from benchmarks.peers.peer import Peer
from benchmarks.results.report import percentiles
from chaos.stack.resource_usage import CLIENT, UsageMeter

WARM_UP: Final = 2.0
"""Seconds of the same load before the measurement."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Figures of one service. `milliseconds` has p50, p95 and p99 of each step; `cpu` is in milliseconds a meeting."""

    meetings_a_second: float
    milliseconds: dict[str, tuple[float, float, float]]
    cpu: dict[str, float]
    others: float
    """Cores that were busy with something else."""
    lives: dict[str, int] = field(default_factory=dict)
    """Number of lives by intent and outcome."""

    @property
    def cpu_of_service(self) -> float:
        return sum(each for kind, each in self.cpu.items() if kind != CLIENT)


async def measure(peer: Peer, clients: int, seconds: float) -> Speed:
    """Let the clients work for some seconds, after a warm-up."""
    load, stop = Clients(peer), asyncio.Event()
    await peer.service.connect(clients)
    working = asyncio.create_task(load.work(clients, stop))
    await asyncio.sleep(min(WARM_UP, seconds))
    # Lives that are under way count in full, as those that are under way at the end do not.
    before, meter = len(_steps(load, MEET)), UsageMeter()
    done_before = {step: len(_steps(load, step)) for step in STEPS}
    await asyncio.sleep(seconds)
    took, used, others = meter.seconds, meter.used, meter.by_others
    times = {step: _steps(load, step)[done_before[step] :] for step in STEPS}
    meetings = max(1, len(_steps(load, MEET)) - before)
    stop.set()
    await working
    return Speed(
        meetings_a_second=meetings / took,
        milliseconds={step: percentiles(each) if each else (0.0, 0.0, 0.0) for step, each in times.items()},
        cpu={kind: each * 1000 / meetings for kind, each in used.items()},
        others=others / took,
        lives=_outcomes(load),
    )


def _steps(load: Clients, step: str) -> list[float]:
    """Return the seconds of all granted answers to this step, in the order of their arrival."""
    told = [each for life in load.lives if (each := life.granted(step))]
    return [each.seconds for each in sorted(told, key=lambda each: each.at)]


def _outcomes(load: Clients) -> dict[str, int]:
    found: dict[str, int] = {}
    for life in load.lives:
        last = life.told[-1]
        name = f"{life.intent}: {last.step} {'granted' if last.is_granted else 'refused'}"
        found[name] = found.get(name, 0) + 1
    return found
