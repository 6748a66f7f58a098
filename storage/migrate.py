"""Migration of a database to the newest schema. Several processes may run it at once, and repeatedly.

Each migration commits by itself. So a migration can build an index without blocking writers
(`CREATE INDEX CONCURRENTLY`), which PostgreSQL does not allow in a longer transaction.
"""

import asyncio
import time
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from storage.database import Database, StorageUnavailable, translate_transient_errors
from storage.grants import grant_rows

ONE_AT_A_TIME: Final = 0x626F6F6B6D65
"""Key of the advisory lock that migrations take: "bookme" in ASCII."""

PATIENT: Final = {"application_name": "bookme migrate", "timezone": "UTC", "lock_timeout": "60s"}
"""Server settings: a longer lock timeout than for requests, to wait for long transactions, and no other timeout."""

PATIENCE: Final = 60.0
"""Seconds to wait for another migration."""

POLL: Final = 0.1
"""Seconds between two tries to take the lock of migrations."""


class UnknownRevision(Exception):
    """The database is at a revision that this version of BookMe cannot upgrade."""


async def migrate(database: Database, revision: str = "head", *, running_role: str | None = None) -> None:
    """Run every migration up to `revision`. Then grant the running role, if given, the rows of all tables.

    Raises:
        StorageUnavailable: the database cannot be reached, or a concurrent migration runs for more than 60 seconds.
        UnknownRevision: the database is newer than this version of BookMe, or older than its first release.
        UnfitRunningRole: the running role does not exist, or may change the schema.

    """
    connect_args = {"server_settings": PATIENT, "timeout": 3}
    engine = create_async_engine(database.engine.url, poolclass=NullPool, connect_args=connect_args)
    with translate_transient_errors():
        async with engine.connect() as connection:
            await _wait_for_turn(connection)
            await connection.run_sync(_upgrade, revision)
            if running_role is not None:
                await connection.run_sync(grant_rows, running_role)
            await connection.commit()


async def _wait_for_turn(connection: AsyncConnection) -> None:
    """Take the lock of migrations, which ends with the connection.

    The function polls: a statement that waits for the lock keeps a snapshot, for which `CREATE INDEX CONCURRENTLY` of
    the other migration would wait in turn.

    Raises:
        StorageUnavailable: another migration runs for more than `PATIENCE` seconds.

    """
    give_up_at = time.monotonic() + PATIENCE
    while not await connection.scalar(sa.select(sa.func.pg_try_advisory_lock(ONE_AT_A_TIME))):
        await connection.commit()
        if time.monotonic() >= give_up_at:
            raise StorageUnavailable(
                "Another migration of this database is still running. Try again when it has ended."
            )
        await asyncio.sleep(POLL)
    await connection.commit()


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
