"""Measure the start time of `bookme dev`, for the first and the second start, and the memory use.

`bookme dev` starts all parts at once. The time lasts from the command until it prints that BookMe is ready. It prints
the time of each part. The first start has a new directory, and the second start has the same directory and its data.
`others` is the number of cores that were busy with something else meanwhile.

Memory is the proportional set size of each kind of process: its own memory, and its share of shared memory. It is
measured before the first request, several times under load, and after the load when all is idle. Under load, each of
eight clients repeats: search the free time slots of a week, book one of them in three steps, wait a second. `stack` is
`bookme dev` itself.
"""

import argparse
import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.results.costs import HASTE
from benchmarks.results.report import Aim, at_most, conclude, heading, options, progress, row
from benchmarks.stack.dev_stack import started, whole_stack
from benchmarks.workload.http_client import Service
from benchmarks.workload.journeys import BookingJourneys, authorise
from chaos.stack import resource_usage
from config.ports import free_port
from devstack.processes import Program
from devstack.temporal import without_temporal

READY: Final = "BookMe is ready"
STEP: Final = re.compile(r"^✓ ([A-Za-z]+).* (\d+\.\d) s$", re.MULTILINE)
"""A line in which `bookme dev` reports a part and its seconds."""
STARTS: Final = ("first", "second")
CLIENTS: Final = 8
REST: Final = 1.0
"""Seconds between two bookings of a client, so that the demo organisation has time for ten minutes of them."""
BRIEF: Final = 0.05
"""Minutes of load of a quick run."""
SEARCH: Final = "/bookme/time-slots/available"
A_WEEK: Final = {"requireEmployeeParticipation": "false", "lookForwardTime": "P7D"}
LOOKS: Final = 5
"""Number of times that the memory is measured under load."""
MEGABYTE: Final = 1_000_000

MOST_SECONDS: Final = {"first": 10.0, "second": 6.0}
"""The most seconds until `bookme dev` is ready."""

WIDTH: Final = 28
OTHERS: Final = "others"
"""Name of the column of cores that were busy with something else. If they are many, measure again."""
PARTS: Final = ("PostgreSQL", "Temporal", "worker", "API", "all", OTHERS)
OWNERS: Final = (
    resource_usage.API,
    resource_usage.WORKER,
    resource_usage.TEMPORAL,
    resource_usage.POSTGRES,
    resource_usage.STACK,
)


@dataclass(slots=True)
class Found:
    """Seconds of each start and megabytes at each moment, by part, and the number of bookings under load."""

    starts: dict[str, dict[str, float]]
    memory: dict[str, dict[str, float]]
    bookings: int = 0


async def main(minutes: float, patience: float) -> Found:
    found = Found({}, {})
    with tempfile.TemporaryDirectory(prefix="bookme-bench-") as directory:
        for which in STARTS:
            progress(f"{which} start of `bookme dev`")
            async with measured_start(Path(directory), which, found) as service:
                if which == STARTS[-1]:
                    await remember(service, found, minutes, patience)
    return found


@asynccontextmanager
async def measured_start(directory: Path, which: str, found: Found) -> AsyncIterator[Service]:
    """Measure a start of `bookme dev`, and yield a client of its API."""
    api = free_port()
    service = Service(api)
    program = dev(service, api, directory, directory / f"{which}.log")
    meter = resource_usage.UsageMeter()
    async with started(program):
        whole = {"all": meter.seconds, OTHERS: meter.by_others / meter.seconds}
        said = await asyncio.to_thread(program.log.read_text)
        found.starts[which] = {part: float(seconds) for part, seconds in STEP.findall(said)} | whole
        yield service
        service.close()


def dev(service: Service, api: int, directory: Path, log: Path) -> Program:
    """Return the program `bookme dev`. It is ready when it prints `READY`."""

    async def says_so(_pid: int) -> bool:
        return READY in await asyncio.to_thread(log.read_text)

    ports = {"--api-port": api, "--temporal-port": free_port()}
    return replace(whole_stack(service, ports, directory, without_temporal()), log=log, ready=says_so)


async def remember(service: Service, found: Found, minutes: float, patience: float) -> None:
    """Measure the memory before the load, `LOOKS` times during it, and when all is idle afterwards."""
    await resource_usage.wait_until_idle(patience)
    found.memory["when nobody has asked"] = megabytes()
    await authorise(service)
    booked = await BookingJourneys.prepared(service)
    content = booked.content
    wanted = {"topic": content["topicId"], "customerTypeId": content["customerTypeId"], **A_WEEK}
    began = perf_counter()

    async def client() -> None:
        while perf_counter() - began < minutes * 60:
            (await service.get(SEARCH, wanted)).checked()
            await booked.run()
            found.bookings += 1
            await asyncio.sleep(REST)

    async def look() -> None:
        for number in range(1, LOOKS + 1):
            passed = number * minutes / LOOKS
            await asyncio.sleep(began + passed * 60 - perf_counter())
            progress(f"{found.bookings} bookings after {passed:g} minutes")
            found.memory[f"after {passed:g} minutes"] = megabytes()

    await asyncio.gather(look(), *(client() for _ in range(CLIENTS)))
    await resource_usage.wait_until_idle(patience)
    found.memory["when all is idle again"] = megabytes()


def megabytes() -> dict[str, float]:
    found = {kind: size / MEGABYTE for kind, size in resource_usage.memory().items() if kind in OWNERS}
    return found | {"all": sum(found.values())}


def aims(found: Found) -> Iterator[Aim]:
    for which in STARTS:
        seconds = found.starts[which]["all"]
        yield at_most(f"seconds until `bookme dev` is ready, {which} start", seconds, MOST_SECONDS[which])


def print_results(found: Found) -> None:
    table("seconds until ready", {f"{which} start": found.starts[which] for which in STARTS}, PARTS)
    table(f"megabytes, {found.bookings} bookings", found.memory, (*OWNERS, "all"))


def table(name: str, rows: Mapping[str, Mapping[str, float]], columns: Sequence[str]) -> None:
    print("", heading(f"{name:{WIDTH}}", columns), sep="\n")
    for what, values in rows.items():
        print(row(f"{what:{WIDTH}}", values, columns))


def arguments() -> argparse.ArgumentParser:
    parser = options("startup", __doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of load between the first and last look (10)")
    return parser


if __name__ == "__main__":
    given = arguments().parse_args()
    measured = asyncio.run(main(BRIEF, HASTE) if given.quick else main(given.minutes, resource_usage.PATIENCE))
    print_results(measured)
    conclude(given, list(aims(measured)), **asdict(measured))
