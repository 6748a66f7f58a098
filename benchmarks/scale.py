"""Measure bookings per second with more worker and API processes, and the CPU use of each kind of process.

Starts `bookme dev` anew for each number of workers and of API processes. 32 clients do one booking after another
(reserve, book, create the meeting). The output has the number of cores that each kind of process kept busy, and the
limit that follows from them: the machine if all of its cores are busy, else the kind whose processes are all busy, else
waiting for the disk or for one another. The measuring client runs on the same machine, and other programs may, too. If
those kept many cores busy (`others`), measure again.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import psutil

from benchmarks.results.charts import stacks
from benchmarks.results.report import Aim, at_least, bar, conclude, options, progress
from benchmarks.stack.dev_stack import PATIENT, running
from benchmarks.workload.journeys import BookingJourneys, authorise
from benchmarks.workload.rounds import RoundResults, run_journeys
from chaos.stack import resource_usage

COUNTS: Final = (1, 2, 4)
QUICK: Final = (1,)
CLIENTS: Final = 32

LEAST_KEPT: Final = 0.8
"""The least bookings per second with more processes, as a share of those with one process of each kind."""
TAKEN: Final = 0.9
"""Share of a core, or of all cores, from which they count as fully used."""

SHOWN: Final = (
    resource_usage.CLIENT,
    resource_usage.API,
    resource_usage.WORKER,
    resource_usage.TEMPORAL,
    resource_usage.POSTGRES,
)
HEADING: Final = f"{'workers':>7} {'APIs':>4} {'a second':>9} {'':20}  " + "".join(
    f"{each:>10}" for each in (*SHOWN, "others")
)


@dataclass(frozen=True, slots=True)
class Figure:
    """Bookings per second, and the cores that each kind of process and other programs (`others`) kept busy."""

    workers: int
    apis: int
    a_second: float
    cores: dict[str, float]
    others: float

    @property
    def limit(self) -> str:
        """The resource that limits the rate: the machine, kinds of processes, or waiting."""
        machine = psutil.cpu_count() or 1
        number = {resource_usage.API: self.apis, resource_usage.WORKER: self.workers, resource_usage.CLIENT: 1}
        full = [kind for kind, each in number.items() if self.cores.get(kind, 0) / each >= TAKEN]
        if sum(self.cores.values()) + self.others >= TAKEN * machine:
            return "the machine"
        return ", ".join(full) or "waiting"


async def main(asked: argparse.Namespace) -> list[Figure]:
    print(f"{asked.clients} clients; cores kept busy, of {psutil.cpu_count()}\n\n{HEADING}  limit", flush=True)
    counts, figures = QUICK if asked.quick else COUNTS, []
    for workers in counts:
        for apis in counts:
            progress(f"starting {workers} worker(s) and {apis} API process(es)")
            figures.append(await measured(workers, apis, asked.clients, asked.seconds))
            print(line(figures[-1], most=max(each.a_second for each in figures)), flush=True)
    return figures


async def measured(workers: int, apis: int, clients: int, seconds: float) -> Figure:
    """Measure one number of workers and API processes, after a warm-up."""
    results = RoundResults()
    with tempfile.TemporaryDirectory(prefix="bookme-bench-") as directory:
        async with running(Path(directory), workers, apis, PATIENT) as (service, _):
            await authorise(service)
            booked = await BookingJourneys.prepared(service)
            await run_journeys(booked, RoundResults(), clients, seconds / 4)
            await run_journeys(booked, results, clients, seconds)
    return Figure(workers, apis, results.a_second, results.cores, results.others)


def aims(figures: Sequence[Figure]) -> Iterator[Aim]:
    first, *others = figures
    if others:
        kept = min(each.a_second for each in others) / first.a_second
        yield at_least("the least with more processes, of what one of each does", kept, LEAST_KEPT)


def line(figure: Figure, most: float) -> str:
    cores = "".join(f"{figure.cores.get(each, 0):>10.2f}" for each in SHOWN)
    rate = f"{figure.a_second:>9.1f} {bar(figure.a_second, most)}"
    return f"{figure.workers:>7} {figure.apis:>4} {rate}  {cores}{figure.others:>10.2f}  {figure.limit}"


def draw(path: Path, figures: Sequence[Figure]) -> None:
    labels = [f"{each.workers}, {each.apis}" for each in figures]
    series = {kind: [each.cores.get(kind, 0) for each in figures] for kind in SHOWN}
    series["others"] = [each.others for each in figures]
    stacks(path, "Cores kept busy, by workers and API processes", labels, series)


def arguments() -> argparse.ArgumentParser:
    parser = options("scale", __doc__, plot=True)
    parser.add_argument("--clients", type=int, default=CLIENTS, help=f"how many at once ({CLIENTS})")
    parser.add_argument("--seconds", type=float, default=12.0, help="for each number of processes (12)")
    return parser


if __name__ == "__main__":
    given = arguments().parse_args()
    found = asyncio.run(main(given))
    if given.plot:
        draw(given.plot, found)
    conclude(given, list(aims(found)), figures=[asdict(each) | {"limit": each.limit} for each in found])
