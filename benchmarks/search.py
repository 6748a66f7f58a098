"""A search through HTTP, against reading the same rows and encoding the same answer.

Starts a PostgreSQL of its own and the API in this process behind a real socket. Both requests are asked in turns.

    uv run python -m benchmarks.search [--quick] [--json FILE]
"""

import argparse
import asyncio
import json
import statistics
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Annotated, Any
from uuid import UUID

import httpx
import sqlalchemy as sa
import uvicorn
from fastapi import APIRouter, FastAPI, Query
from sqlmodel import SQLModel

from api.app import create_app
from api.auth import Reader
from api.route import JsonRoute
from api.schemas.time_slots import AvailableQuery, AvailableTimeSlot
from api.search import AROUND
from api.state import Transaction
from bookme.settings import Settings
from bookme.stack.ports import free_port
from bookme.stack.postgres import EmbeddedPostgres
from domain.meetings import MeetingType
from domain.time_slots import Interval, TimeSlotStatus
from storage.database import Database
from storage.migrate import migrate
from storage.situations import read_situation
from storage.tables import EmployeeRow, LocationRow, OrganisationRow, RoomRow, TimeSlotRow, WorkdayRow

SIZES = ((50, 14), (500, 30), (2000, 31))
QUICK = ((20, 3),)
BUSY_A_DAY = 5
ROOMS = 20
WEEK, WORKING_DAYS = 7, 5
TYPES = [str(each) for each in (MeetingType.ONLINE, MeetingType.PHYSICAL)]
SEARCH = "/bookme/time-slots/available"
BASELINE = "/benchmark/read-and-encode"


@dataclass(frozen=True)
class Figure:
    """Milliseconds of one search, and of reading and encoding alone."""

    employees: int
    days: int
    best: bool
    time_slots: int
    search_median: float
    search_p95: float
    baseline_median: float

    @property
    def ratio(self) -> float:
        return self.search_median / self.baseline_median


def monday() -> datetime:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=7 - today.weekday())


def rows(employees: int, days: int) -> Iterator[list[SQLModel]]:
    """An organisation, in the order in which it can be inserted."""
    random = Random(employees)
    yield [OrganisationRow(name="Benchmark", email="bench@example.com", time_zone="Europe/Copenhagen")]
    yield [LocationRow(id=each, display_name=each) for each in ("north", "south")]
    yield [
        RoomRow(id=UUID(int=each + 1), name=f"Room {each}", email="", location=("north", "south")[each % 2])
        for each in range(ROOMS)
    ]
    people = [UUID(int=1_000 + each) for each in range(employees)]
    yield [employee(each) for each in people]
    yield [workday(each, number, weekday) for number, each in enumerate(people) for weekday in range(1, 6)]
    for each in people:
        yield list(busy(each, days, random))


def employee(identity: UUID) -> EmployeeRow:
    name = f"E{identity.int}"
    return EmployeeRow(id=identity, display_name=name, first_name=name, last_name="", email="", initials="")


def workday(identity: UUID, number: int, weekday: int) -> WorkdayRow:
    return WorkdayRow(
        employee_id=identity,
        weekday=weekday,
        starts=time(8),
        ends=time(16),
        location=("north", "south")[number % 2],
        meeting_types=TYPES,
    )


def busy(identity: UUID, days: int, random: Random) -> Iterator[TimeSlotRow]:
    """Five half hours of each working day."""
    now = datetime.now(UTC)
    for day in (each for each in range(days) if each % WEEK < WORKING_DAYS):
        for half_hour in random.sample(range(16), BUSY_A_DAY):
            start = monday() + timedelta(days=day, hours=7, minutes=30 * half_hour)
            yield TimeSlotRow(
                id=UUID(int=random.getrandbits(128)),
                employee_id=identity,
                start_at=start,
                end_at=start + timedelta(minutes=30),
                status=TimeSlotStatus.BUSY,
                booking_key=UUID(int=random.getrandbits(128)),
                created_at=now,
                modified_at=now,
            )


async def fill(database: Database, employees: int, days: int) -> None:
    async with database.transaction() as session:
        for table in reversed(SQLModel.metadata.sorted_tables):
            await session.execute(sa.delete(table))
        for some in rows(employees, days):
            await session.execute(sa.insert(type(some[0])), [row.model_dump() for row in some])
    async with database.transaction() as session:
        await session.execute(sa.text("ANALYZE"))


