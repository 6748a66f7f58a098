"""What is transient becomes `StorageUnavailable`, nothing else does; and a database that comes back is used again."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from config.ports import free_port
from devstack.postgres import EmbeddedPostgres
from domain.errors import HoldExpired
from storage.database import Database, StorageUnavailable, driver_error
from tests.integration.activities.booking_fixture import until
from tests.integration.storage.conftest import made
from tests.integration.storage.transactions import LOST, Deed, held, run, unavailable

LOCK_ONE = "SELECT pg_advisory_xact_lock(1)"
LOCK_TWO = "SELECT pg_advisory_xact_lock(2)"


@pytest.fixture(scope="module")
async def shared(postgres: EmbeddedPostgres) -> AsyncIterator[Database]:
    async with made(postgres) as database:
        yield database


@pytest.fixture
async def scratch(shared: Database) -> Database:
    """A database without tables, shared by tests that change no settings of a database."""
    await run(shared, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return shared


async def backend(session: AsyncSession) -> int:
    return int((await session.execute(sa.text("SELECT pg_backend_pid()"))).scalar_one())


async def ended(database: Database, pid: int) -> None:
    async def is_gone() -> bool:
        async with database.transaction() as session:
            query = sa.text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
            return not await session.scalar(query, {"pid": pid})

    await until(is_gone)


class TestTransient:
    async def test_refused(self) -> None:
        nobody = Database(f"postgresql://bookme@127.0.0.1:{free_port()}/bookme")
        assert await unavailable(nobody, "SELECT 1") == "ConnectionRefusedError"

    async def test_a_host_that_nobody_knows(self) -> None:
        assert await unavailable(Database("postgresql://bookme@database.invalid/bookme"), "SELECT 1") == "gaierror"

    async def test_too_many_connections(self, empty: Database) -> None:
        await run(empty, f"ALTER DATABASE {empty.engine.url.database} CONNECTION LIMIT 1")
        async with held(empty, "SELECT 1"):
            assert await unavailable(empty, "SELECT 1") == "TooManyConnectionsError"

    async def test_no_connection_free_in_time(self, scratch: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        narrow = Database(scratch.engine.url.render_as_string(hide_password=False), pool_size=1)
        monkeypatch.setattr(narrow.engine.pool, "_timeout", 0.05)
        async with held(narrow, "SELECT 1"):
            assert await unavailable(narrow, "SELECT 1") == "TimeoutError"
        await narrow.close()

    async def test_a_backend_that_is_killed(self, scratch: Database) -> None:
        async def kill_it(session: AsyncSession) -> None:
            await run(scratch, f"SELECT pg_terminate_backend({await backend(session)})")

        assert await unavailable(scratch, kill_it, "SELECT 1") in LOST

    async def test_a_connection_lost_while_it_commits(self, scratch: Database) -> None:
        await run(
            scratch,
            "CREATE TABLE slow (pid int)",
            "CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END'",
            "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION doze()",
        )
        committing = asyncio.create_task(unavailable(scratch, "INSERT INTO slow VALUES (1)"))
        sleeping = "FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"

        async def is_committing() -> bool:
            async with scratch.transaction() as session:
                return bool(await session.scalar(sa.text(f"SELECT count(*) {sleeping}")))

        await until(is_committing)
        await run(scratch, f"SELECT pg_terminate_backend(pid) {sleeping}")
        assert await committing in LOST

    async def test_a_deadlock(self, scratch: Database) -> None:
        async def cross(first: str, second: str, ready: asyncio.Barrier) -> None:
            async with held(scratch, first) as session:
                await ready.wait()
                await session.execute(sa.text(second))

        both = asyncio.Barrier(2)
        attempts = [cross(LOCK_ONE, LOCK_TWO, both), cross(LOCK_TWO, LOCK_ONE, both)]
        outcomes = await asyncio.gather(*attempts, return_exceptions=True)
        (victim,) = [outcome for outcome in outcomes if outcome is not None]
        assert isinstance(victim, StorageUnavailable)
        assert isinstance(victim.__cause__, DBAPIError)
        assert type(driver_error(victim.__cause__)).__name__ == "DeadlockDetectedError"

    async def test_a_lock_that_is_not_free_in_time(self, scratch: Database) -> None:
        async with held(scratch, LOCK_ONE):
            impatient = "SET LOCAL lock_timeout = '20ms'"
            assert await unavailable(scratch, impatient, LOCK_ONE) == "LockNotAvailableError"

    async def test_a_statement_that_takes_too_long(self, scratch: Database) -> None:
        impatient = "SET LOCAL statement_timeout = '20ms'"
        assert await unavailable(scratch, impatient, "SELECT pg_sleep(60)") == "QueryCanceledError"

    async def test_a_serialisation_failure(self, scratch: Database) -> None:
        await run(scratch, "CREATE TABLE counter (number int)", "INSERT INTO counter VALUES (0)")
        change = "UPDATE counter SET number = number + 1"
        deeds: list[Deed] = ["SELECT * FROM counter", lambda _: run(scratch, change), change]
        snapshot = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
        assert await unavailable(scratch, snapshot, *deeds) == "SerializationError"

    async def test_a_transaction_that_idles_for_too_long(self, scratch: Database) -> None:
        pids: list[int] = []

        async def remember(session: AsyncSession) -> None:
            pids.append(await backend(session))

        impatient = "SET LOCAL idle_in_transaction_session_timeout = '20ms'"
        lost = await unavailable(scratch, remember, impatient, lambda _: ended(scratch, pids[0]), "SELECT 1")
        assert lost in (*LOST, "IdleInTransactionSessionTimeoutError")

    async def test_a_standby(self, scratch: Database) -> None:
        readonly = "SET TRANSACTION READ ONLY"
        assert await unavailable(scratch, readonly, "CREATE TABLE t (n int)") == "ReadOnlySQLTransactionError"

    @pytest.mark.parametrize(
        "sqlstate",
        ["53100", "53200", "53300", "57P01", "57P02", "57P03", "58000", "58030", "25006"],
        ids=[
            "disk full",
            "out of memory",
            "too many connections",
            "shutdown",
            "crash",
            "starting",
            "system",
            "I/O",
            "read-only",
        ],
    )
    async def test_what_the_server_fails_with_until_somebody_mends_it(self, scratch: Database, sqlstate: str) -> None:
        fail = f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{sqlstate}'; END $$"
        assert await unavailable(scratch, fail)

    async def test_a_statement_that_was_prepared_before_a_migration(self, scratch: Database) -> None:
        narrow = Database(scratch.engine.url.render_as_string(hide_password=False), pool_size=1)
        await run(scratch, "CREATE TABLE changing (number int)")
        await run(narrow, "SELECT * FROM changing")
        await run(scratch, "ALTER TABLE changing ALTER COLUMN number TYPE text")
        assert await unavailable(narrow, "SELECT * FROM changing") == "InvalidCachedStatementError"
        await run(narrow, "SELECT * FROM changing")
        await narrow.close()


class TestNotTransient:
    @pytest.mark.parametrize(
        ("statement", "kind"),
        [
            ("INSERT INTO unique_one VALUES (1)", IntegrityError),
            ("INSERT INTO unique_one VALUES (NULL)", IntegrityError),
            ("SELECT * FROM nowhere", ProgrammingError),
            ("SELECT 1 / 0", DBAPIError),
        ],
    )
    async def test_what_the_statement_itself_is_to_blame_for(
        self, scratch: Database, statement: str, kind: type[Exception]
    ) -> None:
        await run(scratch, "CREATE TABLE unique_one (number int PRIMARY KEY)", "INSERT INTO unique_one VALUES (1)")
        with pytest.raises(kind):
            await run(scratch, statement)

    async def test_a_value_that_cannot_be_sent(self, scratch: Database) -> None:
        with pytest.raises(DBAPIError):
            async with scratch.transaction() as session:
                await session.execute(sa.select(sa.literal(2**40, sa.Integer)))

    async def test_a_refusal(self, scratch: Database) -> None:
        with pytest.raises(HoldExpired):
            async with scratch.transaction():
                raise HoldExpired

    async def test_a_wrong_password(self, scratch: Database) -> None:
        wrong = Database(scratch.engine.url.set(password="wrong").render_as_string(hide_password=False))
        with pytest.raises(DBAPIError, match="password"):
            await run(wrong, "SELECT 1")


async def test_no_error_tells_the_values_of_a_statement(scratch: Database) -> None:
    with pytest.raises(ProgrammingError) as refused:
        async with scratch.transaction() as session:
            await session.execute(sa.text("SELECT * FROM nowhere WHERE name = :name"), {"name": "Ada Lovelace"})
    assert "Lovelace" not in str(refused.value)


async def test_a_transaction_reads_what_is_committed_when_it_looks(empty: Database) -> None:
    await run(empty, f"ALTER DATABASE {empty.engine.url.database} SET default_transaction_isolation = serializable")
    other = Database(empty.engine.url.render_as_string(hide_password=False))
    async with other.transaction() as session:
        assert await session.scalar(sa.text("SHOW transaction_isolation")) == "read committed"
    await other.close()


async def test_a_failed_transaction_leaves_nothing_and_a_usable_connection(scratch: Database) -> None:
    narrow = Database(scratch.engine.url.render_as_string(hide_password=False), pool_size=1)
    with pytest.raises(ProgrammingError):
        await run(narrow, "CREATE TABLE half (number int)", "SELECT * FROM nowhere")
    await run(narrow, "CREATE TABLE half (number int)")
    await narrow.close()
