"""Connections of one `bookme admin` command to the database and to Temporal."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from temporalio.client import Client

from config.settings import Settings
from config.temporal import connect
from storage.database import Database

POOL_SIZE: Final = 2
"""Database connections of one command. A command runs its statements one after another."""


class Connections(NamedTuple):
    """Database and Temporal client of one command.

    `client` connects when it is first used. Without Temporal, its calls raise `RuntimeError` or `RPCError`.
    """

    database: Database
    client: Client


@asynccontextmanager
async def connections(settings: Settings, environment: Mapping[str, str] | None = None) -> AsyncIterator[Connections]:
    """Open the connections of one command, and close them when the block ends.

    `environment` has Temporal's variables if they are not those of this process.
    """
    database = Database(settings.database_url.get_secret_value(), pool_size=POOL_SIZE)
    try:
        yield Connections(database, await connect(settings, lazy=True, environment=environment))
    finally:
        await database.close()
