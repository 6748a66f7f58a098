"""Counts of a search of 50 employees and 14 days: statements, rows read and bytes of the answer."""

from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa

from benchmarks.counts.lives import PATIENCE, Life
from benchmarks.mixed.searches import PATH
from benchmarks.results.statements import Executed
from benchmarks.stack.in_process import API_ROLE, Servers
from benchmarks.workload.bank import Bank, fill, monday
from benchmarks.workload.http_client import Service
from devstack.processes import until
from storage.database import Database
from storage.tables.organisation import OrganisationRow

BANK: Final = Bank(50, 14)
START: Final = datetime(2100, 1, 4, tzinfo=UTC)
"""A Monday. The data are drawn from the date, so another date would have other free time slots."""
FAR: Final = timedelta(days=100_000)
QUERY: Final = {
    "requireEmployeeParticipation": "false",
    "startDate": START.isoformat(),
    "lookForwardTime": f"P{BANK.days}D",
}
SEARCH: Final = f"search {BANK.employees} x {BANK.days}"
BEST: Final = {f"{SEARCH}, best": "true", f"{SEARCH}, all": "false"}
SOON: Final = f"{SEARCH}, soon"
"""A search of the coming weeks, which the index answers. Its rows and bytes depend on the date."""


async def prepare(servers: Servers) -> None:
    """Replace everything that is stored by the bank, which can be booked until the end of time."""
    owner = Database(servers.postgres.url, pool_size=1)
    await fill(owner, servers.postgres.url, BANK, START)
    async with owner.transaction() as session:
        await session.execute(sa.update(OrganisationRow).values(max_time_from_booking_to_meeting=FAR))
    await owner.close()


async def search(servers: Servers, service: Service) -> Life:
    """Count the statements of a search, and the bytes of its answer."""
    life = Life()
    for step, best in BEST.items():
        await servers.counter.reset()
        answer = (await service.get(PATH, QUERY | {"getBestTimeSlots": best})).checked()
        executed = life.statements[step] = await servers.counter.executed()
        life.counts[step] = {"bytes of the answer": len(answer.body), **_sent(executed)}
    soon = QUERY | {"startDate": monday().isoformat()}
    # The first one builds the index.
    for _ in range(2):
        await servers.counter.reset()
        (await service.get(PATH, soon)).checked()
    executed = life.statements[SOON] = await servers.counter.executed()
    life.counts[SOON] = _sent(executed)
    return life


def _sent(executed: Executed) -> dict[str, int]:
    return {
        "API: statements": executed.statements(API_ROLE),
        "API: transactions": executed.transactions(API_ROLE),
    }


async def read(servers: Servers) -> Life:
    """Count the rows of one search and of two, each in an API that has just begun."""
    life = Life()
    life.counts[SEARCH] = {
        "rows read": await _rows_of(servers, searches=1),
        "rows read by two searches": await _rows_of(servers, searches=2),
    }
    return life


async def _rows_of(servers: Servers, searches: int) -> int:
    """Return the rows that a new API reads for these searches.

    A connection reports its rows when it ends, at the latest. So the API is stopped after its searches.
    """
    await until(servers.counter.is_unused, PATIENCE)
    before = await servers.counter.rows_read()
    async with servers.api(servers.settings("searches")) as service:
        for _ in range(searches):
            (await service.get(PATH, QUERY)).checked()
    await until(servers.counter.is_unused, PATIENCE)
    return await servers.counter.rows_read() - before
