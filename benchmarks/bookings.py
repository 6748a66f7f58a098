"""Compare whole bookings over HTTP with the bare engine, in turns on the same server.

Starts `bookme dev` with its own directory, and a worker of the bare engine. In each round, a number of clients do one
journey after another for some seconds. A journey is bare (three updates of a workflow, each with a local activity that
does nothing) or a booking (reserve, book, create the meeting). This process sends all requests. `others` is the number
of cores that were busy with something else: if it is large, measure again. `again` is the number of answers 503 with
Retry-After, after which the client sent the request again. The wait is part of the journey's time.

At the end the costs of a journey are printed: CPU milliseconds of every process, this one included, until all
background work of the journey is done; transactions of the database; runs, history events, state transitions and bytes
in the engine.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks.results import costs
from benchmarks.results.charts import lines
from benchmarks.results.report import (
    Aim,
    at_least,
    at_most,
    bar,
    conclude,
    heading,
    options,
    percentiles,
    progress,
    row,
)
from benchmarks.stack.dev_stack import PATIENT, database_url, running
from benchmarks.workload.journeys import BareJourneys, BookingJourneys, Journey, authorise
from benchmarks.workload.rounds import RoundResults, run_journeys
from chaos.stack import resource_usage

CLIENTS: Final = (1, 8, 16, 32, 128)
QUICK: Final = (1, 4)
COUNTED: Final = 100
"""Number of journeys whose transactions and stored history are counted."""

LEAST_RATIO: Final = 0.65
"""The least bookings per second at 16 clients, as a share of the bare engine's journeys per second."""
MOST_MEDIAN: Final = 1.7
"""The most p50 of a reservation at 16 clients, in multiples of the bare engine's first update."""
MOST_CPU: Final = 24.0
"""The most CPU milliseconds of a booking at 16 clients, beyond those of a bare journey."""
MOST_P99: Final = 2.0
"""The most p99 of a reservation at one client, in multiples of the bare engine's first update."""

HEADING: Final = (
    f"{'clients':>7}  {'what':7} {'a second':>8} {'':20} {'p50':>8} {'p95':>7} {'p99':>7}"
    f"  {'first p50':>9} {'p95':>7} {'p99':>7}  {'others':>6} {'again':>5}"
)
WIDE: Final = 18
COSTS: Final = ("client", "API", "worker", "Temporal", "PostgreSQL", "stack", "all")
STORED: Final = ("transactions", "runs", "events", "transitions", "bytes")


@dataclass(frozen=True, slots=True)
class Figure:
    """Journeys per second, milliseconds of a journey and of its first step, and CPU milliseconds by kind of process."""

    clients: int
    what: str
    a_second: float
    whole: tuple[float, float, float]
    first: tuple[float, float, float]
    cpu: dict[str, float]
    others: float
    """Cores that were busy with something else."""
    again: int
    """Requests that were sent again after a 503 with Retry-After."""

    @classmethod
    def of(cls, clients: int, what: str, results: RoundResults) -> "Figure":
        times = percentiles(results.journeys), percentiles(results.first)
        return cls(clients, what, results.a_second, *times, results.cpu, results.others, results.again)


async def main(asked: argparse.Namespace) -> tuple[list[Figure], list[costs.Cost]]:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bookme-bench-") as directory:
        progress("starting the stack and the bare engine's worker")
        async with running(Path(directory), asked.workers, asked.apis, PATIENT) as (service, client):
            await authorise(service)
            journeys: dict[str, Journey] = {
                "bare": BareJourneys(client),
                "booking": await BookingJourneys.prepared(service),
            }
            print(f"{asked.apis} API process(es), {asked.workers} worker(s); milliseconds\n\n{HEADING}", flush=True)
            for count in QUICK if asked.quick else asked.clients:
                figures += await measured(journeys, count, asked.rounds, asked.seconds)
            progress("counting what a journey leaves behind")
            async with costs.Database.connected(database_url(Path(directory)), hasty=asked.quick) as database:
                return figures, await costs.costs(journeys, client, database, 4 if asked.quick else COUNTED)


