"""The index of availability data has exactly what its snapshot has, whoever writes meanwhile, and after every doubt."""

import asyncio
import itertools
from array import array
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks.workload.bank import monday
from devstack.postgres import EmbeddedPostgres
from domain.availability import AvailabilityData
from domain.availability.stored_time import SINCE, IndexedTime, pack
from domain.time_slots import HELD, Interval, TimeSlotStatus
from storage.availability.changes import TABLES, TRIGGERS, read_everything
from storage.availability.index import AvailabilityIndex, IndexView, read_view
from storage.database import Database, StorageUnavailable
from tests.integration.activities.booking_fixture import until
from tests.integration.storage.index_views import (
    EMPLOYEES,
    HALF_HOUR,
    INSERT,
    LATER,
    ROOMS,
    check,
    is_exact,
    times_of,
    url_of,
)
from tests.integration.storage.transactions import statements
from tests.support.effort import repetitions


@dataclass
class World:
    """Keeps what the writers of one history share, so that no two open transactions change the same row."""

    random: Random
    numbers: Iterator[int]
    free: set[UUID] = field(default_factory=set)
    configures: "Writer | None" = None


class Writer:
    """A connection with a transaction that stays open for some of its changes."""

    def __init__(self, connection: asyncpg.Connection, world: World) -> None:
        self._connection, self._world, self._random = connection, world, world.random
        self._transaction: Any = None
        self._taken: set[UUID] = set()
        self._made: set[UUID] = set()

    async def act(self) -> None:
        if self._transaction is None:
            self._transaction = self._connection.transaction()
            await self._transaction.start()
        acts = (self._reserve, self._reserve, self._prolong, self._meet, self._move, self._delete)
        others = (self._insert, self._refresh, self._undo_a_part, self._configure, self._forget, self.end, self.end)
        await self._random.choice(acts + others)()

    async def end(self) -> None:
        if self._transaction is None:
            return
        if self._random.random() < 0.7:
            await self._transaction.commit()
            self._world.free |= self._made
        else:
            await self._transaction.rollback()
            self._world.free |= self._taken
        self._transaction, self._taken, self._made = None, set(), set()
        if self._world.configures is self:
            self._world.configures = None

    async def _insert(self) -> None:
        """Add time that is no booking: busy time, an opening, or work from elsewhere."""
        status = self._random.choice(["Busy", *sorted(set(TimeSlotStatus) - HELD)])
        start = monday() + HALF_HOUR * (next(self._world.numbers) % 90)
        await self._add(self._random.choice(EMPLOYEES), start, status, None, uuid4())

    async def _reserve(self) -> None:
        """Hold the time of an employee and perhaps of an additional one, in a room or not."""
        lead, *additional = self._random.sample(EMPLOYEES, self._random.choice([1, 1, 2]))
        until, key, start = self._deadline(), uuid4(), self._time()
        for employee in (lead, *additional):
            await self._add(employee, start, "Reserved", until, key)

    async def _prolong(self) -> None:
        change = "UPDATE time_slot SET status = 'Booked', hold_expires_at = $2 WHERE id = $1 AND status = 'Reserved'"
        await self._change(change, self._deadline())

    async def _meet(self) -> None:
        await self._change("UPDATE time_slot SET status = 'Booked', hold_expires_at = NULL WHERE id = $1")

    async def _move(self) -> None:
        start = self._time()
        change = "UPDATE time_slot SET employee_id = $2, room_id = $3, start_at = $4, end_at = $5 WHERE id = $1"
        employee, room = self._random.choice(EMPLOYEES), self._random.choice([None, *ROOMS])
        await self._change(change, employee, room, start, start + timedelta(minutes=23))

    async def _delete(self) -> None:
        await self._change("DELETE FROM time_slot WHERE id = $1")
        self._made -= self._taken

    async def _refresh(self) -> None:
        """Replace some time as the refresh of a calendar does."""
        for act in (self._delete, self._delete, self._insert, self._insert):
            await act()

    async def _undo_a_part(self) -> None:
        part, made, taken = self._connection.transaction(), set(self._made), set(self._taken)
        await part.start()
        await self._reserve()
        await self._move()
        await part.rollback()
        self._world.free |= self._taken - taken
        self._made, self._taken = made, taken

    async def _configure(self) -> None:
        if self._world.configures not in {None, self}:
            return
        self._world.configures = self
        number = next(self._world.numbers)
        change = self._random.choice(
            [
                "UPDATE organisation SET slot_interval = '20 minutes'",
                "UPDATE organisation SET time_zone = 'Asia/Kathmandu', buffer_between_meetings = '10 minutes'",
                "UPDATE employee SET can_be_booked = NOT can_be_booked WHERE id = (SELECT id FROM employee LIMIT 1)",
                "UPDATE workday SET starts = '10:30' WHERE weekday = 2",
                f"INSERT INTO closing_day (day, name) VALUES (current_date + {number}, '')",
                EMPLOYEE.replace("$1", f"'{UUID(int=5_000 + number)}'"),
                "DELETE FROM employee WHERE email = 'new'",
            ]
        )
        await self._connection.execute(change)

    async def _forget(self) -> None:
        if self._random.random() < 0.3:
            await self._connection.execute(
                "DELETE FROM availability_change WHERE (xid, owner_id) IN ("
                "SELECT xid, owner_id FROM availability_change ORDER BY xid LIMIT 5 FOR UPDATE SKIP LOCKED)"
            )

    def _deadline(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._random.choice([-1, 0.01, 0.05, 0.2, 600]))

    def _time(self) -> datetime:
        """Return a start that no other time slot has: to wait for another writer would be to wait for ever."""
        return monday() + HALF_HOUR * (100 + next(self._world.numbers))

    async def _add(self, employee: UUID, start: datetime, status: str, until: datetime | None, key: UUID) -> None:
        identity, room = UUID(int=1_000_000 + next(self._world.numbers)), None
        if employee == EMPLOYEES[0]:
            room = self._random.choice([None, *ROOMS])
        values = (identity, start, start + HALF_HOUR, status, employee, room, key, "a", str(identity), until)
        await self._connection.execute(INSERT, *values)
        self._made.add(identity)

    async def _change(self, statement: str, *values: object) -> None:
        """Change a committed time slot that no other writer changes, if there is one."""
        if self._world.free:
            chosen = self._random.choice(sorted(self._world.free))
            self._world.free.discard(chosen)
            self._taken.add(chosen)
            await self._connection.execute(statement, chosen, *values)
            if not statement.startswith("DELETE"):
                self._made.add(chosen)


