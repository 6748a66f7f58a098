"""Show the index and the time of each statement of a search and of a reservation, with very many time slots.

Starts its own PostgreSQL and fills it with 68 weeks in the past and 12 in the future, and 25 entries per employee and
week. The statements are those that the product's functions send. Each is run five times with EXPLAIN (ANALYZE,
BUFFERS), and the median is printed. The indexes that check the constraints of an insert come from PostgreSQL's
counters.

Exits with 1 when a statement reads all time slots sequentially.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import col

from benchmarks.results.query_plans import Operation, Plan, plan_of
from benchmarks.workload.bank import BUSY_A_DAY, WEEK, WORKING_DAYS, Bank, fill, monday
from devstack.postgres import EmbeddedPostgres
from domain.local_time import LOCAL_DAY
from domain.time_slots import Interval, TimeSlotStatus
from services.booking.candidates import DAY
from storage.availability.changes import read_everything
from storage.availability.situations import read_availability_data
from storage.bookings import holds, time_slots
from storage.database import Database
from storage.migrate import migrate
from storage.tables.booking import TimeSlotRow
from storage.tables.organisation import RoomRow

PAST_WEEKS, WEEKS_AHEAD = 68, 12
OF_EACH: Final = (PAST_WEEKS + WEEKS_AHEAD) * WORKING_DAYS * BUSY_A_DAY
HOLDS: Final = 20
"""Holds per thousand entries in the future. Half of them have expired."""
FEWEST: Final = 10_000
"""The fewest rows. Among fewer there may be no expired hold."""
CLIENT, TOKEN = "client-1", "benchmark"
TTL: Final = timedelta(minutes=5)
WIDTH: Final = 38


@dataclass(frozen=True, slots=True)
class Wanted:
    """Data of the reservation: the time and the employee of an expired hold, and a room."""

    interval: Interval
    employee: UUID
    room: UUID

    @property
    def around(self) -> Interval:
        return Interval(self.interval.start - DAY - LOCAL_DAY, self.interval.end + DAY + LOCAL_DAY)

    @property
    def columns(self) -> Mapping[str, object]:
        """Return the columns of the hold to insert, half a day earlier, because everybody is free at night."""
        return {
            "id": uuid4(),
            "start_at": self.interval.start - DAY / 2,
            "end_at": self.interval.end - DAY / 2,
            "status": TimeSlotStatus.RESERVED,
            "employee_id": self.employee,
            "room_id": self.room,
            "booking_key": uuid4(),
            "client_id": CLIENT,
            "reservation_token": TOKEN,
            "additional_employees": [],
        }


async def wish(database: Database) -> Wanted:
    lapsed = sa.select(TimeSlotRow).where(time_slots.IS_OVERDUE).order_by(col(TimeSlotRow.start_at)).limit(1)
    async with database.transaction() as session:
        slot = (await session.scalars(lapsed)).one()
        room = (await session.execute(sa.select(col(RoomRow.id)).limit(1))).scalar_one()
    return Wanted(Interval(slot.start_at, slot.end_at), slot.required_employee_id, room)


def operations(wanted: Wanted) -> dict[str, Operation]:
    """Return the measured functions of the product, each with the product's own calls."""
    fortnight = Interval(monday(), monday() + timedelta(days=14))
    people, rooms = [wanted.employee], [wanted.room]
    return {
        "search: everybody, 14 days": lambda session: read_everything(session, fortnight),
        "reservation: what may be in the way": lambda session: read_availability_data(
            session, wanted.around, people, rooms=rooms
        ),
        "reservation: lapsed holds in the way": lambda session: holds.remove_superseded(
            session, CLIENT, TOKEN, wanted.interval, people, rooms
        ),
        "reservation: the client's live holds": lambda session: time_slots.count_live_holds(session, CLIENT),
        "reservation: insert, no overlap": lambda session: holds.add_hold(session, TTL, wanted.columns),
    }


async def run(rows: int) -> dict[str, Plan]:
    """Measure and print the plan of each function."""
    with tempfile.TemporaryDirectory(prefix="bookme-") as directory:
        async with EmbeddedPostgres.running(Path(directory) / "postgres", fast=True) as postgres:
            database = Database(postgres.url)
            await migrate(database)
            bank, began = Bank(-(-rows // OF_EACH), WEEKS_AHEAD * WEEK, PAST_WEEKS, HOLDS), perf_counter()
            await fill(database, postgres.url, bank)
            print(f"{bank.entries:,} time slots of {bank.employees} employees, in {perf_counter() - began:.0f} s\n")
            print(f"{'':{WIDTH}} {'ms':>8} {'pages':>7}  index", flush=True)
            plans: dict[str, Plan] = {}
            for name, operation in operations(await wish(database)).items():
                plans[name] = each = await plan_of(database, operation)
                answers_by_client = ", ".join(each.indexes) + " AND ALL ROWS" * each.sequential
                print(f"{name:{WIDTH}} {each.milliseconds:>8.2f} {each.pages:>7}  {answers_by_client}", flush=True)
            await database.close()
    return plans


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.indexes",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Among few rows PostgreSQL is right to read them all: of less than 50,000 this says nothing.",
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="about how many time slots (default: 1,000,000)")
    parser.add_argument("--plans", action="store_true", help="also print each plan")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything to this file")
    asked = parser.parse_args()
    if asked.rows < FEWEST:
        parser.error(f"--rows must be at least {FEWEST}")
    plans = asyncio.run(run(asked.rows))
    if asked.plans:
        for name, plan in plans.items():
            print("", name, *plan.text, sep="\n")
    if asked.json:
        asked.json.write_text(json.dumps({name: asdict(plan) for name, plan in plans.items()}, indent=2))
    if any(plan.sequential for plan in plans.values()):
        raise SystemExit("All time slots are read, one after the other.")


if __name__ == "__main__":
    main()