def add_baseline(app: FastAPI, answers: dict[str, list[AvailableTimeSlot]]) -> None:
    """An endpoint that reads what the search reads, and encodes what it last answered."""
    router = APIRouter(route_class=JsonRoute)

    @router.get(BASELINE)
    async def read_and_encode(
        _: Reader, session: Transaction, query: Annotated[AvailableQuery, Query()]
    ) -> list[AvailableTimeSlot]:
        start, reach = query.start_date or monday(), query.look_forward_time or timedelta(days=1)
        await read_situation(session, Interval(start - AROUND, start + reach + timedelta(hours=1) + AROUND))
        return answers["last"]

    app.include_router(router)


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", access_log=False))
    running = asyncio.create_task(server.serve())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it by an attribute
            await asyncio.sleep(0.01)
        form = {"grant_type": "client_credentials", "client_id": "bench", "client_secret": "bookme-development"}
        token = (await client.post("/oauth2/token", data=form)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client
    server.should_exit = True
    await running


async def timed(client: httpx.AsyncClient, path: str, query: dict[str, str]) -> tuple[float, Any]:
    began = perf_counter()
    answer = await client.get(path, params=query)
    took = (perf_counter() - began) * 1000
    answer.raise_for_status()
    return took, answer.json()


async def measure(
    client: httpx.AsyncClient, answers: dict[str, list[AvailableTimeSlot]], size: tuple[int, int], *, best: bool, n: int
) -> Figure:
    employees, days = size
    query = {
        "requireEmployeeParticipation": "false",
        "startDate": monday().isoformat(),
        "lookForwardTime": f"P{days}D",
        "getBestTimeSlots": str(best).lower(),
    }
    _, found = await timed(client, SEARCH, query)
    answers["last"] = [AvailableTimeSlot.model_validate(slot) for slot in found]
    searches, baselines = [], []
    for _ in range(n):
        searches.append((await timed(client, SEARCH, query))[0])
        baselines.append((await timed(client, BASELINE, query))[0])
    return Figure(
        employees=employees,
        days=days,
        best=best,
        time_slots=len(found),
        search_median=statistics.median(searches),
        search_p95=sorted(searches)[int(0.95 * (n - 1))],
        baseline_median=statistics.median(baselines),
    )


async def run(sizes: tuple[tuple[int, int], ...], rounds: int) -> list[Figure]:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bookme-") as directory:
        async with EmbeddedPostgres.running(Path(directory) / "postgres", fast=True) as postgres:
            key = Path(directory) / "issuer.pem"
            settings = Settings.model_validate(
                {"database_url": postgres.url, "dev_issuer": True, "dev_issuer_key": key}
            )
            database = Database(postgres.url)
            await migrate(database)
            answers: dict[str, list[AvailableTimeSlot]] = {}
            app = create_app(settings)
            add_baseline(app, answers)
            async with served(app) as client:
                for size in sizes:
                    await fill(database, *size)
                    n = max(3, min(rounds, 20_000 // (size[0] * size[1] // 50)))
                    for best in (True, False):
                        figures.append(await measure(client, answers, size, best=best, n=n))
                        show(figures[-1])
            await database.close()
    return figures


def show(each: Figure) -> None:
    print(
        f"{each.employees:>9} {each.days:>4}  {'best' if each.best else 'all':4} {each.time_slots:>7} "
        f"{each.search_median:>9.1f} {each.search_p95:>9.1f} {each.baseline_median:>9.1f} {each.ratio:>6.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one small size, in seconds")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    asked = parser.parse_args()
    print("milliseconds through HTTP; baseline: the same rows read, the same answer encoded")
    print(f"{'employees':>9} {'days':>4}  {'':4} {'slots':>7} {'median':>9} {'p95':>9} {'baseline':>9} {'ratio':>6}")
    figures = asyncio.run(run(QUICK if asked.quick else SIZES, 5 if asked.quick else 40))
    if asked.json:
        asked.json.write_text(json.dumps([asdict(each) | {"ratio": each.ratio} for each in figures], indent=2))


if __name__ == "__main__":
    main()
