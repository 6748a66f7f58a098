"""What the rules decide from, in as many statements for hundreds of employees as for one."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from benchmarks.workload.bank import Bank, fill, monday
from devstack.demo_data import CITY, identity
from devstack.postgres import EmbeddedPostgres
from domain.meetings import MeetingType
from domain.time_slots import Interval, TimeSlotStatus
from storage.availability.organisation_data import read_organisation_data
from storage.availability.situations import read_availability_data, read_reservation, slots_of_meetings
from storage.database import Database
from storage.migrate import migrate
from storage.tables.booking import TimeSlotRow
from storage.tables.organisation import EmployeeRow, EmployeeTopicRow, WorkdayRow
from tests.integration.storage.conftest import made
from tests.integration.storage.index_views import url_of
from tests.integration.storage.transactions import statements, undone

FREJA, LIV = identity("Freja Lindqvist"), identity("Liv Thorsen")
NINE = datetime(2030, 1, 7, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def slot(employee: UUID, start: datetime, **other: object) -> TimeSlotRow:
    values: dict[str, Any] = {
        "id": uuid4(),
        "start_at": start,
        "end_at": start + HOUR,
        "status": TimeSlotStatus.BUSY,
        "employee_id": employee,
        "booking_key": uuid4(),
        "created_at": NINE,
        "modified_at": NINE,
    }
    return TimeSlotRow(**(values | other))


HISTORY = Bank(4, days=28, past_weeks=68, holds=20)


@pytest.fixture
async def history(postgres: EmbeddedPostgres) -> AsyncIterator[Database]:
    """A bank whose employees have had most of their meetings: a plan for the coming ones seems to read few rows."""
    async with made(postgres) as database:
        await migrate(database)
        await fill(database, url_of(database), HISTORY)
        yield database


class TestSituations:
    async def test_hold_what_is_live_and_touches_the_window(self, database: Database) -> None:
        nyhavn = identity(f"{CITY}/Nyhavn")
        owner = {"client_id": "a", "reservation_token": "b", "status": TimeSlotStatus.RESERVED}
        expected = [
            slot(FREJA, NINE - HOUR / 2),
            slot(FREJA, NINE + HOUR * 2 - HOUR / 2, room_id=nyhavn),
            slot(FREJA, NINE + HOUR / 2, hold_expires_at=datetime(2031, 1, 1, tzinfo=UTC), **owner),
        ]
        others = [
            slot(FREJA, NINE - HOUR),
            slot(FREJA, NINE + HOUR * 2),
            slot(
                FREJA,
                NINE + HOUR * 1.75,
                hold_expires_at=datetime(2020, 1, 1, tzinfo=UTC),
                **owner | {"client_id": "c"},
            ),
        ]
        async with undone(database) as session:
            session.add_all(expected + others)
            await session.flush()
            situation = await read_availability_data(session, Interval(NINE, NINE + HOUR * 2), [FREJA])
        assert {busy.id for busy in situation.busy} == {one.id for one in expected}
        held = next(busy for busy in situation.busy if busy.held_until)
        assert (held.status, held.held_until) == (TimeSlotStatus.RESERVED, datetime(2031, 1, 1, tzinfo=UTC))
        in_room = next(busy for busy in situation.busy if busy.room_id)
        assert (in_room.interval.start, in_room.employee_id, in_room.room_id) == (
            NINE + HOUR * 1.5,
            FREJA,
            nyhavn,
        )
        assert [employee.id for employee in situation.employees] == [FREJA]

    async def test_of_some_employees_hold_who_else_is_in_the_rooms(self, database: Database) -> None:
        nyhavn, kastellet = (identity(f"{CITY}/{name}") for name in ("Nyhavn", "Kastellet"))
        there, elsewhere = slot(LIV, NINE, room_id=nyhavn), slot(LIV, NINE, room_id=kastellet)
        async with undone(database) as session:
            session.add_all([there, elsewhere, slot(LIV, NINE)])
            await session.flush()
            window = Interval(NINE, NINE + HOUR)
            one_room = await read_availability_data(session, window, [FREJA], rooms=[nyhavn])
            every_room = await read_availability_data(session, window, [FREJA])
            everybody = await read_availability_data(session, window)
        assert [busy.id for busy in one_room.busy] == [there.id]
        assert [room.id for room in one_room.rooms] == [nyhavn]
        assert {busy.id for busy in every_room.busy} == {there.id, elsewhere.id}
        assert len(everybody.busy) == 3

    async def test_are_of_the_moment_at_which_the_premises_were_read(self, database: Database) -> None:
        async with database.transaction() as session:
            organisation_data = await read_organisation_data(session)
            assert (
                await read_availability_data(session, Interval(NINE, NINE + HOUR), organisation_data=organisation_data)
            ).now == organisation_data.now
            found = (await read_availability_data(session, Interval(NINE, NINE + HOUR))).now
        assert organisation_data.now < found
        assert abs(found - datetime.now(UTC)) < timedelta(minutes=5)

    async def test_take_the_same_statements_for_any_number_of_employees(self, database: Database) -> None:
        counts, texts = set(), set()
        async with undone(database) as session:
            for wanted in ([FREJA], await self.many(session, 200), None):
                with statements(database) as seen:
                    situation = await read_availability_data(session, Interval(NINE, NINE + HOUR), wanted)
                counts.add(len(seen))
                if wanted is not None:
                    texts.add(tuple(seen))
                    assert len(situation.employees) == len(wanted)
        assert counts == {3}
        assert len(texts) == 1, "one text, so that the database prepares it once"

    async def many(self, session: AsyncSession, count: int) -> list[UUID]:
        ids = [uuid4() for _ in range(count)]
        name: dict[str, Any] = {"display_name": "x", "first_name": "x", "last_name": "x", "email": "x", "initials": "x"}
        session.add_all([EmployeeRow(id=one, location=CITY, **name) for one in ids])
        await session.flush()
        day: dict[str, Any] = {
            "starts": time(9),
            "ends": time(16),
            "location": CITY,
            "meeting_types": [MeetingType.ONLINE],
        }
        session.add_all([WorkdayRow(employee_id=one, weekday=1, **day) for one in ids])
        session.add_all([EmployeeTopicRow(employee_id=one, topic_id=identity("pension")) for one in ids])
        session.add_all([slot(one, NINE) for one in ids])
        await session.flush()
        return ids

    async def test_ignored_meetings_are_none_without_asking(self, database: Database) -> None:
        with statements(database) as seen:
            async with database.transaction() as session:
                assert await slots_of_meetings(session, []) == frozenset()
        assert seen == []


@pytest.mark.parametrize("number", [1, 2])
async def test_the_data_of_a_booking_is_planned_once(history: Database, number: int) -> None:
    """PostgreSQL compares the first five plans with a general one, which it keeps only if it seems no slower."""
    employees, window = HISTORY.people[:number], Interval(monday(), monday() + HOUR)
    plans = sa.text("SELECT generic_plans FROM pg_prepared_statements WHERE statement LIKE 'SELECT organisation.%'")
    async with history.autocommit() as session:
        for _ in range(8):
            await read_availability_data(session, window, employees, rooms=[UUID(int=1)])
            await read_reservation(
                session,
                window,
                employees,
                [UUID(int=1)],
                booking=("client-1", "token"),
                time_slot_id=uuid4(),
                interval=window,
            )
        assert [each > 0 for each in await session.scalars(plans)] == [True, True]


async def test_a_changed_configuration_is_read_at_once(configurable: Database) -> None:
    """Values are remembered by the text that the database returned."""
    window = Interval(NINE, NINE + HOUR)
    async with configurable.autocommit() as session:
        before = await read_availability_data(session, window, [FREJA], rooms=[])
        again = await read_availability_data(session, window, [FREJA], rooms=[])
    async with configurable.transaction() as session:
        await session.execute(sa.update(EmployeeRow).where(col(EmployeeRow.id) == FREJA).values(can_be_booked=False))
    async with configurable.autocommit() as session:
        after = await read_availability_data(session, window, [FREJA], rooms=[])
    assert again.employees[0] is before.employees[0]
    assert [data.employees[0].can_be_booked for data in (before, after)] == [True, False]
