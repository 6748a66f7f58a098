"""Brings a seeded database back to what it was, with one message to the server."""

import asyncpg
from sqlmodel import SQLModel

SCHEMA = "demo"
EMPTY_TABLES = (
    "webhook, meeting, time_slot, booking_event, refused_step, idempotency_key, feed, calendar, end_user_hold, "
    "operator_action"
)
"""Tables that have no row in the demo data: bookings, their events, and external calendars, whose busy times a schedule
would read again.
"""

# Ten times as fast as TRUNCATE, which makes new files.
REMOVE_BOOKINGS = ";".join(f"DELETE FROM {table}" for table in EMPTY_TABLES.split(", "))


class DemoDatabase:
    """The demo data, copied to a schema of its own. It keeps one connection open."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._restore = ""

    async def copy(self) -> None:
        """Copy every table that has rows. The connection is that of the owner."""
        names = [table.name for table in SQLModel.metadata.sorted_tables]
        filled = [name for name in names if await self._connection.fetchval(f"SELECT EXISTS (TABLE {name})")]
        copies = (f"CREATE TABLE {SCHEMA}.{name} AS TABLE {name}" for name in filled)
        await self._connection.execute(";".join((f"CREATE SCHEMA {SCHEMA}", *copies)))
        deleted = (f"DELETE FROM {name}" for name in reversed(names))
        inserted = (f"INSERT INTO {name} TABLE {SCHEMA}.{name}" for name in filled)
        self._restore = ";".join((*deleted, *inserted))

    async def remove_bookings(self) -> None:
        await self._connection.execute(REMOVE_BOOKINGS)

    async def restore(self) -> None:
        """Delete everything, and bring the copy back, in one transaction."""
        await self._connection.execute(self._restore)
