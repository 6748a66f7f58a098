"""Rounds of lives: a number of clients, each of which does one life after another for some seconds."""

import asyncio
import statistics
from collections import defaultdict

from benchmarks.workload.journeys import Life
from chaos.stack.resource_usage import Used, Watch, at_rest


class Lived:
    """Results of the rounds of one kind of life."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.steps: list[list[float]] = []
        self.seconds = 0.0
        self.meanwhile: Used = defaultdict(float)
        """CPU seconds by kind of process until the last life has ended."""
        self.altogether: Used = defaultdict(float)
        """CPU seconds by kind of process until all background work of the lives is done."""
        self.by_others = 0.0
        self.again = 0

    @property
    def a_second(self) -> float:
        return statistics.median(self.rates)

    @property
    def lives(self) -> list[float]:
        return [sum(steps) for steps in self.steps]

    @property
    def first(self) -> list[float]:
        """Return the seconds of the first step of each life: a reservation or an update-with-start."""
        return [steps[0] for steps in self.steps]

    @property
    def cpu(self) -> dict[str, float]:
        """Return the CPU milliseconds of one life by kind of process."""
        return {kind: seconds * 1000 / len(self.steps) for kind, seconds in self.altogether.items()}

    @property
    def cores(self) -> dict[str, float]:
        """Return the number of cores that each kind of process kept busy."""
        return {kind: seconds / self.seconds for kind, seconds in self.meanwhile.items()}

    @property
    def others(self) -> float:
        """Return the number of cores that were busy with something else."""
        return self.by_others / self.seconds


async def live(life: Life, lived: Lived, clients: int, seconds: float) -> None:
    watch, again = Watch(), life.again
    steps: list[list[float]] = []

    async def client() -> None:
        while watch.seconds < seconds:
            steps.append(await life.live())

    await asyncio.gather(*(client() for _ in range(clients)))
    took = watch.seconds
    lived.by_others += watch.by_others
    lived.again += life.again - again
    _add(lived.meanwhile, watch.used)
    await at_rest()
    _add(lived.altogether, watch.used)
    lived.rates.append(len(steps) / took)
    lived.seconds += took
    lived.steps += steps


def _add(total: Used, more: Used) -> None:
    for kind, used in more.items():
        total[kind] += used
