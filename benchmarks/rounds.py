"""Rounds of lives: so many clients, each one life after another for some seconds."""

import asyncio
import statistics
from collections import defaultdict

from benchmarks.lives import Life
from benchmarks.processes import Used, Watch, at_rest


class Lived:
    """What some rounds of one kind have come to."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.steps: list[list[float]] = []
        self.seconds = 0.0
        self.meanwhile: Used = defaultdict(float)
        """Seconds of CPU by process, until the last life has ended."""
        self.altogether: Used = defaultdict(float)
        """Until what the lives have begun is over."""
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
        """Of each life the first step, which is a reservation or an update-with-start."""
        return [steps[0] for steps in self.steps]

    @property
    def cpu(self) -> dict[str, float]:
        """Milliseconds of CPU that one life costs, by process."""
        return {kind: seconds * 1000 / len(self.steps) for kind, seconds in self.altogether.items()}

    @property
    def cores(self) -> dict[str, float]:
        """How many processor cores each kind of process kept busy."""
        return {kind: seconds / self.seconds for kind, seconds in self.meanwhile.items()}

    @property
    def others(self) -> float:
        """How many cores were busy with something else."""
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
