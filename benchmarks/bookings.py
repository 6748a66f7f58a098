"""Whole bookings over HTTP against the bare engine, on the same server, in turns.

Starts `bookme dev` with a directory of its own, and a worker of the bare engine beside it. Each round, so many clients
live one life after another for some seconds: first bare, then booked. Both are asked by this process.
"""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

import httpx
from temporalio.client import Client

from benchmarks.lives import Bare, Booked, Life, authorise
from bookme.engine import connect
from bookme.settings import Settings
from bookme.stack.ports import LOOPBACK, free_port
from bookme.stack.processes import Child, Program
from bookme.stack.temporal import is_polled_by, without_temporal

CLIENTS: Final = (1, 8, 16, 32, 128)
QUICK: Final = (1, 4)

LEAST_RATIO: Final = 0.85
"""Of the bare engine's lives a second, at 16 clients."""
MOST_MEDIAN: Final = 1.4
MOST_P99: Final = 2.0
"""Times the bare engine's first update, of a reservation, at one client."""

HEADING: Final = (
    f"{'clients':>7}  {'what':7} {'a second':>8} {'':20} {'life p50':>8} {'p95':>7} {'p99':>7}"
    f"  {'first p50':>9} {'p95':>7} {'p99':>7}"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """Lives a second, and milliseconds of a life and of its first step, at so many clients."""

    clients: int
    what: str
    a_second: float
    life: tuple[float, float, float]
    first: tuple[float, float, float]


class Lived:
    """What some rounds of one kind have come to."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.steps: list[list[float]] = []

    def figure(self, clients: int, what: str) -> Figure:
        lives = percentiles([sum(steps) for steps in self.steps])
        first = percentiles([steps[0] for steps in self.steps])
        return Figure(clients, what, statistics.median(self.rates), lives, first)


async def main(options: argparse.Namespace) -> list[Figure]:
    counts = QUICK if options.quick else options.clients
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bookme-bench-") as directory:
        async with running(Path(directory), options.workers, options.apis) as (http, client):
            await authorise(http)
            lives: dict[str, Life] = {"bare": Bare(client), "booking": await Booked.prepared(http)}
            print(f"{options.apis} API process(es), {options.workers} worker(s)\n\n{HEADING}", flush=True)
            for count in counts:
                figures += await measured(lives, count, options.rounds, options.seconds)
    return figures


async def measured(lives: dict[str, Life], clients: int, rounds: int, seconds: float) -> list[Figure]:
    """Both kinds in turns, so that whatever else the machine does meets both."""
    lived = {what: Lived() for what in lives}
    for _ in range(rounds):
        for what, life in lives.items():
            await live(life, lived[what], clients, seconds)
    figures = [each.figure(clients, what) for what, each in lived.items()]
    most = max(each.a_second for each in figures)
    for each in figures:
        print(line(each, most), flush=True)
    return figures


async def live(life: Life, lived: Lived, clients: int, seconds: float) -> None:
    """So many clients, each one life after another until the time is over."""
    began = perf_counter()
    steps: list[list[float]] = []

    async def client() -> None:
        while perf_counter() - began < seconds:
            steps.append(await life.live())

    await asyncio.gather(*(client() for _ in range(clients)))
    lived.rates.append(len(steps) / (perf_counter() - began))
    lived.steps += steps


def check(figures: Sequence[Figure]) -> bool:
    """Print each ratio to the bare engine that is promised, and whether it holds."""
    verdicts = list(_verdicts({(each.clients, each.what): each for each in figures}))
    for name, ratio, holds in verdicts:
        print(f"{'✓' if holds else '✗'} {name}: {ratio:.2f}")
    return all(holds for *_, holds in verdicts)


def _verdicts(by: dict[tuple[int, str], Figure]) -> Iterator[tuple[str, float, bool]]:
    if (16, "bare") in by:
        ratio = by[16, "booking"].a_second / by[16, "bare"].a_second
        yield f"bookings a second at 16 clients (at least {LEAST_RATIO})", ratio, ratio >= LEAST_RATIO
    if (1, "bare") in by:
        ours, bare = by[1, "booking"].first, by[1, "bare"].first
        median, p99 = ours[0] / bare[0], ours[2] / bare[2]
        yield f"a reservation's median at one client (at most {MOST_MEDIAN})", median, median <= MOST_MEDIAN
        yield f"a reservation's p99 at one client (at most {MOST_P99})", p99, p99 <= MOST_P99


def percentiles(seconds: Sequence[float]) -> tuple[float, float, float]:
    """p50, p95 and p99, in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return cuts[49] * 1000, cuts[94] * 1000, cuts[98] * 1000


def line(figure: Figure, most: float) -> str:
    bar = "█" * round(20 * figure.a_second / most)
    life, first = (" ".join(f"{each:7.0f}" for each in times) for times in (figure.life, figure.first))
    return f"{figure.clients:>7}  {figure.what:7} {figure.a_second:8.1f} {bar:20} {life:>24}  {first:>25}"


@contextlib.asynccontextmanager
async def running(directory: Path, workers: int, apis: int) -> AsyncIterator[tuple[httpx.AsyncClient, Client]]:
    """The stack on this machine, the bare engine's worker, and what asks both."""
    api, temporal = free_port(), free_port()
    limits = httpx.Limits(max_connections=max(CLIENTS), max_keepalive_connections=max(CLIENTS))
    environment = without_temporal() | {"TEMPORAL_ADDRESS": f"{LOOPBACK}:{temporal}", "BOOKME_REQUEST_TIMEOUT": "PT30S"}
    async with httpx.AsyncClient(
        base_url=f"http://{LOOPBACK}:{api}", timeout=60, trust_env=False, limits=limits
    ) as http:
        options = {"--api-port": api, "--temporal-port": temporal, "--workers": workers, "--api-workers": apis}
        async with started(whole_stack(http, options, directory, environment)):
            client = await connect(Settings(), environment=environment)
            async with started(bare_worker(client, directory, environment)):
                yield http, client


@contextlib.asynccontextmanager
async def started(program: Program) -> AsyncIterator[None]:
    child = Child(program)
    await child.start()
    try:
        yield
    finally:
        await child.stop()


def whole_stack(
    http: httpx.AsyncClient, options: dict[str, int], directory: Path, environment: dict[str, str]
) -> Program:
    async def is_ready(_pid: int) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return (await http.get("/health/ready")).is_success
        return False

    where = {"--ui-port": free_port(), "--data-dir": directory / "data"}
    asked = (str(part) for option in {**options, **where}.items() for part in option)
    return Program(
        name="stack",
        command=(sys.executable, "-m", "bookme", "dev", *asked),
        log=directory / "stack.log",
        ready=is_ready,
        environment=environment,
        directory=directory,
    )


def bare_worker(client: Client, directory: Path, environment: dict[str, str]) -> Program:
    async def polls(pid: int) -> bool:
        return await is_polled_by(client, "bare", pid)

    path = os.pathsep.join([str(Path(__file__).parents[1]), environment.get("PYTHONPATH", "")])
    command = (sys.executable, "-m", "benchmarks.bare")
    return Program(
        name="bare",
        command=command,
        log=directory / "bare.log",
        ready=polls,
        environment=environment | {"PYTHONPATH": path},
        directory=directory,
    )


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bookings", description=__doc__)
    parser.add_argument("--clients", type=int, nargs="+", default=CLIENTS, help="how many at once, one row each")
    parser.add_argument("--seconds", type=float, default=8.0, help="of one round of one kind (8)")
    parser.add_argument("--rounds", type=int, default=3, help="of each kind, in turns (3)")
    parser.add_argument("--workers", type=int, default=1, help="worker processes (1)")
    parser.add_argument("--apis", type=int, default=1, help="API processes (1)")
    parser.add_argument("--json", help="write the figures to this file")
    parser.add_argument("--check", action="store_true", help="exit with 1 unless every promised ratio holds")
    parser.add_argument("--quick", action="store_true", help="few clients, to see that it runs")
    return parser


if __name__ == "__main__":
    asked = arguments().parse_args()
    measured_figures = asyncio.run(main(asked))
    if asked.json:
        Path(asked.json).write_text(json.dumps([asdict(each) for each in measured_figures], indent=1) + "\n")
    sys.exit(not check(measured_figures) and asked.check)
