"""Searches at a fixed rate, whether or not earlier searches have been answered."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

from benchmarks.workload.bank import Bank, monday
from benchmarks.workload.http_client import Service

PATH: Final = "/bookme/time-slots/available"
SMALL_EMPLOYEES, SMALL_DAYS = 50, 14


@dataclass(frozen=True, slots=True)
class Search:
    """A query, sent every `every` seconds, for the first time after `first` seconds."""

    name: str
    query: Mapping[str, str]
    every: float
    first: float = 0.0


@dataclass(slots=True)
class Answered:
    """Seconds of the answers with time slots, and the number of all other answers by status."""

    seconds: list[float] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)


def searches(bank: Bank, per_second: float) -> list[Search]:
    """Return a small search at this rate, and one of the whole bank every 5 s. Both ask for the best time slots."""
    period = {"requireEmployeeParticipation": "false", "startDate": monday().isoformat()}
    some = ",".join(str(each) for each in bank.people[:SMALL_EMPLOYEES])
    small = {**period, "lookForwardTime": f"P{min(SMALL_DAYS, bank.days)}D", "explicitEmployeeIds": some}
    large = {**period, "lookForwardTime": f"P{bank.days}D"}
    count = min(SMALL_EMPLOYEES, bank.employees)
    return [
        Search(f"{count} x {min(SMALL_DAYS, bank.days)}", small, 1 / per_second),
        Search(f"{bank.employees:,} x {bank.days}", large, 5.0, first=0.5),
    ]


async def send_for(service: Service, wanted: list[Search], seconds: float, answers: Mapping[str, Answered]) -> None:
    """Send the searches for some seconds, wait for the last answer, and add all answers."""
    async with asyncio.TaskGroup() as sending:
        for each in wanted:
            sending.create_task(_send_one_for(service, each, seconds, answers[each.name]))


async def _send_one_for(service: Service, search: Search, seconds: float, answers: Answered) -> None:
    began = perf_counter()
    async with asyncio.TaskGroup() as sending:
        due = search.first
        while due < seconds:
            await asyncio.sleep(max(0.0, began + due - perf_counter()))
            sending.create_task(_send(service, search, answers))
            due += search.every


async def _send(service: Service, search: Search, answers: Answered) -> None:
    began = perf_counter()
    answer = await service.get(PATH, search.query)
    if answer.is_success:
        answers.seconds.append(perf_counter() - began)
    else:
        answers.refused[answer.status] += 1
