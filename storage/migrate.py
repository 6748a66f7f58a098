"""Migration of a database to the newest schema, while API and workers use it. Several processes may run it at once.

Each migration is a transaction of its own. No statement of a migration lasts longer than `longest_lock`, or waits for
a lock for longer than `LOCK_WAIT`, because all later statements wait behind it. See `storage.online_changes`.
"""

import asyncio
import logging
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from storage.database import Database, StorageUnavailable, driver_error, translate_transient_errors
from storage.grants import grant_rows
from storage.sandbox.schema import prepare_kind

log = logging.getLogger(__name__)

ONE_AT_A_TIME: Final = 0x626F6F6B6D65
"""Key of the advisory lock that migrations take: "bookme" in ASCII."""

PATIENCE: Final = 60.0
"""Seconds to wait for another process that migrates, and for a lock that a long transaction of the service holds."""

PAUSE: Final = 0.5
"""Seconds between two tries. Meanwhile the service works."""

LOCK_WAIT: Final = timedelta(seconds=2)
LONGEST_LOCK: Final = timedelta(seconds=5)

LOCK_NOT_AVAILABLE: Final = ("55P03", "40P01")
"""SQLSTATE of a lock timeout and of a deadlock."""

STATEMENT_TIMEOUT: Final = "57014"


class UnknownRevision(Exception):
    """The database is at a revision that this version of BookMe cannot upgrade."""


class LockHeldTooLong(Exception):
    """A migration needed its locks for too long. It was undone; the migrations before it are done."""


async def migrate(
    database: Database,
    revision: str = "head",
    *,
    running_role: str | None = None,
    longest_lock: timedelta = LONGEST_LOCK,
    sandbox: bool = False,
) -> None:
    """Run every migration up to `revision`. Then grant the running role, if given, the rows of all tables.

    `sandbox` makes an empty database a sandbox first.

    Raises:
        StorageUnavailable: the database cannot be reached, or a concurrent migration or transaction takes too long.
        LockHeldTooLong: a statement of a migration did not end within `longest_lock`.
        UnknownRevision: the database is newer than this version of BookMe, or older than its first release.
        UnfitRunningRole: the running role does not exist, or may change the schema.
        WrongDatabase: the database is a sandbox and should be none, or the other way round.

    """
    limits = {
        "application_name": "bookme migrate",
        "timezone": "UTC",
        "lock_timeout": f"{LOCK_WAIT / timedelta(milliseconds=1):.0f}ms",
        "statement_timeout": f"{longest_lock / timedelta(milliseconds=1):.0f}ms",
    }
    connect_args = {"server_settings": limits, "timeout": 3}
    engine = create_async_engine(database.engine.url, poolclass=NullPool, connect_args=connect_args)
    with translate_transient_errors():
        async with engine.connect() as connection:
            await _wait_for_turn(connection)
            await prepare_kind(connection, sandbox=sandbox)
            await _upgrade_in_the_end(connection, revision)
            if running_role is not None:
                async with connection.begin():
                    await connection.run_sync(grant_rows, running_role)


async def _wait_for_turn(connection: AsyncConnection) -> None:
    """Take the lock of migrations until the connection closes.

    A session that waits inside PostgreSQL would block `CREATE INDEX CONCURRENTLY`, which waits for all snapshots.
    """
    deadline = time.monotonic() + PATIENCE
    while not await connection.scalar(sa.select(sa.func.pg_try_advisory_lock(ONE_AT_A_TIME))):
        await connection.commit()
        if time.monotonic() > deadline:
            raise StorageUnavailable("Another migration has been running for too long. Try again when it has ended.")
        await asyncio.sleep(PAUSE)
    await connection.commit()


async def _upgrade_in_the_end(connection: AsyncConnection, revision: str) -> None:
    """Run the migrations. After a lock timeout, continue with the migration that was undone."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            await connection.run_sync(_upgrade, revision)
        except DBAPIError as error:
            await connection.rollback()
            state = getattr(driver_error(error), "sqlstate", None)
            if state == STATEMENT_TIMEOUT:
                raise LockHeldTooLong(
                    "A migration held its locks for too long, and was undone. Run `bookme migrate --longest-lock` with "
                    "more seconds at a quiet time: bookings may have to wait that long."
                ) from error
            if state not in LOCK_NOT_AVAILABLE or time.monotonic() > deadline:
                raise
            log.info("waiting for a lock", extra={"cause": type(driver_error(error)).__name__})
            await asyncio.sleep(PAUSE)
        else:
            await connection.commit()
            return


def _upgrade(connection: sa.Connection, revision: str) -> None:
    try:
        command.upgrade(alembic_config(connection), revision)
    except CommandError as error:
        if isinstance(error.__cause__, ResolutionError):
            raise UnknownRevision(
                f"This version of BookMe does not know the database's revision {error.__cause__.argument}. If a newer "
                "version has migrated the database, run that version. Otherwise use an empty database: there is no "
                "upgrade from before the first release."
            ) from error
        raise


def alembic_config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
