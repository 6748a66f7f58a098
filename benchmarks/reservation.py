"""Measure the parts of one reservation's time, with one client, and the bare engine's update for comparison.

Starts `bookme dev`. These parts are measured in turns, each with another time slot:

bare    the first update of a workflow with one local activity that does nothing: the minimum for any engine request
step    the transaction that reserves, without the engine: lock, rules, insert, event, commit to disk
run     the booking's workflow, called without the API: the bare update, the step, and our payload
look    the API's first query of the database, with which a repeat or a conflict needs no workflow
whole   a reservation over HTTP: the look, the run, the access token, HTTP
"""

import argparse
import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Final
from uuid import UUID, uuid4

from temporalio.client import Client

from api.temporal.bookings import new_run
from api.temporal.gateway import TemporalGateway
from benchmarks.results.report import bar, conclude, options, percentiles, progress
from benchmarks.stack.dev_stack import database_url, running
from benchmarks.workload.http_client import Service
from benchmarks.workload.journeys import RESERVE, BareJourneys, BookingJourneys, authorise, reservation
from config.settings import Settings
from domain.messages.booking import BookingKey, ReserveTimeSlot, WantedTimeSlot
from services.booking.reservations import BookingLimits, look, reserve
from storage.database import Database
from workflows.booking.messages import ReserveRequest, TimeSlotOutcome

WARM: Final = 10
TERMS: Final = BookingLimits(timedelta(minutes=5), timedelta(minutes=15), 100_000)
Part = Callable[[], Awaitable[object]]


class Parts:
    """The measured parts. Each call takes another time slot and another token."""

    def __init__(self, service: Service, client: Client, database: Database, booked: BookingJourneys) -> None:
        self._service = service
        self._engine = TemporalGateway(client, Settings().task_queue)
        self._database = database
        self._booked = booked
        self._bare = BareJourneys(client)

    @property
    def all(self) -> Mapping[str, Part]:
        return {"bare": self.bare, "step": self.step, "run": self.run, "look": self.look, "whole": self.whole}

    async def bare(self) -> None:
        await self._bare.update(f"bare-{uuid4()}")

    async def step(self) -> None:
        slot, wanted = uuid4(), self._wanted()
        step = ReserveTimeSlot(booking=somebody(), time_slot_id=slot, booking_key=slot, wanted=wanted)
        async with self._database.transaction() as session:
            await reserve(session, step, TERMS)

    async def run(self) -> None:
        request = ReserveRequest(asked=uuid4().hex, wanted=self._wanted())
        run = new_run(somebody(), request, "reserve")
        await self._engine.execute_update(request, "reserve", run, TimeSlotOutcome)

    async def look(self) -> None:
        async with self._database.transaction() as session:
            await look(session, somebody(), self._wanted())

    async def whole(self) -> None:
        answer = await self._service.ask("POST", RESERVE, reservation(self._booked.next_slot(), uuid4().hex))
        answer.checked()

    def _wanted(self) -> WantedTimeSlot:
        slot = self._booked.next_slot()
        start, end = (datetime.fromisoformat(slot[name]) for name in ("startDate", "endDate"))
        return WantedTimeSlot(start=start, end=end, employee_id=UUID(slot["employeeId"]))


def somebody() -> BookingKey:
    return BookingKey(client_id="benchmark", token=uuid4().hex)


async def main(rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each part, one value per round."""
    with tempfile.TemporaryDirectory(prefix="bookme-bench-") as directory:
        progress("starting the stack")
        async with running(Path(directory), 1, 1) as (service, client), connected(Path(directory)) as database:
            await authorise(service)
            parts = Parts(service, client, database, await BookingJourneys.prepared(service))
            await timed(parts, WARM)
            return await timed(parts, rounds)


@asynccontextmanager
async def connected(directory: Path) -> AsyncIterator[Database]:
    database = Database(database_url(directory))
    yield database
    await database.close()


async def timed(parts: Parts, rounds: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in parts.all}
    for _ in range(rounds):
        for name, part in parts.all.items():
            began = perf_counter()
            await part()
            found[name].append(perf_counter() - began)
    return found


def print_results(found: Mapping[str, list[float]]) -> None:
    most = percentiles(found["whole"])[0]
    print(f"{'milliseconds':12} {'':20} {'p50':>7} {'p95':>7} {'p99':>7}")
    for name, seconds in found.items():
        p50, p95, p99 = percentiles(seconds)
        print(f"{name:12} {bar(p50, most)} {p50:7.1f} {p95:7.1f} {p99:7.1f}")


def arguments() -> argparse.ArgumentParser:
    parser = options("reservation", __doc__)
    parser.add_argument("--rounds", type=int, default=200, help="of each part, in turns (200)")
    return parser


if __name__ == "__main__":
    given = arguments().parse_args()
    measured = asyncio.run(main(3 if given.quick else given.rounds))
    print_results(measured)
    conclude(given, [], milliseconds={name: percentiles(seconds) for name, seconds in measured.items()})
