"""What the steps write: kept, so that each try begins with the same; and seen without what no two tries share."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Self

import asyncpg
from pydantic import TypeAdapter

Row = dict[str, Any]
Seen = Mapping[str, Sequence[Row]]

TABLES: Final = (
    "calendar",
    "webhook",
    "time_slot",
    "meeting",
    "booking_event",
    "refused_step",
    "webhook_delivery",
    "webhook_attempt",
    "invitation",
)
"""Each after those that it refers to."""

CLOCK: Final = frozenset(
    {
        *("at", "created_at", "modified_at", "hold_expires_at", "cancelled_at"),
        *("imported_at", "failed_at"),
        *("handed_over_at", "delivered_at", "next_attempt_at", "milliseconds", "asked_again_at"),
        *("failing_since", "paused_until"),
        *("claimed_until", "sent_at", "run_opened_at", "refused_at"),
    }
)
"""Columns that tell of the clock: whether they are set is what tries have in common."""

ORDER: Final = {"booking_event": "id", "webhook_delivery": "position", "webhook_attempt": "number"}
"""What rows are seen in the order of; others by all that they say."""

DRAWN: Final[Mapping[str, frozenset[str]]] = {
    "booking_event": frozenset({"id", "public_id"}),
    "webhook_delivery": frozenset({"id", "event_id"}),
    "webhook_attempt": frozenset({"delivery_id"}),
}
"""Columns that the database draws anew for each try."""

SEE: Final = " UNION ALL ".join(
    f"SELECT '{name}', coalesce(json_agg(row_to_json({name})), '[]')::text FROM {name}" for name in TABLES
)
KEEP: Final = "; ".join(
    f"DROP TABLE IF EXISTS kept_{name}; CREATE TEMP TABLE kept_{name} AS TABLE {name}" for name in TABLES
)
PUT_BACK: Final = "; ".join(
    [f"DELETE FROM {name}" for name in reversed(TABLES)]
    + [f"INSERT INTO {name} OVERRIDING SYSTEM VALUE TABLE kept_{name}" for name in TABLES]
)
IDLE: Final = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%' AND datname = current_database()"
JSON_ROWS: Final = TypeAdapter(list[Row])


class Rows:
    """The rows of the database, over a connection of its own."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def of(cls, url: str) -> AsyncIterator[Self]:
        connection = await asyncpg.connect(url)
        try:
            yield cls(connection)
        finally:
            await connection.close()

    async def keep(self) -> None:
        """Remember them as they are."""
        await self._connection.execute(KEEP)

    async def put_back(self) -> None:
        """Make them what they were when they were kept."""
        await self._connection.execute(PUT_BACK)

    async def do(self, statement: str) -> None:
        await self._connection.execute(statement)

    async def seen(self) -> Seen:
        found = await self._connection.fetch(SEE)
        return {name: _comparable(name, JSON_ROWS.validate_json(rows)) for name, rows in found}

    async def idle_transactions(self) -> int:
        """How many transactions wait for somebody who may have forgotten them."""
        return int(await self._connection.fetchval(IDLE))

    async def waiting_for_locks(self) -> int:
        return int(
            await self._connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
        )


def _comparable(name: str, rows: list[Row]) -> list[Row]:
    order = ORDER.get(name)
    if order is not None:
        rows = sorted(rows, key=lambda row: int(row[order]))
    plain = [_without_what_differs(row, DRAWN.get(name, frozenset())) for row in rows]
    return plain if order is not None else sorted(plain, key=repr)


def _without_what_differs(row: Row, drawn: frozenset[str]) -> Row:
    return {name: value is not None if name in CLOCK else value for name, value in row.items() if name not in drawn}
