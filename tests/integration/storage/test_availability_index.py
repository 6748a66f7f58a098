"""The index of availability data has exactly what its snapshot has, whoever writes meanwhile, and after every doubt."""

import asyncio
from array import array
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.workload.bank import Bank, fill, monday
from devstack.postgres import EmbeddedPostgres
from domain.availability import BusyTime, SlotSearch, offered_slots
from domain.availability.slot_index import index_slots
from domain.availability.stored_time import SINCE, IndexedTime, Packed, pack
from domain.time_slots import Interval, TimeSlotStatus
from storage.availability.changes import TABLES, TRIGGERS
from storage.availability.index import AvailabilityIndex, IndexView, read_view
from storage.availability.organisation_data import read_employees, read_organisation_data
from storage.database import Database
from storage.migrate import migrate
from tests.integration.storage.transactions import statements
from tests.support.effort import repetitions

BANK = Bank(4, 3)
EMPLOYEES = [UUID(int=1_000 + number) for number in range(BANK.employees)]
ROOMS = [UUID(int=number) for number in (1, 2)]
HALF_HOUR = timedelta(minutes=30)
ROWS = sa.text("SELECT id, start_at, end_at, status, employee_id, room_id, hold_expires_at FROM time_slot")
INSERT = """
    INSERT INTO time_slot (id, start_at, end_at, status, employee_id, room_id, booking_key, client_id,
                           reservation_token, hold_expires_at, version, additional_employees, created_at, modified_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, '{}', now(), now())
"""
TIMES = ("meetings", "busy", "openings", "elsewhere")


@pytest.fixture
async def bank(empty: Database) -> Database:
    await migrate(empty)
    await fill(empty, url_of(empty), BANK)
    return empty


def url_of(database: Database) -> str:
    return database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
async def owner(bank: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url_of(bank))
    yield connection
    await connection.close()


async def check(session: AsyncSession, view: IndexView) -> None:
    """Compare the view with everything that the same snapshot has, and what a search finds in both."""
    rows = [
        BusyTime(one.id, Interval(one.start_at, one.end_at), TimeSlotStatus(one.status), *one[4:])
        for one in await session.execute(ROWS)
    ]
    now = view.data.now
    touching = [row for row in rows if row.interval.overlaps(view.span)]
    assert times_of(view.time) == times_of_rows(touching, now)
    organisation_data = await read_organisation_data(session)
    expected = replace(organisation_data, now=now, employees=await read_employees(session, None), busy=tuple(rows))
    assert replace(view.data, stored=None, profiles={}) == replace(expected, busy=())
    for best in (True, False):
        search = SlotSearch(Interval(monday(), monday() + timedelta(days=2)), HALF_HOUR * 2, best=best)
        assert list(offered_slots(search, view.data)) == list(offered_slots(search, expected))


def times_of(time: IndexedTime) -> Mapping[tuple[UUID, str], list[Interval]]:
    found = {(who, kind): intervals(getattr(owned, kind)) for who, owned in time.employees.items() for kind in TIMES}
    found |= {(room, "room"): intervals(owned.busy) for room, owned in time.rooms.items()}
    return {key: times for key, times in found.items() if times}


def intervals(packed: Packed) -> list[Interval]:
    pairs = iter(packed)
    instants = (
        (SINCE + timedelta(microseconds=one), SINCE + timedelta(microseconds=two))
        for one, two in zip(pairs, pairs, strict=True)
    )
    return sorted((Interval(*each) for each in instants), key=lambda each: (each.start, each.end))


def times_of_rows(rows: list[BusyTime], now: datetime) -> Mapping[tuple[UUID, str], list[Interval]]:
    index = index_slots(rows, frozenset(), now)
    found: defaultdict[tuple[UUID, str], list[Interval]] = defaultdict(list)
    for kind in TIMES:
        for who, entries in getattr(index, kind).items():
            found[who, kind] += [each.interval for each in entries]
    for room, entries in index.rooms.items():
        found[room, "room"] += [each.interval for each in entries]
    return {key: sorted(each, key=lambda one: (one.start, one.end)) for key, each in found.items()}


