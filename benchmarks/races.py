"""Measure races for one time slot: the number of winners, the answer times, and the cost of the losers.

Starts `bookme dev`. In each of 60 races, 50 clients reserve the same time slot at the same moment. Each race is about
another time slot. Exactly one client must win, according to the answers and to the database afterwards. The times of
all answers count, those of the winner and of the losers. The engine reports the number of started workflows, and
PostgreSQL the number of deadlocks.

Then comes a storm: 500 clients reserve one time slot at once. A client that is answered 429 or 503 with Retry-After
waits and tries again, until the answer is a reservation (200) or a conflict (409). Connections are open before a race
begins.
"""

import argparse
import asyncio
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
from temporalio.client import Client

from benchmarks.results.costs import Database
from benchmarks.results.report import Aim, at_most, bar, conclude, exactly, options, percentiles, progress
from benchmarks.stack.dev_stack import database_url, running
from benchmarks.workload.http_client import Service
from benchmarks.workload.journeys import BookingJourneys, authorise
from benchmarks.workload.race import Race, race
from chaos.stack.resource_usage import UsageMeter
from workflows.common.runs import BOOKING_WORKFLOW

STORM: Final = "storm"
LONG_HOLDS: Final = {"BOOKME_RESERVATION_TTL": "PT2H"}
"""Holds that do not expire before they are counted."""
DEADLOCKS: Final = "SELECT deadlocks FROM pg_stat_database WHERE datname = 'bookme'"
HELD: Final = (
    "SELECT split_part(reservation_token, '.', 1), count(*) FROM time_slot WHERE status = 'Reserved' GROUP BY 1"
)
RACE: Final = re.compile(r"(race-\d+|storm)\.\w+$")
"""Name of the race in the token, which is part of the workflow's id."""

MOST_P99: Final = 150.0
"""The most p99 of all answers of the races, in milliseconds."""
MOST_STARTED: Final = 5


@dataclass(frozen=True, slots=True)
class Found:
    """Results of all races, from the answers, the database and the engine."""

    races: list[Race]
    storm: Race
    held: dict[str, int]
    started: dict[str, int]
    deadlocks: int
    others: float
    """Cores that were busy with something else."""

    @property
    def unfair(self) -> list[str]:
        """Names of the races without exactly one winner."""
        every = [*self.races, self.storm]
        return [each.name for each in every if (each.winners, self.held.get(each.name)) != (1, 1)]

    @property
    def milliseconds(self) -> tuple[float, float, float]:
        return percentiles([each.seconds for race in self.races for each in race.answers])

    @property
    def outside_the_contract(self) -> int:
        return sum(not answer.is_by_the_contract for each in (*self.races, self.storm) for answer in each.answers)

    @property
    def started_each(self) -> list[int]:
        return [self.started.get(each.name, 0) for each in self.races]


async def main(asked: argparse.Namespace) -> Found:
    with tempfile.TemporaryDirectory(prefix="bookme-bench-") as directory:
        progress("starting the stack")
        async with running(Path(directory), asked.workers, asked.apis, LONG_HOLDS) as (service, client):
            await authorise(service)
            url = database_url(Path(directory))
            async with Database.connected(url, hasty=asked.quick) as database:
                before = await database.counted(DEADLOCKS)
                meter = UsageMeter()
                races, storm = await raced(service, asked)
                others = meter.by_others / meter.seconds
                deadlocks = await database.counted(DEADLOCKS) - before
            return Found(races, storm, await count_held(url), await count_started(client), deadlocks, others)


async def raced(service: Service, asked: argparse.Namespace) -> tuple[list[Race], Race]:
    """Run all races one after another, then the storm."""
    booked = await BookingJourneys.prepared(service)
    await race(service, "warm-up", booked.next_slot(), asked.clients)
    races = []
    for number in range(asked.races):
        races.append(await race(service, f"race-{number}", booked.next_slot(), asked.clients))
        if number % 10 == 0:
            progress(f"race {number + 1} of {asked.races}: {races[-1].all_settled * 1000:.0f} ms")
    progress(f"storm of {asked.storm} clients")
    return races, await race(service, STORM, booked.next_slot(), asked.storm)


