"""Costs of a journey besides CPU time: transactions of the database, and data that the engine stores."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from typing import Final

import asyncpg
from temporalio.client import Client

from benchmarks.workload.journeys import Journey
from chaos.stack.resource_usage import PATIENCE, wait_until_idle

REPORTED: Final = 11.0
"""Seconds until PostgreSQL's counters are up to date: an idle backend reports within ten."""
HASTE: Final = 1.5
"""Seconds to wait in place of that, and for idle processes, if exact figures do not matter."""
COUNTED: Final = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = 'bookme'"


@dataclass(slots=True)
class Stored:
    """Data of one journey in the engine: runs, their history events and state transitions, and bytes of history."""

    runs: float = 0
    events: float = 0
    transitions: float = 0
    bytes: float = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """Costs of one journey of the kind `what`."""

    what: str
    transactions: float
    stored: dict[str, Stored] = field(default_factory=dict)
    """Data in the engine by workflow type."""

    def sum(self, name: str) -> float:
        return float(sum(getattr(each, name) for each in self.stored.values()))


class Database:
    """PostgreSQL's counters of the product's database, read through a connection to another database."""

    def __init__(self, connection: asyncpg.Connection, *, hasty: bool) -> None:
        self._connection = connection
        self._idle_within, self._reported = (HASTE, HASTE) if hasty else (PATIENCE, REPORTED)

    @classmethod
    @asynccontextmanager
    async def connected(cls, url: str, *, hasty: bool) -> AsyncIterator["Database"]:
        connection = await asyncpg.connect(f"{url.rpartition('/')[0]}/postgres")
        try:
            yield cls(connection, hasty=hasty)
        finally:
            await connection.close()

    async def counted(self, query: str = COUNTED) -> int:
        """Return a counter after all processes are idle and the counters are up to date."""
        await wait_until_idle(self._idle_within)
        await asyncio.sleep(self._reported)
        return int(await self._connection.fetchval(query))


async def costs(journeys: Mapping[str, Journey], client: Client, database: Database, count: int) -> list[Cost]:
    """Return the costs per kind, from `count` successive journeys. Transactions of the idle stack are subtracted."""
    before, began = await database.counted(), perf_counter()
    counted = await database.counted()
    idle = (counted - before) / (perf_counter() - began)
    found = []
    for what, journey in journeys.items():
        before, began, since = counted, perf_counter(), datetime.now(UTC)
        for _ in range(count):
            await journey.run()
        counted = await database.counted()
        transactions = counted - before - idle * (perf_counter() - began)
        found.append(Cost(what, transactions / count, await _stored(client, since, count)))
    return found


async def _stored(client: Client, since: datetime, count: int) -> dict[str, Stored]:
    """Return the data of all runs started since then, divided by the number of journeys, by workflow type."""
    found: defaultdict[str, Stored] = defaultdict(Stored)
    async for run in client.list_workflows(f"StartTime >= '{since.isoformat()}'"):
        described = await client.get_workflow_handle(run.id, run_id=run.run_id).describe()
        info, stored = described.raw_description.workflow_execution_info, found[run.workflow_type]
        stored.runs += 1 / count
        stored.events += info.history_length / count
        stored.transitions += info.state_transition_count / count
        stored.bytes += info.history_size_bytes / count
    return dict(found)
