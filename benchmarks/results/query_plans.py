"""The plan and the time with which PostgreSQL runs a statement of the product."""

import re
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import Database

Operation = Callable[[AsyncSession], Awaitable[object]]
"""A function of the product that runs in a transaction."""

ROUNDS: Final = 5
TABLE: Final = "time_slot"
USES_TABLE: Final = re.compile(rf"\b(FROM|JOIN|INTO|UPDATE)\s+{TABLE}\b")

SCANS: Final = sa.text(
    "SELECT relname AS name, pg_stat_get_xact_numscans(oid) AS scans FROM pg_class"
    " WHERE oid = :table ::regclass OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = :table ::regclass)"
)
"""Scans of the table and its indexes, also those that check the constraints of an insert, which no plan shows."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement and its parameters, as passed to the driver."""

    text: str
    parameters: Any


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement's plan. `milliseconds` is the median, `pages` are those read, `indexes` are those of time slots."""

    milliseconds: float
    pages: int
    indexes: list[str]
    sequential: bool
    text: list[str]


async def plan_of(database: Database, operation: Operation) -> Plan:
    """Return the plan of the only statement on time slots that the function sends. All changes are rolled back."""
    async with database.transaction() as session:
        statement = await _stated(database, session, operation)
        before = await _scans(session)
        runs = [await _explained(session, statement, "FORMAT JSON") for _ in range(ROUNDS)]
        scanned = [name for name, count in (await _scans(session)).items() if count > before[name]]
        text = await _explained(session, statement, "FORMAT TEXT")
        await session.rollback()
    found = [answers_by_client[0] for (answers_by_client,) in runs]
    top = found[-1]["Plan"]
    return Plan(
        milliseconds=statistics.median(each["Execution Time"] for each in found),
        pages=top["Shared Hit Blocks"] + top["Shared Read Blocks"],
        # The plan comes first, because the counters include the planner's own scans.
        indexes=sorted(set(_indexes(top))) or sorted(set(scanned) - {TABLE}),
        sequential=TABLE in scanned,
        text=text,
    )


async def _stated(database: Database, session: AsyncSession, operation: Operation) -> Statement:
    async with _undone(session):
        with _statements(database) as seen:
            await operation(session)
    (statement,) = (each for each in seen if USES_TABLE.search(each.text))
    return statement


async def _explained(session: AsyncSession, statement: Statement, form: str) -> list[Any]:
    async with _undone(session):
        connection = await session.connection()
        explain = f"EXPLAIN (ANALYZE, BUFFERS, {form}) {statement.text}"
        return list((await connection.exec_driver_sql(explain, statement.parameters)).scalars())


def _indexes(plan: dict[str, Any]) -> Iterator[str]:
    if "Index Name" in plan:
        yield plan["Index Name"]
    for each in plan.get("Plans", ()):
        yield from _indexes(each)


async def _scans(session: AsyncSession) -> dict[str, int]:
    found = await session.execute(SCANS, {"table": TABLE})
    return dict(found.tuples().all())


@asynccontextmanager
async def _undone(session: AsyncSession) -> AsyncIterator[None]:
    savepoint = await session.begin_nested()
    yield
    await savepoint.rollback()


@contextmanager
def _statements(database: Database) -> Iterator[list[Statement]]:
    seen: list[Statement] = []

    def remember(_connection: object, _cursor: object, text: str, parameters: object, *_: object) -> None:
        seen.append(Statement(text, parameters))

    engine = database.engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", remember)
    yield seen
    sa.event.remove(engine, "before_cursor_execute", remember)