BEGIN_ANEW = """
    TRUNCATE time_slot CASCADE; DELETE FROM closing_day; DELETE FROM employee WHERE email = 'new';
    UPDATE employee SET can_be_booked = true; UPDATE workday SET starts = '08:00' WHERE weekday = 2;
    UPDATE organisation SET slot_interval = '30 minutes', time_zone = 'Europe/Copenhagen',
                            buffer_between_meetings = '0';
"""


@pytest.mark.timeout(300)
@given(random=st.randoms(use_true_random=False))
@settings(
    max_examples=repetitions(16),
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
async def test_every_view_is_its_snapshot(bank: Database, owner: asyncpg.Connection, random: Random) -> None:
    """Two processes search while three others write. Each search is compared with one that reads rows."""
    await owner.execute(BEGIN_ANEW)
    world, views = World(random, itertools.count()), list[IndexView | None]([None, None])
    async with AsyncExitStack() as stack:
        writers = []
        for _ in range(3):
            connection = await asyncpg.connect(url_of(bank), command_timeout=60)
            stack.push_async_callback(connection.close)
            writers.append(Writer(connection, world))
        for _ in range(50):
            await random.choice(writers).act()
            # One process searches often, and the other one seldom.
            process = random.choice([0, 0, 0, 1, None, None])
            if process is not None:
                async with bank.snapshot() as session:
                    # While the snapshot stays, others go on.
                    await session.execute(sa.text("SELECT 1"))
                    await random.choice(writers).act()
                    views[process] = view = await read_view(session, views[process])
                    await random.choice(writers).act()
                    await check(session, view)
        for writer in writers:
            await writer.end()


async def test_searches_among_concurrent_writers_see_what_was_committed_before(bank: Database) -> None:
    """A transaction that commits late, with an older number than one that committed before it, is not missed."""
    index = AvailabilityIndex(bank)
    early, late = await asyncpg.connect(url_of(bank)), await asyncpg.connect(url_of(bank))
    try:
        transaction = early.transaction()
        await transaction.start()
        await early.execute("DELETE FROM time_slot WHERE employee_id = $1", EMPLOYEES[0])
        await late.execute("DELETE FROM time_slot WHERE employee_id = $1", EMPLOYEES[1])
        view = await index.current()
        assert EMPLOYEES[0] in view.time.employees
        assert EMPLOYEES[1] not in view.time.employees
        await transaction.commit()
        assert EMPLOYEES[0] not in (await index.current()).time.employees
    finally:
        await early.close()
        await late.close()


CONFIGURED = "UPDATE employee SET can_be_booked = NOT can_be_booked WHERE id = (SELECT id FROM employee LIMIT 1)"
EMPLOYEE = """
    INSERT INTO employee SELECT (jsonb_populate_record(one, jsonb_build_object('id', $1::uuid, 'email', 'new'))).*
    FROM employee AS one LIMIT 1
"""
MEETING = """
    WITH topic AS (
        INSERT INTO topic (id, name, unique_topic_id, is_customer_bookable)
        VALUES (gen_random_uuid(), '', '', true) RETURNING id
    ),
    type AS (INSERT INTO customer_type (id, name) VALUES (gen_random_uuid(), '') RETURNING id)
    INSERT INTO meeting (id, time_slot_id, client_id, booked_by, type, topic_id, customer_type_id, employee_id,
                         customer_id, additional_employees, sequence, created_at, modified_at, start_at, end_at)
    SELECT gen_random_uuid(), slot.id, 'a', 'customer', 'online', topic.id, type.id, employee_id, 'c', '{}', 0,
           now(), now(), start_at, end_at
    FROM time_slot AS slot, topic, type WHERE employee_id = $1 AND status = 'Booked' LIMIT 1
    RETURNING id
"""
REFRESHED = sa.text("""
    INSERT INTO time_slot (id, start_at, end_at, status, employee_id, booking_key, version, created_at, modified_at)
    SELECT gen_random_uuid(), start_at, start_at + interval '1 hour', 'Busy', employee.id, gen_random_uuid(), 1,
           now(), now()
    FROM (SELECT id FROM employee LIMIT 1) AS employee,
         generate_series(CAST(:first AS int), CAST(:first AS int) + 99) AS n,
         LATERAL (SELECT CAST(:start AS timestamptz) + n * interval '1 hour' AS start_at) AS hour
""")
WITHOUT_TRIGGERS = ("ALTER TABLE time_slot DISABLE TRIGGER USER", LATER)
DOUBTS = {
    "truncated": ("TRUNCATE time_slot CASCADE",),
    "log deleted": (LATER, "DELETE FROM availability_change"),
    "log truncated": (LATER, "TRUNCATE availability_change"),
    "log begins later": (
        LATER,
        "DELETE FROM availability_change WHERE xid < (SELECT max(xid) FROM availability_change)",
    ),
    "triggers off": WITHOUT_TRIGGERS,
    "triggers off and on": (*WITHOUT_TRIGGERS, "ALTER TABLE time_slot ENABLE TRIGGER USER"),
    "triggers off and always on": (
        *WITHOUT_TRIGGERS,
        *(
            f"ALTER TABLE time_slot ENABLE ALWAYS TRIGGER note_{each}"
            for each in ("insert", "update", "delete", "truncate")
        ),
    ),
    "as a replica": ("SET session_replication_role = replica", LATER, "RESET session_replication_role"),
    "other interval": ("UPDATE organisation SET slot_interval = '20 minutes'",),
    "other zone": ("UPDATE organisation SET time_zone = 'Asia/Kathmandu'",),
    "cascade": ("DELETE FROM workday", LATER),
    "log from another server": (
        "INSERT INTO availability_change VALUES (900000000000, '00000000-0000-0000-0000-000000000001', 900000000000)",
        LATER,
    ),
}


@pytest.mark.parametrize("statements", DOUBTS.values(), ids=DOUBTS)
@pytest.mark.parametrize("together", [True, False])
async def test_after_a_doubt_everything_is_read(
    bank: Database, postgres: EmbeddedPostgres, statements: tuple[str, ...], together: bool
) -> None:
    index = AvailabilityIndex(bank)
    await index.current()
    admin = await asyncpg.connect(
        sa.make_url(postgres.admin_url).set(database=bank.engine.url.database).render_as_string(hide_password=False)
    )
    try:
        for statement in [";".join(statements)] if together else statements:
            await admin.execute(statement)
    finally:
        await admin.close()
    for _ in range(2):
        async with bank.snapshot() as session:
            await check(session, await read_view(session, await index.current()))
            await check(session, await read_view(session, None))


async def test_an_untouched_index_is_not_built_anew(bank: Database) -> None:
    index = AvailabilityIndex(bank)
    first = await index.current()
    with statements(bank) as seen:
        second = await index.current()
    assert second.time is first.time
    assert len([each for each in seen if "pg_trigger" in each]) == len(seen) == 1


async def test_a_change_of_one_employee_leaves_the_others(bank: Database, owner: asyncpg.Connection) -> None:
    index = AvailabilityIndex(bank)
    first = await index.current()
    await owner.execute(LATER)
    second = await index.current()
    assert second.time.employees[EMPLOYEES[1]] is first.time.employees[EMPLOYEES[1]]
    assert second.time.employees[EMPLOYEES[0]] is not first.time.employees[EMPLOYEES[0]]


async def test_a_name_leaves_the_stored_time(bank: Database, owner: asyncpg.Connection) -> None:
    index = AvailabilityIndex(bank)
    first = await index.current()
    await owner.execute("UPDATE employee SET display_name = 'Another' WHERE id = $1", EMPLOYEES[0])
    second = await index.current()
    assert second.time.employees == first.time.employees
    assert all(second.time.employees[each] is first.time.employees[each] for each in EMPLOYEES)
    assert {each.display_name for each in second.data.employees} >= {"Another"}


async def test_searches_at_once_share_a_statement(bank: Database) -> None:
    index = AvailabilityIndex(bank)
    await index.current()
    with statements(bank) as seen:
        views = await asyncio.gather(*(index.current() for _ in range(10)))
    # The others came after the first statement had begun, and share the next one.
    assert len(seen) == 2
    assert len({id(each) for each in views[1:]}) == 1


async def test_a_cancelled_search_leaves_the_index_as_it_was(bank: Database, owner: asyncpg.Connection) -> None:
    index = AvailabilityIndex(bank)
    for _ in range(10):
        asked = [asyncio.create_task(index.current()) for _ in range(2)]
        await asyncio.sleep(0)
        asked[0].cancel()
        await owner.execute(LATER)
        assert await asked[1]
        async with bank.snapshot() as session:
            await check(session, await read_view(session, await index.current()))


def ahead(days: int) -> Callable[[AvailabilityData], Interval]:
    """Return what a search for this many days needs."""
    return lambda data: Interval(data.now, data.now + timedelta(days=days))


async def test_time_beyond_the_reach_is_read(bank: Database) -> None:
    index = AvailabilityIndex(bank)
    await index.current()
    farther = await index.covering(ahead(100))
    assert farther is not None
    assert farther.covers(ahead(100)(farther.data))
    assert (await index.current()).span == farther.span
    assert await index.covering(ahead(4_000)) is None


async def test_a_search_far_ahead_is_forgotten_after_two_weeks(bank: Database) -> None:
    """An index that reaches far is larger, and slower to build. Only searches since it was built keep its reach."""
    index = AvailabilityIndex(bank)
    far = await index.covering(ahead(399))
    assert far is not None
    assert index._view is far
    assert (await index.current()).span == far.span
    for asked, reach in ((None, 399), (300, 300), (None, 45)):
        if asked:
            assert await index.covering(ahead(asked))
        index._view = a_week_older(await index.current())
        view = await index.current()
        assert view.span.end - view.data.now > timedelta(days=reach)
        assert view.span.end - view.data.now < timedelta(days=reach + 8)


def a_week_older(view: IndexView) -> IndexView:
    return replace(view, span=Interval(view.span.start - timedelta(days=7), view.span.end))


async def test_time_slots_of_ignored_meetings_are_left_out(bank: Database, owner: asyncpg.Connection) -> None:
    meeting = await owner.fetchval(MEETING, EMPLOYEES[0])
    index = AvailabilityIndex(bank)
    data = await index.read_apart(ahead(30), [meeting])
    assert data.stored is not None
    async with bank.snapshot() as session:
        left, everything = times_of(data.stored), await read_everything(session, ahead(30)(data))
    whole = times_of(IndexedTime(everything.employees, everything.rooms))
    assert [key for key in whole if left.get(key) != whole[key]] == [(EMPLOYEES[0], "meetings"), (ROOMS[0], "room")]


async def test_a_search_for_itself_reads_one_snapshot(bank: Database, owner: asyncpg.Connection) -> None:
    """Meetings, configuration and stored time are of the same instant, also if a transaction ends in between."""
    meeting = await owner.fetchval(MEETING, EMPLOYEES[0])
    index = AvailabilityIndex(bank)
    before = await index.read_apart(ahead(30), [meeting])
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute("LOCK TABLE meeting IN ACCESS EXCLUSIVE MODE")
    await owner.execute("UPDATE organisation SET slot_interval = '20 minutes'")
    await owner.execute("DELETE FROM time_slot WHERE employee_id = $1", EMPLOYEES[1])
    reading = asyncio.create_task(index.read_apart(ahead(30), [meeting]))
    await until(lambda: is_waiting(owner))
    await transaction.commit()
    found = await reading
    assert found.organisation == before.organisation
    assert found.stored == before.stored


async def is_waiting(connection: asyncpg.Connection) -> bool:
    """Return whether another connection waits for a lock of this one."""
    query = "SELECT EXISTS (SELECT FROM pg_locks WHERE pg_backend_pid() = any(pg_blocking_pids(pid)))"
    return bool(await connection.fetchval(query))


@pytest.mark.parametrize("held", ["employee_id", "room_id"])
async def test_an_employee_and_a_room_of_the_same_id_have_their_own_deadlines(
    bank: Database, owner: asyncpg.Connection, held: str
) -> None:
    same, held_until = ROOMS[0], datetime.now(UTC) + timedelta(seconds=1)
    await owner.execute(EMPLOYEE, same)
    for number, column in enumerate(("employee_id", "room_id")):
        ids = {"employee_id": EMPLOYEES[1], "room_id": None, column: same}
        start = monday() + timedelta(days=10 + number)
        until_ = held_until if column == held else held_until + timedelta(days=1)
        token = str(number)
        values = (uuid4(), start, start + HALF_HOUR, "Reserved", *ids.values(), uuid4(), "a", token, until_)
        await owner.execute(INSERT, *values)
    index = AvailabilityIndex(bank)
    before = times_of((await index.current()).time)

    async def is_released() -> bool:
        return times_of((await index.current()).time) != before

    await until(is_released)
    async with bank.snapshot() as session:
        await check(session, await read_view(session, await index.current()))


@pytest.mark.ci
async def test_holds_that_expire_one_after_another_without_any_write(bank: Database, owner: asyncpg.Connection) -> None:
    began = datetime.now(UTC)
    for number in range(40):
        start = monday() + timedelta(days=10) + HALF_HOUR * number
        values = (uuid4(), start, start + HALF_HOUR, "Reserved", EMPLOYEES[number % 4], ROOMS[number % 2], uuid4(), "a")
        await owner.execute(INSERT, *values, str(number), began + timedelta(seconds=0.05 * number))
    index = AvailabilityIndex(bank)
    built = await index.current()
    view = built
    while view.deadlines:
        view = await index.current()
        async with bank.snapshot() as session:
            await check(session, view)
    assert view.grid is built.grid


async def test_a_transaction_that_stays_open_is_seen_when_it_commits(bank: Database, owner: asyncpg.Connection) -> None:
    """Its number is older than many that the index has seen. A part of it was rolled back."""
    index = AvailabilityIndex(bank)
    await index.current()
    late = await asyncpg.connect(url_of(bank))
    try:
        transaction = late.transaction()
        await transaction.start()
        await late.execute("DELETE FROM time_slot WHERE employee_id = $1", EMPLOYEES[1])
        undone = late.transaction()
        await undone.start()
        await late.execute("DELETE FROM time_slot WHERE employee_id = $1", EMPLOYEES[2])
        await late.execute("UPDATE organisation SET slot_interval = '20 minutes'")
        await undone.rollback()
        kept = late.transaction()
        await kept.start()
        await late.execute("DELETE FROM time_slot WHERE employee_id = $1", EMPLOYEES[3])
        await kept.commit()
        for _ in range(5):
            await owner.execute(LATER)
            await is_exact(bank, index)
        await transaction.commit()
        await is_exact(bank, index)
        assert EMPLOYEES[3] not in (await index.current()).time.employees
    finally:
        await late.close()


@pytest.mark.ci
async def test_trimming_beside_a_transaction_that_stays_open(bank: Database, owner: asyncpg.Connection) -> None:
    """A process that searches, and one that does not, find the late change, whether its row is trimmed or not."""
    busy, idle, trimmed = AvailabilityIndex(bank), AvailabilityIndex(bank), AvailabilityIndex(bank)
    late = await asyncpg.connect(url_of(bank))
    try:
        transaction = late.transaction()
        await transaction.start()
        await late.execute("DELETE FROM time_slot WHERE employee_id = $1", EMPLOYEES[1])
        for index in (busy, idle, trimmed):
            await index.current()
        await use_numbers(owner)
        await trim(owner)
        await is_exact(bank, busy)
        await transaction.commit()
        await is_exact(bank, busy)
        await is_exact(bank, idle)
        await use_numbers(owner)
        await trim(owner)
        assert await owner.fetchval("SELECT count(*) FROM availability_change WHERE removed_to IS NOT NULL") > 0
        await is_exact(bank, trimmed)
    finally:
        await late.close()


async def use_numbers(connection: asyncpg.Connection) -> None:
    """Use as many numbers of transactions as changes are kept for."""
    await connection.execute("SET synchronous_commit = off")
    await connection.execute(
        "DO $$ BEGIN FOR n IN 1..51000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$", timeout=120
    )


async def trim(connection: asyncpg.Connection) -> None:
    """Change an employee's time until the trigger has had its turn to delete old rows."""
    for _ in range(600):
        await connection.execute("UPDATE time_slot SET version = version + 1 WHERE employee_id = $1", EMPLOYEES[0])


async def test_a_connection_that_is_cut_in_the_middle_of_the_statement(
    bank: Database, owner: asyncpg.Connection
) -> None:
    index = AvailabilityIndex(bank)
    before = await index.current()
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute("LOCK TABLE time_slot IN ACCESS EXCLUSIVE MODE")
    await owner.execute(LATER)
    searches = [asyncio.create_task(index.current()) for _ in range(3)]
    await until(lambda: is_waiting(owner))
    await owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE pg_backend_pid() = any(pg_blocking_pids(pid))"
    )
    with pytest.raises(StorageUnavailable):
        await searches[0]
    await transaction.commit()
    assert all(each is not before for each in await asyncio.gather(*searches[1:]))
    await is_exact(bank, index)


