"""Makes an empty database a sandbox, and recognises one.

A sandbox has the schema `sandbox`, which its connections search before `pg_catalog`. So the functions `now()` and
`clock_timestamp()` of that schema replace those of PostgreSQL in every statement. They add the time by which the users
have moved the clock. A database that was not made as a sandbox has nothing of this, and costs nothing for it.
"""

from typing import Final

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

IS_SANDBOX: Final = "SELECT 'clock_timestamp()'::regprocedure::oid <> 'pg_catalog.clock_timestamp()'::regprocedure::oid"
"""True if statements of this connection use the movable clock."""

WAS_MADE_AS_ONE: Final = "SELECT to_regclass('sandbox.clock') IS NOT NULL"
IS_BEING_MADE: Final = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'sandbox')"
"""True of a sandbox also before `bookme migrate`, at its end, lets the running role use the schema."""

IS_EMPTY: Final = """
    SELECT NOT EXISTS (
        SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE relkind IN ('r', 'p') AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'
    )
"""

MAKE: Final = (
    "CREATE SCHEMA IF NOT EXISTS sandbox",
    # Seconds, and not days: a day may have 23 hours in the time zone of a session.
    """CREATE TABLE IF NOT EXISTS sandbox.clock (
        is_one boolean PRIMARY KEY DEFAULT true CHECK (is_one), seconds_ahead double precision NOT NULL
    )""",
    "INSERT INTO sandbox.clock (seconds_ahead) VALUES (0) ON CONFLICT DO NOTHING",
    "CREATE TABLE IF NOT EXISTS sandbox.fault (client_id text PRIMARY KEY, next text NOT NULL)",
    """CREATE OR REPLACE FUNCTION sandbox.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
        SELECT pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => seconds_ahead) FROM sandbox.clock
    $$""",
    # Stable as the `now()` that it replaces, so that conditions on it can use an index.
    """CREATE OR REPLACE FUNCTION sandbox.now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
        SELECT pg_catalog.now() + pg_catalog.make_interval(secs => seconds_ahead) FROM sandbox.clock
    $$""",
)
SEARCHED: Final = 'sandbox, pg_catalog, "$user", public'
"""Schemas that each connection to a sandbox searches, in this order."""

SEARCHED_BY_MIGRATIONS: Final = '"$user", public'
"""The default. New tables are created in the first schema of the path, which must not be `sandbox`."""

NOT_A_SANDBOX: Final = (
    "BOOKME_SANDBOX is true, and this database was not made as a sandbox. No database with data can become one: name "
    "an empty database in BOOKME_DATABASE_URL and run `bookme migrate`, or unset BOOKME_SANDBOX."
)
A_SANDBOX: Final = (
    "This database is a sandbox, whose clock its users move. Set BOOKME_SANDBOX=true, or name another database in "
    "BOOKME_DATABASE_URL."
)


class WrongDatabase(Exception):
    """The database is a sandbox and should be none, or the other way round. The message says what to do."""


class NotMadeYet(ConnectionError):
    """The database is empty or being migrated, so that `bookme migrate` may still make it a sandbox."""


async def require_kind(connection: asyncpg.Connection, *, sandbox: bool) -> None:
    """Check that the database is a sandbox, or that it is none.

    Raises:
        WrongDatabase: the database is of the other kind.
        NotMadeYet: the database is to be a sandbox, and is empty or being migrated.

    """
    if await connection.fetchval(IS_SANDBOX) is sandbox:
        return
    if sandbox and (await connection.fetchval(IS_EMPTY) or await connection.fetchval(IS_BEING_MADE)):
        raise NotMadeYet("The database is empty, or is being migrated: run `bookme migrate`.")
    raise WrongDatabase(NOT_A_SANDBOX if sandbox else A_SANDBOX)


async def prepare_kind(connection: AsyncConnection, *, sandbox: bool) -> None:
    """Make an empty database a sandbox, or check that the database has the wanted kind. Call it before migrations.

    The role of the connection must own the database.

    Raises:
        WrongDatabase: the database is of the other kind.

    """
    is_one = await connection.scalar(sa.text(WAS_MADE_AS_ONE))
    if is_one and not sandbox:
        raise WrongDatabase(A_SANDBOX)
    if sandbox and not is_one and not await connection.scalar(sa.text(IS_EMPTY)):
        raise WrongDatabase(NOT_A_SANDBOX)
    if sandbox:
        name = connection.dialect.identifier_preparer.quote_identifier(
            str(await connection.scalar(sa.text("SELECT current_database()")))
        )
        searched = f"ALTER DATABASE {name} SET search_path TO {SEARCHED}"
        for statement in (*MAKE, searched, f"SET search_path TO {SEARCHED_BY_MIGRATIONS}"):
            await connection.execute(sa.text(statement))
    await connection.commit()


def grants(runner: str) -> list[str]:
    """Return the statements that let the running role move the clock and ask for faults. The caller quotes `runner`."""
    return [
        f"GRANT USAGE ON SCHEMA sandbox TO {runner}",
        f"GRANT SELECT, UPDATE ON sandbox.clock TO {runner}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON sandbox.fault TO {runner}",
    ]