class Writer:
    """A connection with a transaction that stays open for some of its changes. No two writers change the same row."""

    def __init__(self, connection: asyncpg.Connection, random: Random, free: set[UUID], times: Iterator[int]) -> None:
        self._connection, self._random, self._free, self._times = connection, random, free, times
        self._transaction: Any = None
        self._taken: set[UUID] = set()
        self._made: set[UUID] = set()

    async def act(self) -> None:
        if self._transaction is None:
            self._transaction = self._connection.transaction()
            await self._transaction.start()
        act = self._random.choice(
            [
                self._insert,
                self._insert,
                self._hold,
                self._delete,
                self._move,
                self._configure,
                self._forget,
                self.end,
                self.end,
            ]
        )
        await act()

    async def end(self) -> None:
        if self._transaction is None:
            return
        if self._random.random() < 0.7:
            await self._transaction.commit()
            self._free |= self._made
        else:
            await self._transaction.rollback()
            self._free |= self._taken
        self._transaction, self._taken, self._made = None, set(), set()

    async def _insert(self) -> None:
        status = self._random.choice([each for each in TimeSlotStatus if each not in {"Reserved", "Booked"}])
        held = {"PreProcessing", "PostProcessing", "TravelTime"}
        await self._add(self._random.choice(EMPLOYEES), "Busy" if status in held else status, None)

    async def _hold(self) -> None:
        until = datetime.now(UTC) + timedelta(seconds=self._random.choice([-1, 0.01, 0.05, 0.2, 600]))
        await self._add(self._random.choice(EMPLOYEES), self._random.choice(["Reserved", "Booked"]), until)

    async def _add(self, employee: UUID, status: str, until: datetime | None) -> None:
        number, identity = next(self._times), uuid4()
        start = monday() + timedelta(days=4) + HALF_HOUR * number if until else monday() + HALF_HOUR * (number % 90)
        room = self._random.choice([None, *ROOMS])
        values = (identity, start, start + HALF_HOUR, status, employee, room, uuid4(), "a", str(identity), until)
        await self._connection.execute(INSERT, *values)
        self._made.add(identity)

    def _choose(self) -> UUID | None:
        if not self._free:
            return None
        chosen = self._random.choice(sorted(self._free))
        self._free.discard(chosen)
        self._taken.add(chosen)
        return chosen

    async def _delete(self) -> None:
        await self._connection.execute("DELETE FROM time_slot WHERE id = $1", self._choose())

    async def _move(self) -> None:
        chosen = self._choose()
        change = (
            "UPDATE time_slot SET employee_id = $2, end_at = end_at + interval '7 minutes'"
            " WHERE id = $1 AND hold_expires_at IS NULL"
        )
        await self._connection.execute(change, chosen, self._random.choice(EMPLOYEES))
        if chosen is not None:
            self._made.add(chosen)

    async def _configure(self) -> None:
        # Never waits: no other transaction changes the same row.
        await self._connection.execute(
            "INSERT INTO closing_day (day, name) VALUES ($1, '') ON CONFLICT DO NOTHING",
            (monday() + timedelta(days=100 + next(self._times))).date(),
        )

    async def _forget(self) -> None:
        if self._random.random() < 0.3:
            await self._connection.execute(
                "DELETE FROM availability_change WHERE (xid, owner_id) IN ("
                "SELECT xid, owner_id FROM availability_change ORDER BY xid LIMIT 5 FOR UPDATE SKIP LOCKED)"
            )


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(repetitions(8)))
async def test_every_view_is_its_snapshot(bank: Database, seed: int) -> None:
    random, free, times = Random(seed), set[UUID](), iter(range(1_000_000))
    views: list[IndexView | None] = [None, None]
    async with AsyncExitStack() as stack:
        writers = []
        for _ in range(3):
            connection = await asyncpg.connect(url_of(bank))
            stack.push_async_callback(connection.close)
            writers.append(Writer(connection, random, free, times))
        for _ in range(80):
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


LATE = (
    "UPDATE time_slot SET end_at = end_at + interval '5 minutes'"
    f" WHERE employee_id = '{EMPLOYEES[0]}' AND status = 'Busy'"
)
WITHOUT_TRIGGERS = ("ALTER TABLE time_slot DISABLE TRIGGER USER", LATE)
DOUBTS = {
    "truncated": ("TRUNCATE time_slot CASCADE",),
    "log deleted": (LATE, "DELETE FROM availability_change"),
    "log truncated": (LATE, "TRUNCATE availability_change"),
    "log begins later": (
        LATE,
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
    "as a replica": ("SET session_replication_role = replica", LATE, "RESET session_replication_role"),
    "other interval": ("UPDATE organisation SET slot_interval = '20 minutes'",),
    "other zone": ("UPDATE organisation SET time_zone = 'Asia/Kathmandu'",),
    "cascade": ("DELETE FROM workday", LATE),
    "log from another server": (
        "INSERT INTO availability_change VALUES (900000000000, '00000000-0000-0000-0000-000000000001', 900000000000)",
        LATE,
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
    await owner.execute(LATE)
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
        await owner.execute(LATE)
        assert await asked[1]
        async with bank.snapshot() as session:
            await check(session, await read_view(session, await index.current()))


async def test_time_beyond_the_reach_is_read(bank: Database) -> None:
    index = AvailabilityIndex(bank)
    view = await index.current()
    now = view.data.now
    farther = await index.covering(view, Interval(now, now + timedelta(days=100)))
    assert farther is not None
    assert farther.covers(Interval(now, now + timedelta(days=100)))
    assert (await index.current()).span == farther.span
    assert await index.covering(farther, Interval(now, now + timedelta(days=4_000))) is None


async def test_ignored_time_slots_are_left_out(bank: Database) -> None:
    index = AvailabilityIndex(bank)
    async with bank.transaction() as session:
        ids = (
            await session.scalars(sa.text("SELECT id FROM time_slot WHERE employee_id = :it"), {"it": EMPLOYEES[0]})
        ).all()
    view = await index.current()
    apart = await index.read_apart(view.span, ids)
    assert times_of(apart) == {
        key: times for key, times in times_of(view.time).items() if key[0] not in {EMPLOYEES[0], ROOMS[0]}
    }


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
