"""Compare reservations beside searches in the same API process with reservations without searches.

Starts `bookme dev` with one API process, and adds 2,000 employees with time slots on 31 days to the demo organisation.
In each round, 16 clients do one booking after another (reserve, book, create the meeting) for some seconds: first
without searches, then beside 10 searches a second of 50 employees and 14 days, and one of 2,000 employees and 31 days
every 5 s. Searches are sent at this rate even if earlier ones have no answer yet. Reservations are timed.

A process of its own sends `GET /health/live` to the API every 10 ms, on one connection. `p99` and `longest` are
milliseconds until the answer. `computed` is the most CPU time that the API's event loop used before it answered one of
these requests: how long other requests were not served, without the waits for a core that another process had. The
first row, `idle`, is the same without any other request.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import make_url

from benchmarks.mixed.probe import Held
from benchmarks.mixed.searches import Answered, Search, searches, send_for
from benchmarks.results.charts import lines
from benchmarks.results.report import Aim, at_most, conclude, options, percentiles, progress
from benchmarks.stack.dev_stack import PATIENT, ROOT, database_url, running
from benchmarks.workload.bank import Bank, add
from benchmarks.workload.http_client import Service
from benchmarks.workload.journeys import BookingJourneys, authorise
from benchmarks.workload.rounds import RoundResults, run_journeys
from chaos.stack import resource_usage
from devstack.postgres import DATABASE
from storage.database import Database

MOST_TIMES: Final = 1.5
"""The largest ratio of the p99 of a reservation beside searches to that without searches."""

BANK: Final = Bank(2_000, 31)
QUICK: Final = Bank(60, 14)
PER_SECOND: Final = 10.0
WARM_UP: Final = 2.0

ALONE, BESIDE, IDLE = "bookings", "with searches", "idle"
PERCENTILES: Final = (50, 95, 99)


@dataclass(slots=True)
class Kind:
    """Results of the rounds of one kind: bookings with or without searches."""

    bookings: RoundResults = field(default_factory=RoundResults)
    held: list[Held] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Found:
    """Results by kind, the event loop of the idle API, and the answers of each search."""

    kinds: Mapping[str, Kind]
    idle: Held
    searches: Mapping[str, Answered]

    def milliseconds(self, kind: str) -> tuple[float, float, float]:
        """Return p50, p95 and p99 of the reservations."""
        return percentiles(self.kinds[kind].bookings.first)

    @property
    def times(self) -> float:
        return self.milliseconds(BESIDE)[-1] / self.milliseconds(ALONE)[-1]


class Load:
    """The stack under load: bookings, searches and the probe of the event loop."""

    def __init__(self, bookings: BookingJourneys, searcher: Service, wanted: list[Search]) -> None:
        self._bookings = bookings
        self._searcher = searcher
        self._wanted = wanted
        self.answers = {each.name: Answered() for each in wanted}

    async def probe(self, seconds: float) -> Held:
        """Watch the event loop of the API in another process. Raises `RuntimeError` if that fails."""
        (api,) = resource_usage.processes(resource_usage.API)
        command = (sys.executable, "-m", "benchmarks.mixed.probe", str(self._searcher.port), str(api), str(seconds))
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
        printed, _ = await process.communicate()
        if process.returncode:
            raise RuntimeError("The probe of the event loop failed.")
        return Held(**json.loads(printed))

    async def round(self, kind: Kind, clients: int, seconds: float, *, searching: bool) -> None:
        """Add one round to the results."""
        async with asyncio.TaskGroup() as working:
            probing = working.create_task(self.probe(seconds))
            working.create_task(run_journeys(self._bookings, kind.bookings, clients, seconds))
            if searching:
                working.create_task(send_for(self._searcher, self._wanted, seconds, self.answers))
        kind.held.append(probing.result())


async def main(asked: argparse.Namespace) -> Found:
    bank = QUICK if asked.quick else BANK
    with tempfile.TemporaryDirectory(prefix="bookme-bench-") as name:
        directory = Path(name)
        progress("starting the stack")
        async with running(directory, 1, 1, PATIENT) as (service, _):
            await authorise(service)
            searcher = Service(service.port)
            await authorise(searcher, "searcher")
            progress(f"adding {bank.employees:,} employees")
            await add_bank(database_url(directory), bank)
            bookings = await BookingJourneys.prepared(service)
            try:
                return await measure(Load(bookings, searcher, searches(bank, PER_SECOND)), asked)
            finally:
                searcher.close()


async def add_bank(url: str, bank: Bank) -> None:
    """Add the bank as the owner of the database, who may update the planner's statistics."""
    url = make_url(url).set(username=DATABASE).render_as_string(hide_password=False)
    database = Database(url, pool_size=1)
    await add(database, url, bank)
    await database.close()