async def count_held(url: str) -> dict[str, int]:
    """Return the number of reserved time slots that each race left."""
    connection = await asyncpg.connect(url)
    try:
        return dict(await connection.fetch(HELD))
    finally:
        await connection.close()


async def count_started(client: Client) -> Counter[str]:
    """Return the number of booking workflows that each race started, whatever their result."""
    found: Counter[str] = Counter()
    async for run in client.list_workflows(f"WorkflowType = '{BOOKING_WORKFLOW}'"):
        if name := RACE.search(run.id):
            found[name[1]] += 1
    return found


def print_results(found: Found) -> None:
    answers = [each for race in found.races for each in race.answers]
    p50, p95, p99 = found.milliseconds
    slowest = max(each.seconds for each in answers) * 1000
    statuses = format_statuses(Counter(each.status for each in answers))
    clients = len(found.races[0].answers_by_client)
    print(f"{len(found.races)} races of {clients} clients: {len(answers)} answers, {statuses}")
    print(f"milliseconds of all answers: p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f}, slowest {slowest:.0f}\n")
    for count, races in sorted(Counter(found.started_each).items()):
        print(f"{count:>3} workflows started in {races:>3} races {bar(races, len(found.races))}")
    storm = found.storm
    print(f"\nstorm of {len(storm.answers_by_client)} clients: at first {format_statuses(storm.at_first)}", end="")
    print(f"; in the end {format_statuses(storm.in_the_end)}")
    print(f"all answered after {storm.all_answered:.2f} s, all settled after {storm.all_settled:.2f} s", end="")
    print(f", {found.started.get(STORM, 0)} workflows started")
    print(f"cores busy with something else meanwhile: {found.others:.2f}")


def format_statuses(statuses: Counter[int]) -> str:
    return ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))


def aims(found: Found) -> Iterator[Aim]:
    yield exactly("races without exactly one winner, the storm included", len(found.unfair), 0)
    yield exactly("answers that the contract does not know", found.outside_the_contract, 0)
    yield at_most("milliseconds, p99 of all answers of the races", found.milliseconds[2], MOST_P99)
    yield at_most("workflows started in one race", max(found.started_each), MOST_STARTED)
    yield exactly("deadlocks", found.deadlocks, 0)


def figures(found: Found) -> dict[str, Any]:
    """Return the figures for the JSON file: every answer of the races, and totals of the storm."""
    storm = found.storm
    return {
        "races": [
            {"winners": each.winners, "answers": [asdict(answer) for answer in each.answers]} for each in found.races
        ],
        "unfair": found.unfair,
        "milliseconds": found.milliseconds,
        "started": found.started_each,
        "deadlocks": found.deadlocks,
        "others": found.others,
        "storm": {
            "winners": storm.winners,
            "at_first": storm.at_first,
            "in_the_end": storm.in_the_end,
            "all_answered": storm.all_answered,
            "all_settled": storm.all_settled,
            "started": found.started.get(STORM, 0),
        },
    }


def parser() -> argparse.ArgumentParser:
    parser = options("races", __doc__)
    parser.add_argument("--races", type=int, default=60, help="one after another (60)")
    parser.add_argument("--clients", type=int, default=50, help="in each race (50)")
    parser.add_argument("--storm", type=int, default=500, help="clients in the storm (500)")
    parser.add_argument("--workers", type=int, default=1, help="worker processes (1)")
    parser.add_argument("--apis", type=int, default=1, help="API processes (1)")
    return parser


def small(asked: argparse.Namespace) -> Sequence[int]:
    return (3, 10, 50) if asked.quick else (asked.races, asked.clients, asked.storm)


if __name__ == "__main__":
    arguments = parser().parse_args()
    arguments.races, arguments.clients, arguments.storm = small(arguments)
    results = asyncio.run(main(arguments))
    print_results(results)
    conclude(arguments, list(aims(results)), **figures(results))
