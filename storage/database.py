"""Database connections and transactions. A transaction is committed when its block ends, and rolled back on errors."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, Final

import asyncpg
import sqlalchemy as sa
from sqlalchemy import ExceptionContext, event, make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from storage.sandbox.schema import require_kind


class StorageUnavailable(Exception):
    """The database cannot be reached, or a retry may succeed (deadlock, serialisation failure, lock timeout)."""


SERVER_SETTINGS: Final = {
    "application_name": "bookme",
    "timezone": "UTC",
    "intervalstyle": "iso_8601",
    "jit": "off",
    # Measured: with two parallel processes, the query of a search took 50 % longer than with one.
    "max_parallel_workers_per_gather": "0",
    # After a wait for a lock, the next statement must read the data committed by then.
    "default_transaction_isolation": "read committed",
    "lock_timeout": "5s",
    "statement_timeout": "10s",
    # A process that is paused inside a transaction loses the transaction and its locks.
    "idle_in_transaction_session_timeout": "15s",
}

READ_ONLY: Final = sa.text("SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::boolean")

TRY_AGAIN: Final = (
    "08",  # connection exceptions
    "25006",  # read-only: a standby, until its promotion
    "25P03",  # idle-in-transaction timeout
    "25P04",  # transaction timeout
    "40",  # serialisation failure, deadlock
    "53",  # insufficient resources, too many connections
    "55P03",  # lock timeout
    "57",  # operator intervention: shutdown, crash, start-up, statement timeout
    "58",  # system error: the server's disk or operating system
)
"""SQLSTATE prefixes of errors after which a retry may succeed."""

CONNECTION_TROUBLE: Final = (
    OSError,  # refused, reset, not resolved, timed out
    PoolTimeoutError,
    asyncpg.InterfaceError,  # used while closing, or while another operation on the connection was being cancelled
    asyncpg.InternalClientError,  # unexpected protocol message, as from a server that crashed while it answered
    asyncpg.InvalidCachedStatementError,  # a migration ran concurrently; a retry prepares the statement again
)


class Database:
    """Connection pool of one PostgreSQL database. Callers open a `transaction()`, a `snapshot()` or `autocommit()`.

    `sandbox` is whether the database must be a sandbox. Each new connection checks it, and raises `WrongDatabase` if
    not. None accepts both kinds.
    """

    def __init__(self, url: str, *, pool_size: int = 10, sandbox: bool | None = None) -> None:
        self.engine = create_async_engine(
            make_url(url).set(drivername="postgresql+asyncpg"),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            # The connection that was used last has prepared the statements already.
            pool_use_lifo=True,
            # Errors reach logs, and the parameters of a statement may be personal data.
            hide_parameters=True,
            connect_args={
                "async_creator_fn": partial(connect_to_the_end, sandbox=sandbox),
                "server_settings": SERVER_SETTINGS,
                "timeout": 3,
                "command_timeout": 15,
            },
        )
        self._autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        event.listen(self.engine.sync_engine, "checkout", refuse_a_closed_one)
        event.listen(self.engine.sync_engine, "handle_error", hide_the_detail)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Open a session in one transaction. The isolation level is READ COMMITTED.

        Raises:
            StorageUnavailable: a transient error occurred. All other errors are raised unchanged.

        """
        with translate_transient_errors():
            async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
                yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction whose statements read one snapshot (REPEATABLE READ). Raises as `transaction()` does."""
        async with self.transaction() as session:
            await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[AsyncSession]:
        """Open a session in which each statement is a transaction of its own. Raises as `transaction()` does.

        Use it for reads, and for a change that is one statement: BEGIN and COMMIT would be two more round trips.
        """
        with translate_transient_errors():
            async with AsyncSession(self._autocommit, expire_on_commit=False) as session:
                yield session

    async def why_read_only(self) -> str | None:
        """Return the reason why the server is read-only, or None if it accepts changes. Raises `StorageUnavailable`."""
        async with self.autocommit() as session:
            is_standby, is_read_only = (await session.execute(READ_ONLY)).one()
        if is_standby:
            return "it is a standby"
        return "default_transaction_read_only is on" if is_read_only else None

    async def close(self) -> None:
        await self.engine.dispose()


async def connect_to_the_end(
    *arguments: Any,  # noqa: ANN401 - asyncpg's many
    sandbox: bool | None,
    **options: Any,  # noqa: ANN401 - asyncpg's many
) -> asyncpg.Connection:
    """Connect to the server. If the caller is cancelled, complete the connection in the background and close it.

    If asyncpg itself is cancelled at the moment of connection, it leaves an exception that no code retrieves.

    Raises:
        WrongDatabase: the database is a sandbox and should be none, or the other way round.

    """
    connecting = asyncio.create_task(_connect(arguments, options, sandbox=sandbox))
    try:
        return await asyncio.shield(connecting)
    except asyncio.CancelledError:
        connecting.add_done_callback(_drop)
        raise


async def _connect(arguments: tuple[Any, ...], options: dict[str, Any], *, sandbox: bool | None) -> asyncpg.Connection:
    connection = await asyncpg.connect(*arguments, **options)
    if sandbox is not None:
        try:
            await require_kind(connection, sandbox=sandbox)
        except BaseException:
            connection.terminate()
            raise
    return connection


def _drop(connected: "asyncio.Task[asyncpg.Connection]") -> None:
    if not connected.cancelled() and connected.exception() is None:
        connected.result().terminate()


@contextmanager
def translate_transient_errors() -> Iterator[None]:
    """Raise transient errors of the block as `StorageUnavailable`, and all other errors unchanged."""
    try:
        yield
    except Exception as error:
        if is_transient(error):
            raise StorageUnavailable(f"The database cannot be used right now ({type(error).__name__}).") from error
        raise


def refuse_a_closed_one(connection: Any, *_: object) -> None:  # noqa: ANN401 - SQLAlchemy's adapter has no public type
    """Raise `InvalidatePoolError` for a closed connection, so that the pool opens a new one.

    The check needs no round trip. `pool_pre_ping` would need three for each checkout.
    """
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError


def hide_the_detail(context: ExceptionContext) -> None:
    """Remove the DETAIL line of PostgreSQL from the error.

    The line repeats the refused row or key, which may be personal data.
    """
    cause = driver_error(context.sqlalchemy_exception or context.original_exception)
    if isinstance(cause, asyncpg.PostgresError) and cause.detail:
        said, cause.detail = f"\nDETAIL:  {cause.detail}", None
        for error in filter(None, (context.original_exception, context.sqlalchemy_exception)):
            error.args = tuple(str(each).replace(said, "") for each in error.args)


def is_transient(error: BaseException) -> bool:
    """Return whether the same transaction may succeed when it is retried."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    cause = driver_error(error)
    if isinstance(cause, CONNECTION_TROUBLE):
        return True
    return str(getattr(cause, "sqlstate", None)).startswith(TRY_AGAIN)


def driver_error(error: BaseException) -> BaseException:
    """Return the error that asyncpg or the operating system raised, without the wrapper of SQLAlchemy."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error


def violated_constraint(error: DBAPIError) -> str | None:
    """Return the name of the constraint that was violated, or None if the error names none."""
    return getattr(driver_error(error), "constraint_name", None)
