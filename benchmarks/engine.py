"""Measure the effect of our settings of the Temporal server: the same bookings with default settings and with ours.

`bookme dev` gives its Temporal server settings for one machine (devstack/temporal.py): how often queues poll for work,
how many partitions they have, how the database file is written. This benchmark starts PostgreSQL, Temporal, worker and
API separately, in turns with that server and with a plain `temporal server start-dev --db-filename`. The binary, the
worker, the API and their settings are the same. A number of clients do one booking after another for some seconds.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks.results.report import Aim, at_least, bar, conclude, options, percentiles, progress
from benchmarks.stack.separate_parts import Site, served
from benchmarks.workload.journeys import BookingJourneys, authorise
from benchmarks.workload.rounds import RoundResults, run_journeys

CLIENTS: Final = (1, 16)
AS_IT_COMES, WELL_SET = "as it comes", "well set"

LEAST_RATIO: Final = 3.0
HEADING: Final = (
    f"{'clients':>7}  {'server':11} {'a second':>8} {'':20} {'p50':>8} {'p95':>7} {'p99':>7}"
    f"  {'CPU ms each':>13}  {'others':>6}"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """Bookings per second, and milliseconds of one booking, at a number of clients."""

    clients: int
    server: str
    a_second: float
    whole: tuple[float, float, float]
    cpu: dict[str, float]
    others: float

    @classmethod
    def of(cls, clients: int, server: str, results: RoundResults) -> "Figure":
        return cls(clients, server, results.a_second, percentiles(results.journeys), results.cpu, results.others)


async def main(asked: argparse.Namespace) -> list[Figure]:
    results = {(clients, server): RoundResults() for clients in asked.clients for server in (AS_IT_COMES, WELL_SET)}
    for number in range(asked.rounds):
        for server in (AS_IT_COMES, WELL_SET):
            progress(f"round {number + 1} of {asked.rounds}: the server {server}")
            await measured(server, asked.seconds, {clients: results[clients, server] for clients in asked.clients})
    return [Figure.of(clients, server, each) for (clients, server), each in results.items()]


async def measured(server: str, seconds: float, results: dict[int, RoundResults]) -> None:
    """Add a round with this server to the figures, after a warm-up."""
    with tempfile.TemporaryDirectory(prefix="bookme-bench-") as directory:
        async with served(Site.new(Path(directory) / "site", is_well_set=server == WELL_SET)) as service:
            await authorise(service)
            booked = await BookingJourneys.prepared(service)
            await run_journeys(booked, RoundResults(), max(results), seconds / 4)
            for clients, each in results.items():
                await run_journeys(booked, each, clients, seconds)


def aims(figures: Sequence[Figure]) -> Iterator[Aim]:
    by = {(each.clients, each.server): each.a_second for each in figures}
    for clients in sorted({each.clients for each in figures}):
        ratio = by[clients, WELL_SET] / by[clients, AS_IT_COMES]
        yield at_least(f"bookings a second at {clients} client(s), of the server as it comes", ratio, LEAST_RATIO)


def line(figure: Figure, most: float) -> str:
    rate = f"{figure.a_second:8.1f} {bar(figure.a_second, most)}"
    whole = " ".join(f"{each:7.0f}" for each in figure.whole)
    cpu = sum(figure.cpu.values())
    return f"{figure.clients:>7}  {figure.server:11} {rate} {whole:>24}  {cpu:>13.1f}  {figure.others:>6.2f}"


def arguments() -> argparse.ArgumentParser:
    parser = options("engine", __doc__)
    parser.add_argument("--clients", type=int, nargs="+", default=CLIENTS, help="how many at once, two rows each")
    parser.add_argument("--seconds", type=float, default=8.0, help="of one round (8)")
    parser.add_argument("--rounds", type=int, default=3, help="with each server, in turns (3)")
    return parser


if __name__ == "__main__":
    given = arguments().parse_args()
    if given.quick:
        given.rounds, given.clients = 1, given.clients[:1]
    found = asyncio.run(main(given))
    print(f"one API process, one worker; milliseconds\n\n{HEADING}")
    print(*(line(each, max(other.a_second for other in found)) for each in found), sep="\n")
    conclude(given, list(aims(found)), figures=[asdict(each) for each in found])