async def measure(load: Load, asked: argparse.Namespace) -> Found:
    progress("warming up")
    for searching in (False, True):
        await load.round(Kind(), asked.clients, min(WARM_UP, asked.seconds), searching=searching)
    load.answers = {name: Answered() for name in load.answers}
    idle = await load.probe(min(WARM_UP, asked.seconds))
    kinds = {ALONE: Kind(), BESIDE: Kind()}
    for number in range(asked.rounds):
        progress(f"round {number + 1} of {asked.rounds}")
        for name, kind in kinds.items():
            await load.round(kind, asked.clients, asked.seconds, searching=name == BESIDE)
    return Found(kinds, idle, load.answers)


def show(found: Found, clients: int) -> None:
    print(f"{clients} clients; milliseconds of a reservation, bookings a second, cores busy with something else\n")
    print(f"{'':14}{'p50':>9}{'p95':>9}{'p99':>9}{'count':>9}{'a second':>10}{'again':>7}{'others':>8}")
    for name, kind in found.kinds.items():
        times, done = found.milliseconds(name), kind.bookings
        print(
            f"{name:14}{''.join(f'{each:9.1f}' for each in times)}{len(done.first):>9}{done.a_second:>10.1f}"
            f"{done.again:>7}{done.others:>8.2f}"
        )
    print(f"\n{'searches':14}{'p50':>9}{'p95':>9}{'p99':>9}{'count':>9}  refused")
    for search, answers in found.searches.items():
        refused = ", ".join(f"{count} x {status}" for status, count in sorted(answers.refused.items()))
        figures = "".join(f"{each:9.1f}" for each in percentiles(answers.seconds)) if answers.seconds else f"{'-':>27}"
        print(f"{search:14}{figures}{len(answers.seconds):>9}  {refused or 0}")
    print(f"\n{'event loop':14}{'p50':>9}{'p99':>9}{'longest':>9}{'computed':>10}")
    for name, held in {IDLE: found.idle, **{name: Held.most(each.held) for name, each in found.kinds.items()}}.items():
        print(f"{name:14}{held.p50:9.1f}{held.p99:9.1f}{held.longest:9.1f}{held.computed:10.1f}")


def aims(found: Found) -> Sequence[Aim]:
    return [at_most("p99 of a reservation beside searches by that without", found.times, MOST_TIMES)]


def figures(found: Found) -> dict[str, Any]:
    """Return the figures for the JSON file."""
    return {
        "reservations": {
            name: {
                "milliseconds": found.milliseconds(name),
                "count": len(kind.bookings.first),
                "a_second": kind.bookings.a_second,
                "others": kind.bookings.others,
            }
            for name, kind in found.kinds.items()
        },
        "searches": {
            name: {
                "milliseconds": percentiles(each.seconds) if each.seconds else None,
                "count": len(each.seconds),
                "refused": each.refused,
            }
            for name, each in found.searches.items()
        },
        "event_loop": {IDLE: asdict(found.idle)}
        | {name: asdict(Held.most(each.held)) for name, each in found.kinds.items()},
        "times": found.times,
    }


def draw(path: Path, found: Found) -> None:
    series = {name: dict(zip(PERCENTILES, found.milliseconds(name), strict=True)) for name in found.kinds}
    lines(path, "Milliseconds of a reservation, by percentile", series)


def arguments() -> argparse.ArgumentParser:
    parser = options("mixed", __doc__, plot=True)
    parser.add_argument("--clients", type=int, default=16, help="that book at once (16)")
    parser.add_argument("--seconds", type=float, default=15.0, help="of one round of one kind (15)")
    parser.add_argument("--rounds", type=int, default=3, help="of each kind, in turns (3)")
    return parser


if __name__ == "__main__":
    given = arguments().parse_args()
    if given.quick:
        given.clients, given.seconds, given.rounds = 2, 1.0, 1
    results = asyncio.run(main(given))
    show(results, given.clients)
    if given.plot:
        draw(given.plot, results)
    conclude(given, aims(results), **figures(results))
