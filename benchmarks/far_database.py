"""Measure the time and round trips of each step of a journey with a database that is far away.

    uv run python -m benchmarks.far_database --milliseconds 100

A journey searches, reserves, books, creates the meeting and gets its calendar file. API and worker reach PostgreSQL
through a proxy that delays each direction by half of `--milliseconds`. The first journeys open the connections and
prepare the statements. They are not counted.
"""

import argparse
import asyncio
import statistics
import tempfile
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.stack.dev_stack import started
from benchmarks.stack.without_workers import Site, site
from benchmarks.workload.journeys import OPEN, RESERVE, BookingJourneys, reservation

STEPS: Final = ("search", "reserve", "book", "meeting", "calendar file")
FIRST: Final = 6
JOURNEYS: Final = 8


async def measure(directory: Path, seconds: float) -> None:
    async with site(directory) as running, started(running.worker(1)):
        booked = await BookingJourneys.prepared(running.service)
        await journeys(running, booked, FIRST)
        near = await journeys(running, booked, JOURNEYS)
        running.proxy.delay = seconds / 2
        await journeys(running, booked, FIRST)
        far = await journeys(running, booked, JOURNEYS)
        running.proxy.delay = 0.0
    for step, before, after in zip((*STEPS, "journey"), near, far, strict=True):
        trips = (after - before) / seconds
        print(f"{step:14} {1000 * before:6.0f} ms near {1000 * after:6.0f} ms far {trips:6.1f} round trips")


async def journeys(running: Site, booked: BookingJourneys, times: int) -> list[float]:
    """Return the median seconds of each step, and of the whole journey."""
    taken = [await journey(running, booked) for _ in range(times)]
    return [statistics.median(each) for each in zip(*((*one, sum(one)) for one in taken), strict=True)]


async def journey(running: Site, booked: BookingJourneys) -> list[float]:
    slot, service = booked.next_slot(), running.service
    times = [perf_counter()]
    (await service.get("/bookme/time-slots/available", {**OPEN, "startDate": slot["startDate"]})).checked()
    times.append(perf_counter())
    wanted = reservation(slot, f"far-{times[0]}")
    held = (await service.ask("POST", RESERVE, wanted)).checked().json()
    times.append(perf_counter())
    marked = [{"op": "replace", "path": "/status", "value": "Booked"}]
    (await service.ask("PATCH", f"/bookme/time-slots/{held['id']}", marked)).checked()
    times.append(perf_counter())
    content = booked.content | {"timeSlotId": held["id"], "employeeId": held["employeeId"]}
    meeting = (await service.ask("POST", "/bookme/meetings", content)).checked().json()
    times.append(perf_counter())
    (await service.ask("POST", f"/bookme/meetings/{meeting['id']}/ical", {})).checked()
    times.append(perf_counter())
    return [later - earlier for earlier, later in pairwise(times)]


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.far_database", description=__doc__)
    parser.add_argument("--milliseconds", type=float, default=100)
    with tempfile.TemporaryDirectory(prefix="bookme-far-") as directory:
        asyncio.run(measure(Path(directory), parser.parse_args().milliseconds / 1000))


if __name__ == "__main__":
    main()