async def test_searches_that_are_cancelled_at_any_moment(bank: Database, owner: asyncpg.Connection) -> None:
    random, index = Random(1), AvailabilityIndex(bank)
    reads = (index.current, partial(index.covering, ahead(60)), partial(index.read_apart, ahead(30)))

    async def search() -> None:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(random.choice(reads)(), random.choice([0, 0.0005, 0.001, 0.002, 0.005, 0.01, 5]))

    for _ in range(repetitions(60)):
        searches = [asyncio.create_task(search()) for _ in range(4)]
        await owner.execute(LATER if random.random() < 0.7 else CONFIGURED)
        await asyncio.gather(*searches)
        if random.random() < 0.2:
            index._view = None
        await is_exact(bank, index)


async def test_a_refreshed_calendar_is_seen_as_a_whole(bank: Database) -> None:
    """A refresh replaces all busy times of a calendar in one transaction. No search sees a part of it."""

    async def refresh() -> None:
        for _ in range(20):
            async with bank.transaction() as session:
                await session.execute(sa.text("DELETE FROM time_slot WHERE status = 'Busy'"))
                for number in range(3):
                    await session.execute(REFRESHED, {"first": 100 * number, "start": monday()})

    index, refreshing = AvailabilityIndex(bank), asyncio.create_task(refresh())
    counts = set[int]()
    while not refreshing.done():
        view = await index.current()
        counts.add(sum(len(owned.busy) // 2 for owned in view.time.employees.values()))
    await refreshing
    await is_exact(bank, index)
    assert len(counts) == 2 or counts == {300}
    assert 300 in counts


async def test_old_changes_are_deleted_without_a_schedule(bank: Database, owner: asyncpg.Connection) -> None:
    await owner.execute(
        "INSERT INTO availability_change SELECT n, $1 FROM generate_series(-1000000, -900001) AS n", EMPLOYEES[0]
    )
    for _ in range(600):
        await owner.execute("UPDATE time_slot SET version = version + 1 WHERE id = (SELECT id FROM time_slot LIMIT 1)")
    assert await owner.fetchval("SELECT count(*) FROM availability_change WHERE xid < 0") <= 90_000
    assert await owner.fetchval("SELECT count(*) FROM availability_change WHERE xid > 0") >= 600


async def test_all_triggers_fire_always(bank: Database, owner: asyncpg.Connection) -> None:
    found = await owner.fetch(
        "SELECT tgenabled FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = ANY ($1::text[]::regclass[])",
        list(TABLES),
    )
    assert [each["tgenabled"] for each in found] == [b"A"] * TRIGGERS


def test_instants_are_packed_exactly() -> None:
    moment = datetime(2031, 2, 3, 4, 5, 6, 789_012, tzinfo=UTC)
    assert SINCE + timedelta(microseconds=array("q", [pack(moment)])[0]) == moment
