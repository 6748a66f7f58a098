"""A quiet client that reserves one time slot after another and gives each back. Its reservations are timed."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final
from uuid import uuid4

from benchmarks.results.report import percentiles
from benchmarks.workload.http_client import Service
from benchmarks.workload.journeys import RESERVE, Json, reservation

GIVES_UP_AFTER: Final = 30.0
"""Seconds after which a request that is still refused is not sent again; a reservation counts with this time."""

PAUSE: Final = 0.02
"""Seconds between two reservations of the quiet client."""


@dataclass(slots=True)
class Timed:
    """Seconds of each reservation of the quiet client, and the number of answers 429 or 503 (`later`)."""

    seconds: list[float] = field(default_factory=list)
    later: int = 0

    @property
    def milliseconds(self) -> tuple[float, float, float]:
        """p50, p95 and p99."""
        return percentiles(self.seconds)


async def persistently(
    service: Service, method: str, path: str, body: Json | None = None, timed: Timed | None = None
) -> Json:
    """Repeat a request while it is answered 429 or 503, for a limited time.

    Returns the answer, or {} if the answer is empty or still 429 or 503. Raises `UnexpectedAnswer` for another error.
    """
    began, content = perf_counter(), json.dumps(body).encode() if body else b""
    while (answer := await service.send(method, path, content)).wait and perf_counter() - began < GIVES_UP_AFTER:
        if timed:
            timed.later += 1
        await asyncio.sleep(answer.wait)
    if timed:
        timed.seconds.append(perf_counter() - began)
    if answer.wait or not answer.body:
        return {}
    found: Json = answer.checked().json()
    return found


async def time_reservations(service: Service, slots: Iterator[Json], seconds: float) -> Timed:
    """Reserve one time slot after another for `seconds`, and give each back. Only the reservations are timed."""
    timed, ends = Timed(), perf_counter() + seconds
    while perf_counter() < ends:
        held = await persistently(service, "POST", RESERVE, reservation(next(slots), uuid4().hex), timed)
        if held:
            await persistently(service, "DELETE", f"/bookme/time-slots/{held['id']}")
        await asyncio.sleep(PAUSE)
    return timed


def print_timed(**measured: Timed) -> None:
    """Print a table with the times of the reservations in milliseconds, one line for each measurement."""
    print(f"{'milliseconds':<12}{'p50':>10}{'p95':>10}{'p99':>10}{'slowest':>10}{'count':>10}{'again':>10}")
    for name, timed in measured.items():
        figures = (*timed.milliseconds, max(timed.seconds) * 1000)
        print(f"{name:<12}{''.join(f'{each:>10.1f}' for each in figures)}{len(timed.seconds):>10}{timed.later:>10}")
