"""Measure reservations after an outage of the workers that left thousands of expired holds and fired timers.

    uv run python -m benchmarks.outage --holds 5000 --ttl PT6M

Holds are reserved while a worker runs. The worker is killed, the holds expire, and another worker starts. From then on
the benchmark measures when the last expired hold is gone from the database, when all runs of the holds have ended, and
how long reservations take meanwhile.
"""

import argparse
import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from pydantic import TypeAdapter

from benchmarks.stack.without_workers import Site, site
from benchmarks.workload.http_client import Service
from benchmarks.workload.journeys import RESERVE, free_hours, reservation
from devstack.processes import Child, Program

PATIENCE: Final = 300.0
"""Seconds after which the measurement ends, even if holds or runs are left."""

RESERVING_AT_ONCE: Final = 40
OPEN_RUNS: Final = "WorkflowType = 'BookingWorkflow' AND ExecutionStatus = 'Running'"
LAPSED: Final = "SELECT count(*) FROM time_slot WHERE hold_expires_at <= now() AND companion_of IS NULL"
EXPIRED: Final = "SELECT count(*) FROM booking_event WHERE kind = 'booking.expired'"
LAST_DEADLINE: Final = "SELECT extract(epoch FROM max(hold_expires_at) - now())::float FROM time_slot"


@dataclass(slots=True)
class Report:
    """Seconds from the start of the new worker, and seconds of reservations meanwhile. `refused` counts answers 503."""

    holds: int
    rows_cleared: float | None = None
    runs_ended: float | None = None
    events: int = 0
    seconds: list[float] = field(default_factory=list)
    refused: int = 0

    def __str__(self) -> str:
        ranked = sorted(self.seconds)
        shown = {share: f"{ranked[int(share * (len(ranked) - 1))]:.2f} s" if ranked else "-" for share in (0.5, 0.99)}
        asked = len(ranked) + self.refused
        return (
            f"{self.holds} lapsed holds: rows gone after {_shown(self.rows_cleared)}, {self.events} events, "
            f"runs ended after {_shown(self.runs_ended)}\n"
            f"reservations meanwhile: {asked}, p50 {shown[0.5]}, p99 {shown[0.99]}, 503: {self.refused}"
        )


def _shown(seconds: float | None) -> str:
    return "(not in time)" if seconds is None else f"{seconds:.1f} s"


async def measure(directory: Path, holds: int, ttl: str) -> Report:
    async with site(directory, {"BOOKME_RESERVATION_TTL": ttl, "BOOKME_MAX_HOLDS": "100000"}) as running:
        slots = iter(await free_hours(running.service))
        async with killed_in_the_end(running.worker(1)):
            began = time.monotonic()
            await asyncio.gather(
                *(reserve_many(running.service, slots, times) for times in evenly(holds, RESERVING_AT_ONCE))
            )
            say(f"{holds} holds reserved in {time.monotonic() - began:.0f} s")
            left = await running.database.fetchval(LAST_DEADLINE)
            lapsed = await running.database.fetchval(LAPSED)
        if lapsed:
            raise SystemExit(f"{lapsed} holds have lapsed while the others were reserved: give --ttl more.")
        say(f"worker killed; the last hold lapses in {left:.0f} s")
        await asyncio.sleep(left + 1)
        return await recover(running, slots, holds)


@contextlib.asynccontextmanager
async def killed_in_the_end(worker: Program) -> AsyncIterator[None]:
    child = Child(worker)
    await child.start()
    try:
        yield
    finally:
        child.kill()
        await child.exited()


async def recover(running: Site, slots: Iterator[Any], holds: int) -> Report:
    report, child = Report(holds), Child(running.worker(2))
    began = time.monotonic()
    starting = asyncio.create_task(child.start())
    customers = [asyncio.create_task(reserve_on(running.service, slots, report)) for _ in range(4)]
    try:
        while time.monotonic() - began < PATIENCE and (report.rows_cleared is None or report.runs_ended is None):
            await asyncio.sleep(0.5)
            since = time.monotonic() - began
            fresh = len(report.seconds) + len(customers)
            if report.rows_cleared is None and await running.database.fetchval(LAPSED) == 0:
                report.rows_cleared, report.events = since, await running.database.fetchval(EXPIRED)
            if (await running.client.count_workflows(OPEN_RUNS)).count <= fresh:
                report.runs_ended = since
    finally:
        await starting
        for each in customers:
            each.cancel()
        await child.stop()
    return report


def evenly(total: int, parts: int) -> list[int]:
    """Divide `total` into so many parts, which differ by at most one."""
    return [total // parts + (number < total % parts) for number in range(parts)]


async def reserve_many(service: Service, slots: Iterator[Any], times: int) -> None:
    for _ in range(times):
        await reserve_patiently(service, reservation(next(slots), uuid4().hex))


async def reserve_patiently(service: Service, body: object) -> None:
    while True:
        answer = await service.ask("POST", RESERVE, body)
        if not answer.wait:
            answer.checked()
            return
        await asyncio.sleep(answer.wait)


async def reserve_on(service: Service, slots: Iterator[Any], report: Report) -> None:
    """Reserve one free time slot after another. After a 503, wait as long as `Retry-After` says."""
    for slot in slots:
        body = reservation(slot, uuid4().hex)
        began = time.monotonic()
        answer = await service.ask("POST", RESERVE, body)
        if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
            report.refused += 1
        else:
            answer.checked()
            report.seconds.append(time.monotonic() - began)
        await asyncio.sleep(max(0.1, answer.wait))


def say(text: str) -> None:
    print(text, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.outage", description=__doc__)
    parser.add_argument("--holds", type=int, default=5000)
    parser.add_argument("--ttl", default="PT6M")
    asked = parser.parse_args()
    TypeAdapter(timedelta).validate_python(asked.ttl)
    with tempfile.TemporaryDirectory(prefix="bookme-outage-") as directory:
        say(str(asyncio.run(measure(Path(directory), asked.holds, asked.ttl))))


if __name__ == "__main__":
    main()
