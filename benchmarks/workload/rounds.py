"""Rounds of journeys: a number of clients, each of which does one journey after another for some seconds."""

import asyncio
import statistics
from collections import defaultdict

from benchmarks.workload.journeys import Journey
from chaos.stack.resource_usage import PATIENCE, UsageMeter, Used, wait_until_idle


class RoundResults:
    """Results of the rounds of one kind of journey."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.steps: list[list[float]] = []
        self.seconds = 0.0
        self.meanwhile: Used = defaultdict(float)
        """CPU seconds by kind of process until the last journey has ended."""
        self.altogether: Used = defaultdict(float)
        """CPU seconds by kind of process until all background work of the journeys is done."""
        self.by_others = 0.0
        self.again = 0

    @property
    def a_second(self) -> float:
        return statistics.median(self.rates)

    @property
    def journeys(self) -> list[float]:
        return [sum(steps) for steps in self.steps]

    @property
    def first(self) -> list[float]:
        """Return the seconds of the first step of each journey: a reservation or an update-with-start."""
        return [steps[0] for steps in self.steps]

    @property
    def cpu(self) -> dict[str, float]:
        """Return the CPU milliseconds of one journey by kind of process."""
        return {kind: seconds * 1000 / len(self.steps) for kind, seconds in self.altogether.items()}

    @property
    def cores(self) -> dict[str, float]:
        """Return the number of cores that each kind of process kept busy."""
        return {kind: seconds / self.seconds for kind, seconds in self.meanwhile.items()}

    @property
    def others(self) -> float:
        """Return the number of cores that were busy with something else."""
        return self.by_others / self.seconds


async def run_journeys(journey: Journey, results: RoundResults, clients: int, seconds: float) -> None:
    """Add one round to the results. Background work counts until all is idle, at most twice as long as the round."""
    meter, again = UsageMeter(), journey.again
    steps: list[list[float]] = []

    async def client() -> None:
        while meter.seconds < seconds:
            steps.append(await journey.run())

    await asyncio.gather(*(client() for _ in range(clients)))
    took = meter.seconds
    results.by_others += meter.by_others
    results.again += journey.again - again
    _add(results.meanwhile, meter.used)
    await wait_until_idle(min(PATIENCE, 2 * seconds))
    _add(results.altogether, meter.used)
    results.rates.append(len(steps) / took)
    results.seconds += took
    results.steps += steps


def _add(total: Used, more: Used) -> None:
    for kind, used in more.items():
        total[kind] += used
