"""Statements that PostgreSQL executed and rows that it read, counted by the server itself."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Self

import asyncpg

from devstack.postgres import DATABASE, EmbeddedPostgres

SETTINGS: Final = (
    "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'",
    # Its own statistics of the tables would change plans, and so the rows that are read.
    "ALTER SYSTEM SET autovacuum = off",
)
EXECUTED: Final = """
SELECT rolname, query, sum(calls)::int
FROM pg_stat_statements
JOIN pg_roles ON pg_roles.oid = userid
JOIN pg_database ON pg_database.oid = dbid
WHERE datname = $1
GROUP BY 1, 2
"""
ROWS: Final = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_user_tables"
CONNECTED: Final = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()"
BEGINS: Final = "BEGIN"
ENDS: Final = ("COMMIT", "ROLLBACK")


@dataclass(frozen=True, slots=True)
class Executed:
    """Number of executions of each statement by the role that executed it."""

    calls: Counter[tuple[str, str]]

    def statements(self, role: str) -> int:
        """Return the number of statements of a role, without those that begin and end a transaction."""
        every = (*ENDS, BEGINS)
        return sum(n for (who, text), n in self.calls.items() if who == role and not text.upper().startswith(every))

    def transactions(self, role: str) -> int:
        """Return the number of transactions of a role that were begun. A single statement needs no BEGIN."""
        return sum(n for (who, text), n in self.calls.items() if who == role and text.upper().startswith(BEGINS))


class StatementCounter:
    """Counts by `pg_stat_statements`, whatever library sends the statements."""

    def __init__(self, server: asyncpg.Connection, database: asyncpg.Connection) -> None:
        self._server = server
        self._database = database

    @classmethod
    @asynccontextmanager
    async def of(cls, postgres: EmbeddedPostgres) -> AsyncIterator[Self]:
        """Configure the running server, restart it, and connect to it."""
        connection = await asyncpg.connect(postgres.admin_url)
        for setting in SETTINGS:
            await connection.execute(setting)
        await connection.close()
        await postgres.stop()
        await postgres.start()
        server = await asyncpg.connect(postgres.admin_url)
        database = await asyncpg.connect(postgres.admin_url, database=DATABASE)
        try:
            # In the database `postgres`, so that the product's database stays as its migrations made it.
            await server.execute("CREATE EXTENSION pg_stat_statements")
            yield cls(server, database)
        finally:
            await database.close()
            await server.close()

    async def reset(self) -> None:
        await self._server.execute("SELECT pg_stat_statements_reset()")

    async def executed(self) -> Executed:
        """Return what was executed since the last reset."""
        found = await self._server.fetch(EXECUTED, DATABASE)
        return Executed(Counter({(role, text): calls for role, text, calls in found}))

    async def rows_read(self) -> int:
        """Return the rows that all ended connections have read from tables and by indexes so far."""
        return int(await self._database.fetchval(ROWS))

    async def is_unused(self) -> bool:
        """Return whether no other connection to the product's database is open."""
        return not await self._database.fetchval(CONNECTED, DATABASE)
