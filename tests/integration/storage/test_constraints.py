"""The last line: what the database refuses whatever the code does."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from devstack.demo_data import identity
from domain.time_slots import HELD, TimeSlotStatus
from storage.database import Database, violated_constraint
from storage.tables.availability import CalendarRow
from storage.tables.booking import TimeSlotRow
from storage.tables.organisation import WorkdayRow
from tests.integration.storage.transactions import undone

NINE = datetime(2030, 1, 7, 9, tzinfo=UTC)
TEN, ELEVEN = NINE + timedelta(hours=1), NINE + timedelta(hours=2)
HALF = timedelta(minutes=30)
FREJA, MAGNUS = identity("Freja Lindqvist"), identity("Magnus Østergaard")
NYHAVN, KASTELLET = identity("copenhagen-city/Nyhavn"), identity("copenhagen-city/Kastellet")
EMPLOYEE_OVERLAP = "no_two_bookings_of_one_employee_overlap"
ROOM_OVERLAP = "no_two_bookings_of_one_room_overlap"


def row(
    start: datetime = NINE, end: datetime = TEN, other: dict[str, Any] | None = None, **more: object
) -> dict[str, Any]:
    values = {
        "id": uuid4(),
        "start_at": start,
        "end_at": end,
        "status": TimeSlotStatus.RESERVED,
        "employee_id": FREJA,
        "booking_key": uuid4(),
        "version": 1,
        "created_at": NINE,
        "modified_at": NINE,
    }
    return values | (other or {}) | more


async def insert(database: Database, *rows: dict[str, Any]) -> None:
    for values in rows:
        async with database.transaction() as session:
            await session.execute(sa.insert(TimeSlotRow).values(**values))


async def violated(database: Database, *rows: dict[str, Any]) -> str | None:
    """The constraint that the last of these rows violates; the ones before it are inserted."""
    *first, last = rows
    await insert(database, *first)
    with pytest.raises(IntegrityError) as refused:
        await insert(database, last)
    return violated_constraint(refused.value)


@pytest.mark.parametrize(
    ("start", "end"),
    [(NINE, TEN), (NINE - HALF, NINE + HALF), (TEN - HALF, ELEVEN), (NINE - HALF, ELEVEN), (NINE + HALF, TEN)],
)
class TestOverlaps:
    async def test_of_an_employee(self, database: Database, start: datetime, end: datetime) -> None:
        assert await violated(database, row(), row(start, end)) == EMPLOYEE_OVERLAP

    async def test_of_a_room(self, database: Database, start: datetime, end: datetime) -> None:
        others = {"employee_id": MAGNUS, "room_id": NYHAVN}
        assert await violated(database, row(room_id=NYHAVN), row(start, end, others)) == ROOM_OVERLAP

    async def test_within_one_booking_are_its_own_business(
        self, database: Database, start: datetime, end: datetime
    ) -> None:
        one = {"booking_key": uuid4(), "room_id": NYHAVN}
        await insert(database, row(other=one), row(start, end, one))

    async def test_of_nothing_in_common(self, database: Database, start: datetime, end: datetime) -> None:
        others = {"employee_id": MAGNUS, "room_id": KASTELLET}
        await insert(database, row(room_id=NYHAVN), row(start, end, others))

    async def test_without_rooms(self, database: Database, start: datetime, end: datetime) -> None:
        await insert(database, row(), row(start, end, employee_id=MAGNUS))


@pytest.mark.parametrize("status", list(TimeSlotStatus))
async def test_only_what_a_booking_holds_excludes_others(database: Database, status: TimeSlotStatus) -> None:
    first, second = row(status=TimeSlotStatus.BOOKED), row(status=status)
    if status in HELD:
        assert await violated(database, first, second) == EMPLOYEE_OVERLAP
    else:
        await insert(database, first, second)


@pytest.mark.parametrize("other", [{}, {"room_id": NYHAVN}])
async def test_time_without_an_employee_comes_from_a_calendar_of_its_room(
    database: Database, other: dict[str, Any]
) -> None:
    found = await violated(database, row(other=other, employee_id=None))
    assert found == "time_slot_has_an_employee_or_a_rooms_calendar"


@pytest.mark.parametrize("owners", [{}, {"employee_id": FREJA, "room_id": NYHAVN}])
async def test_a_calendar_has_one_owner(database: Database, owners: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError) as refused:
        async with database.transaction() as session:
            await session.execute(sa.insert(CalendarRow).values(id=uuid4(), name="Outlook", busy_times=0, **owners))
    assert violated_constraint(refused.value) == "calendar_has_one_owner"


async def test_a_calendar_entry_that_becomes_a_booking_must_not_overlap(database: Database) -> None:
    busy = row(status=TimeSlotStatus.BUSY)
    await insert(database, row(), busy)
    with pytest.raises(IntegrityError) as refused:
        async with database.transaction() as session:
            await session.execute(sa.update(TimeSlotRow).values(status=TimeSlotStatus.BOOKED))
    assert violated_constraint(refused.value) == EMPLOYEE_OVERLAP


async def test_what_touches_does_not_overlap(database: Database) -> None:
    await insert(database, row(NINE, TEN, room_id=NYHAVN), row(TEN, ELEVEN, room_id=NYHAVN))
    await insert(database, row(NINE - HALF, NINE, room_id=NYHAVN))


async def test_one_hold_per_token(database: Database) -> None:
    mine = {"client_id": "a", "reservation_token": "one", "hold_expires_at": ELEVEN}
    assert await violated(database, row(other=mine), row(TEN, ELEVEN, mine)) == "one_hold_per_token"
    await insert(database, row(TEN, ELEVEN, mine, client_id="b"))
    await insert(database, row(ELEVEN, ELEVEN + HALF, mine, hold_expires_at=None))


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (row(TEN, NINE), "time_slot_ends_after_it_starts"),
        (row(NINE, NINE), "time_slot_ends_after_it_starts"),
        (row(status="Free"), "time_slot_status_is_known"),
        (row(hold_expires_at=TEN), "time_slot_hold_has_an_owner"),
        (row(hold_expires_at=TEN, client_id="a"), "time_slot_hold_has_an_owner"),
        (row(employee_id=uuid4()), "time_slot_employee_id_fkey"),
    ],
)
async def test_nonsense_is_refused(database: Database, values: dict[str, Any], name: str) -> None:
    assert await violated(database, values) == name


@pytest.mark.parametrize(
    ("starts", "ends", "allowed"),
    [
        (time(7), time(9), True),
        (time(16), time(0), True),
        (time(10), time(11), False),
        (time(8), time(9, 0, 1), False),
        (time(15, 59, 59), time(0), False),
        (time(0), time(0), False),
    ],
)
async def test_working_spans_of_one_weekday_do_not_overlap(
    database: Database, starts: time, ends: time, allowed: bool
) -> None:
    """Freja works from 09:00 to 16:00 on Mondays."""
    values = {"employee_id": FREJA, "location": "copenhagen-city", "meeting_types": []}
    insertion = sa.insert(WorkdayRow).values(weekday=1, starts=starts, ends=ends, **values)
    async with undone(database) as session:
        await session.execute(insertion.values(weekday=7))
        if allowed:
            await session.execute(insertion)
            return
        with pytest.raises(IntegrityError) as refused:
            await session.execute(insertion)
        assert violated_constraint(refused.value) == "working_spans_of_a_weekday_do_not_overlap"
