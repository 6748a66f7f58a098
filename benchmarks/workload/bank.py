"""Test data of any size for the benchmarks: a bank's employees at two locations, their workdays and time slots."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from uuid import UUID

import asyncpg
import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.meetings import MeetingType
from storage.database import Database
from storage.tables.organisation import EmployeeRow, LocationRow, OrganisationRow, RoomRow, WorkdayRow

ROOMS: Final = 20
LOCATIONS: Final = ("north", "south")
TYPES: Final = [str(each) for each in (MeetingType.ONLINE, MeetingType.PHYSICAL)]
BUSY_A_DAY: Final = 5
WEEK, WORKING_DAYS = 7, 5

STORE: Final = """
WITH numbered AS (
    SELECT id, row_number() OVER (ORDER BY id) AS number FROM employee WHERE id = ANY($5)
),
half_hour AS (
    SELECT numbered.*, chosen.start_at, row_number() OVER () AS place,
           abs(hashtext(numbered.id::text || chosen.start_at)) % 1000 AS lot
    FROM numbered
    CROSS JOIN generate_series($2::int, $3::int - 1) AS day
    CROSS JOIN LATERAL (
        SELECT $1::timestamptz + day * interval '1 day' + (14 + half) * interval '30 minutes' AS start_at
        FROM generate_series(0, 15) AS half
        ORDER BY hashtext(numbered.id::text || day || '/' || half)
        LIMIT 5
    ) AS chosen
    WHERE extract(isodow FROM $1::timestamptz + day * interval '1 day') < 6
),
drawn AS (
    SELECT half_hour.*, room.id AS room_id,
           CASE WHEN lot < $4::int AND start_at > now() THEN 'Reserved'
                WHEN lot % 2 = 0 THEN 'Booked' ELSE 'Busy' END AS status
    FROM half_hour
    LEFT JOIN (
        SELECT id, row_number() OVER (ORDER BY id) AS number FROM room WHERE location = ANY($6)
    ) AS room USING (number)
)
INSERT INTO time_slot (id, start_at, end_at, status, employee_id, room_id, booking_key, version, client_id,
                       reservation_token, hold_expires_at, created_at, modified_at)
SELECT gen_random_uuid(), start_at, start_at + interval '30 minutes', status, id,
       CASE WHEN status <> 'Busy' THEN room_id END,
       gen_random_uuid(), 1,
       CASE WHEN status <> 'Busy' THEN 'client-' || lot % 7 END,
       CASE WHEN status <> 'Busy' THEN 'token-' || place END,
       CASE WHEN status = 'Reserved' THEN now() + (lot % 2 * 120 - 60) * interval '1 minute' END,
       now(), now()
FROM drawn
ORDER BY start_at
"""
"""SQL that fills five of the sixteen half hours of each working day: half meetings, half busy times, and some holds.

Each of the first employees has an own room for meetings. Rows are inserted in the order of their start, as in
production.
"""


@dataclass(frozen=True, slots=True)
class Bank:
    """Size of the test data: `employees` with entries on `days` from next Monday on and in the `past_weeks` before it.

    Of a thousand entries in the future, `holds` are reservations. Half of these have expired.
    """

    employees: int
    days: int
    past_weeks: int = 0
    holds: int = 0

    @property
    def entries(self) -> int:
        ahead = sum(day % WEEK < WORKING_DAYS for day in range(self.days))
        return self.employees * BUSY_A_DAY * (ahead + WORKING_DAYS * self.past_weeks)

    @property
    def people(self) -> list[UUID]:
        """Return the ids of the employees."""
        return [UUID(int=1_000 + number) for number in range(self.employees)]

    def configuration(self) -> Iterator[list[SQLModel]]:
        """Yield all rows except the organisation and the entries, in an order in which they can be inserted."""
        yield [LocationRow(id=each, display_name=each) for each in LOCATIONS]
        yield [_room(each) for each in range(ROOMS)]
        yield [_employee(each) for each in self.people]
        yield [_workday(each, number, weekday) for number, each in enumerate(self.people) for weekday in range(1, 6)]


def monday() -> datetime:
    """Return next Monday, 00:00 UTC."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=WEEK - today.weekday())


async def fill(database: Database, url: str, bank: Bank, start: datetime | None = None) -> None:
    """Replace everything that is stored by the bank's data, and update the statistics of the planner.

    `start` is the Monday of the first entries, 00:00 UTC. The default is next Monday.
    """
    async with database.transaction() as session:
        for table in reversed(SQLModel.metadata.sorted_tables):
            await session.execute(sa.delete(table))
        session.add(OrganisationRow(name="Benchmark", email="bench@example.com", time_zone="Europe/Copenhagen"))
    await add(database, url, bank, start)


async def add(database: Database, url: str, bank: Bank, start: datetime | None = None) -> None:
    """Add the bank's employees and entries to the organisation that is stored. Arguments are those of `fill`."""
    async with database.transaction() as session:
        for some in bank.configuration():
            await session.execute(sa.insert(type(some[0])), [row.model_dump() for row in some])
    # Not through `Database`, whose timeouts are too short for a million rows.
    connection = await asyncpg.connect(url)
    try:
        days = (-WEEK * bank.past_weeks, bank.days)
        await connection.execute(STORE, start or monday(), *days, bank.holds, bank.people, LOCATIONS)
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()


def _place(number: int) -> str:
    return LOCATIONS[number % len(LOCATIONS)]


def _room(number: int) -> RoomRow:
    return RoomRow(id=UUID(int=number + 1), name=f"Room {number}", email="", location=_place(number))


def _employee(identity: UUID) -> EmployeeRow:
    name = f"E{identity.int}"
    return EmployeeRow(id=identity, display_name=name, first_name=name, last_name="", email="", initials="")


def _workday(identity: UUID, number: int, weekday: int) -> WorkdayRow:
    return WorkdayRow(
        employee_id=identity,
        weekday=weekday,
        starts=time(8),
        ends=time(16),
        location=_place(number),
        meeting_types=TYPES,
    )