async def measured(journeys: Mapping[str, Journey], clients: int, rounds: int, seconds: float) -> list[Figure]:
    """Measure both kinds in turns, so that other load on the machine affects both."""
    results = {what: RoundResults() for what in journeys}
    for _ in range(rounds):
        for what, journey in journeys.items():
            await run_journeys(journey, results[what], clients, seconds)
    figures = [Figure.of(clients, what, each) for what, each in results.items()]
    most = max(each.a_second for each in figures)
    for each in figures:
        print(line(each, most), flush=True)
    return figures


def aims(figures: Sequence[Figure]) -> Iterator[Aim]:
    """Yield the aims, which compare bookings with the bare engine."""
    by = {(each.clients, each.what): each for each in figures}
    if (16, "bare") in by:
        ours, bare = by[16, "booking"], by[16, "bare"]
        ratio = ours.a_second / bare.a_second
        yield at_least("bookings a second at 16 clients, of the bare engine's journeys", ratio, LEAST_RATIO)
        median = ours.first[0] / bare.first[0]
        yield at_most("a reservation's median at 16 clients, of a bare first update's", median, MOST_MEDIAN)
        beyond = sum(ours.cpu.values()) - sum(bare.cpu.values())
        yield at_most("CPU ms of a booking at 16 clients, beyond a bare journey's", beyond, MOST_CPU)
    if (1, "bare") in by:
        p99 = by[1, "booking"].first[2] / by[1, "bare"].first[2]
        yield at_most("a reservation's p99 at one client, of a bare first update's", p99, MOST_P99)


def line(figure: Figure, most: float) -> str:
    whole, first = (" ".join(f"{each:7.0f}" for each in times) for times in (figure.whole, figure.first))
    rate = f"{figure.a_second:8.1f} {bar(figure.a_second, most)}"
    return (
        f"{figure.clients:>7}  {figure.what:7} {rate} {whole:>24}  {first:>25}  {figure.others:>6.2f} {figure.again:>5}"
    )


def tell_costs(figures: Sequence[Figure], found: Sequence[costs.Cost]) -> None:
    print("", heading(f"{'CPU ms each':{WIDE}}", COSTS), sep="\n")
    for each in figures:
        # One of the two kinds of workers is idle in each round.
        worker = each.cpu.get(resource_usage.WORKER, 0) + each.cpu.get(resource_usage.BARE, 0)
        known = each.cpu | {"worker": worker, "all": sum(each.cpu.values())}
        print(row(f"{each.clients:>7}  {each.what:{WIDE - 9}}", known, COSTS))
    print("", heading(f"{'counted, each':{WIDE}}", STORED, 14), sep="\n")
    for cost in found:
        known = {"transactions": cost.transactions} | {name: cost.sum(name) for name in STORED[1:]}
        print(row(f"{cost.what:{WIDE}}", known, STORED, 14))
        for kind, stored in cost.stored.items():
            print(row(f"  {kind:{WIDE - 2}}", asdict(stored), STORED, 14))


def draw(path: Path, figures: Sequence[Figure]) -> None:
    series = {
        what: {each.clients: each.a_second for each in figures if each.what == what} for what in ("bare", "booking")
    }
    lines(path, "Lives a second, by clients at once", series)


def arguments() -> argparse.ArgumentParser:
    parser = options("bookings", __doc__, plot=True)
    parser.add_argument("--clients", type=int, nargs="+", default=CLIENTS, help="how many at once, one row each")
    parser.add_argument("--seconds", type=float, default=8.0, help="of one round of one kind (8)")
    parser.add_argument("--rounds", type=int, default=3, help="of each kind, in turns (3)")
    parser.add_argument("--workers", type=int, default=1, help="worker processes (1)")
    parser.add_argument("--apis", type=int, default=1, help="API processes (1)")
    return parser


if __name__ == "__main__":
    given = arguments().parse_args()
    all_figures, all_costs = asyncio.run(main(given))
    tell_costs(all_figures, all_costs)
    if given.plot:
        draw(given.plot, all_figures)
    conclude(
        given,
        list(aims(all_figures)),
        figures=[asdict(each) for each in all_figures],
        costs=[asdict(each) for each in all_costs],
    )
