"""Compare whole bookings with the bare engine on a cluster of Temporal servers with PostgreSQL, and count their costs.

Starts on loopback: PostgreSQL with fsync and the databases of Temporal and of BookMe, Temporal servers with all roles,
workers and API processes. Each size (servers, workers, API processes) gets a new cluster. The
journeys and the columns are those of `python -m benchmarks.bookings`.

At the end of each size the costs of a journey are printed: CPU milliseconds of every process until all background work
is done; runs, history events, state transitions and bytes; and what PostgreSQL counts for each database: transactions,
and the bytes of the write-ahead log for all databases together.

The servers are built with Go from `deploy/temporal/server`, once, into `~/.cache/bookme`. That takes some minutes.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

import asyncpg

from benchmarks.bookings import HEADING, Figure, measured, tell_costs
from benchmarks.results import costs
from benchmarks.results.report import conclude, heading, options, progress, row
from benchmarks.stack.cluster_stack import Cluster, Size, running
from benchmarks.workload.journeys import BareJourneys, BookingJourneys, Journey
from chaos.stack.cluster import DYNAMIC_CONFIG, SHARDS
from chaos.stack.resource_usage import PATIENCE, wait_until_idle
from config.errors import StackError

SIZES: Final = ("1,1,1", "2,1,1", "2,2,2")
COUNTED: Final = 50
"""Number of journeys whose costs are counted."""
DATABASES: Final = ("bookme", "temporal", "temporal_visibility")
COLUMNS: Final = (*DATABASES, "WAL bytes")
WIDE: Final = 18
TRANSACTIONS: Final = """
SELECT datname, xact_commit + xact_rollback AS transactions FROM pg_stat_database WHERE datname = ANY($1)
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """PostgreSQL's counts for one journey: transactions by database, and bytes of the write-ahead log."""

    what: str
    figures: dict[str, float]


async def main(asked: argparse.Namespace) -> list[dict[str, object]]:
    return [await of_size(size, asked) for size in (asked.sizes[:1] if asked.quick else asked.sizes)]


async def of_size(size: Size, asked: argparse.Namespace) -> dict[str, object]:
    """Measure a cluster of this size, and print the figures."""
    progress(f"starting {size}")
    count = 4 if asked.quick else COUNTED
    with tempfile.TemporaryDirectory(prefix="bookme-cluster-") as directory:
        async with running(Path(directory), size, asked.dynamic_config, asked.shards) as cluster:
            journeys: dict[str, Journey] = {
                "bare": BareJourneys(cluster.client),
                "booking": await BookingJourneys.prepared(cluster.service),
            }
            print(f"\n{size}; milliseconds\n\n{HEADING}", flush=True)
            figures: list[Figure] = []
            for clients in asked.clients:
                figures += await measured(journeys, clients, asked.rounds, asked.seconds)
            progress("counting what a journey leaves behind")
            stored, counted = await _costs(cluster, journeys, count, hasty=asked.quick)
    tell_costs(figures, stored)
    print("", heading(f"{'transactions, each':{WIDE}}", COLUMNS, 20), sep="\n")
    for each in counted:
        print(row(f"{each.what:{WIDE}}", each.figures, COLUMNS, 20), flush=True)
    return {
        "size": asdict(size),
        "figures": [asdict(each) for each in figures],
        "costs": [asdict(each) for each in stored],
        "counted": [asdict(each) for each in counted],
    }


async def _costs(
    cluster: Cluster, journeys: Mapping[str, Journey], count: int, *, hasty: bool
) -> tuple[list[costs.Cost], list[Counted]]:
    async with costs.Database.connected(cluster.admin_url, hasty=hasty) as database:
        stored = await costs.costs(journeys, cluster.client, database, count)
    counted, idle = [], await _counted(cluster, None, 0, hasty=hasty)
    for what, journey in journeys.items():
        found = await _counted(cluster, journey, count, hasty=hasty)
        own = {name: max(0.0, (value - idle[name] * found["seconds"]) / count) for name, value in found.items()}
        counted.append(Counted(what, {name: own[name] for name in COLUMNS}))
    return stored, counted


async def _counted(cluster: Cluster, journey: Journey | None, count: int, *, hasty: bool) -> dict[str, float]:
    """Return the differences of the counters during the journeys; a second's of the idle cluster without a journey."""
    connection = await asyncpg.connect(cluster.admin_url)
    try:
        before, began = await _counters(connection), perf_counter()
        if journey:
            for _ in range(count):
                await journey.run()
        await wait_until_idle(costs.HASTE if hasty else PATIENCE)
        # An idle backend reports its counters within ten seconds.
        await asyncio.sleep(costs.HASTE if hasty else costs.REPORTED)
        after, seconds = await _counters(connection), perf_counter() - began
    finally:
        await connection.close()
    found = {name: after[name] - before[name] for name in before}
    return found | {"seconds": seconds} if journey else {n: v / seconds for n, v in found.items()} | {"seconds": 0}


async def _counters(connection: asyncpg.Connection) -> dict[str, float]:
    found = {each["datname"]: each["transactions"] for each in await connection.fetch(TRANSACTIONS, list(DATABASES))}
    return found | {"WAL bytes": float(await connection.fetchval("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))}


def arguments() -> argparse.ArgumentParser:
    parser = options("cluster", __doc__)
    parser.add_argument(
        "--sizes",
        type=Size.parse,
        nargs="+",
        default=[Size.parse(each) for each in SIZES],
        metavar="S,W,A",
        help=f"servers, workers and API processes of each cluster ({' '.join(SIZES)})",
    )
    parser.add_argument("--clients", type=int, nargs="+", default=[16], help="how many at once, one row each (16)")
    parser.add_argument("--seconds", type=float, default=8.0, help="of one round of one kind (8)")
    parser.add_argument("--rounds", type=int, default=2, help="of each kind, in turns (2)")
    parser.add_argument(
        "--dynamic-config",
        type=Path,
        default=DYNAMIC_CONFIG,
        metavar="FILE",
        help="dynamic configuration of the servers (deploy/temporal/dynamic-config.yaml)",
    )
    parser.add_argument("--shards", type=int, default=SHARDS, help=f"history shards of the cluster ({SHARDS})")
    return parser


if __name__ == "__main__":
    given = arguments().parse_args()
    try:
        everything = asyncio.run(main(given))
    except StackError as error:
        raise SystemExit(str(error)) from None
    conclude(given, [], sizes=everything)
