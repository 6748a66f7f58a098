"""The session scope: one transaction, committed when its block ends well, rolled back when it does not."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import asyncpg
import sqlalchemy as sa
from sqlalchemy import ExceptionContext, event, make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine


class StorageUnavailable(Exception):
    """The database cannot be reached, or asks to try again (deadlock, serialisation failure, lock time-out)."""


SERVER_SETTINGS: Final = {
    "application_name": "bookme",
    "timezone": "UTC",
    "intervalstyle": "iso_8601",
    "jit": "off",
    # Measured: two processes took half as long again to hand over what a search reads as one.
    "max_parallel_workers_per_gather": "0",
    # What is read after a lock was waited for must be what is true by then.
    "default_transaction_isolation": "read committed",
    "lock_timeout": "5s",
    "statement_timeout": "10s",
    # A process that stands still inside a transaction loses it, and its locks.
    "idle_in_transaction_session_timeout": "15s",
}

READ_ONLY: Final = sa.text("SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::boolean")

TRY_AGAIN: Final = (
    "08",  # connection exceptions
    "25006",  # read-only: a standby, until it has taken over
    "25P03",  # idle in transaction time-out
    "25P04",  # transaction time-out
    "40",  # serialisation failure, deadlock
    "53",  # insufficient resources, too many connections
    "55P03",  # lock time-out
    "57",  # operator intervention: shutdown, crash, start-up, statement time-out
    "58",  # the server's disk or operating system failed it
)
"""SQLSTATE prefixes of what may succeed when it is tried again."""

CONNECTION_TROUBLE: Final = (
    OSError,  # refused, reset, not resolved, timed out
    PoolTimeoutError,
    asyncpg.InterfaceError,  # used while it was closing, or while another operation was being cancelled on it
    asyncpg.InternalClientError,  # an answer out of order, as from a server that died while it was speaking
    asyncpg.InvalidCachedStatementError,  # a migration went on meanwhile; the statement is prepared anew next time
)


class Database:
    """A pool of connections to PostgreSQL. Every use of it is a `transaction()`."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.engine = create_async_engine(
            make_url(url).set(drivername="postgresql+asyncpg"),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            # The connection that was used last: it has prepared the statements already.
            pool_use_lifo=True,
            # Errors travel far, and a statement's parameters are personal data.
            hide_parameters=True,
            connect_args={
                "async_creator_fn": connect_to_the_end,
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
        """One transaction. Raises `StorageUnavailable` for what is transient; everything else as it is."""
        with transient_errors_told():
            async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
                yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """A transaction in which every statement sees the same moment (REPEATABLE READ). Raises as that does."""
        async with self.transaction() as session:
            await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[AsyncSession]:
        """Open a session in which each statement is a transaction of its own. Raises as `transaction()` does.

        It is for reads, and for a change that is one statement: BEGIN and COMMIT would be two more round trips.
        """
        with transient_errors_told():
            async with AsyncSession(self._autocommit, expire_on_commit=False) as session:
                yield session

    async def why_read_only(self) -> str | None:
        """Say why the server takes no changes; None if it takes them. Raises `StorageUnavailable`."""
        async with self.autocommit() as session:
            is_standby, is_read_only = (await session.execute(READ_ONLY)).one()
        if is_standby:
            return "it is a standby"
        return "default_transaction_read_only is on" if is_read_only else None

    async def close(self) -> None:
        await self.engine.dispose()


async def connect_to_the_end(*arguments: Any, **options: Any) -> asyncpg.Connection:  # noqa: ANN401 - asyncpg's many
    """Connect; when the caller is cancelled meanwhile, go on and drop the connection.

    asyncpg leaves a failure that nobody looks at when it is cancelled in the moment in which it is connected.
    """
    connecting = asyncio.create_task(asyncpg.connect(*arguments, **options))
    try:
        return await asyncio.shield(connecting)
    except asyncio.CancelledError:
        connecting.add_done_callback(_drop)
        raise


def _drop(connected: "asyncio.Task[asyncpg.Connection]") -> None:
    if not connected.cancelled() and connected.exception() is None:
        connected.result().terminate()


@contextmanager
def transient_errors_told() -> Iterator[None]:
    """What is transient leaves the block as `StorageUnavailable`, everything else as it is."""
    try:
        yield
    except Exception as error:
        if is_transient(error):
            raise StorageUnavailable(f"The database cannot be used right now ({type(error).__name__}).") from error
        raise


def refuse_a_closed_one(connection: Any, *_: object) -> None:  # noqa: ANN401 - SQLAlchemy's adapter has no public type
    """The pool then makes a new connection. Costs nothing, where `pool_pre_ping` costs three round trips each time."""
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError


def hide_the_detail(context: ExceptionContext) -> None:
    """What PostgreSQL adds to its message repeats the row or the key that it refused: personal data, as parameters."""
    cause = driver_error(context.sqlalchemy_exception or context.original_exception)
    if isinstance(cause, asyncpg.PostgresError) and cause.detail:
        said, cause.detail = f"\nDETAIL:  {cause.detail}", None
        for error in filter(None, (context.original_exception, context.sqlalchemy_exception)):
            error.args = tuple(str(each).replace(said, "") for each in error.args)


def is_transient(error: BaseException) -> bool:
    """Whether the same transaction may succeed when it is run again."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    cause = driver_error(error)
    if isinstance(cause, CONNECTION_TROUBLE):
        return True
    return str(getattr(cause, "sqlstate", None)).startswith(TRY_AGAIN)


def driver_error(error: BaseException) -> BaseException:
    """What asyncpg or the operating system raised, whether or not SQLAlchemy wrapped it."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error


def violated_constraint(error: DBAPIError) -> str | None:
    """The name of the constraint that an integrity error is about."""
    return getattr(driver_error(error), "constraint_name", None)
