"""One race: clients who all want the same time slot at the same moment, and what each of them is told."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter
from typing import Final
from uuid import uuid4

from benchmarks.lives import RESERVE, Json, reservation
from benchmarks.service import Answer, Service

PATIENCE: Final = 60.0
"""Seconds after which nobody asks again."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, how long it took, and when it came, in seconds since the race began."""

    status: int
    seconds: float
    at: float
    is_by_the_contract: bool


@dataclass(frozen=True, slots=True)
class Race:
    """Of each client all answers, in order."""

    name: str
    told: list[list[Told]]

    @property
    def answers(self) -> list[Told]:
        return [answer for answers in self.told for answer in answers]

    @property
    def winners(self) -> int:
        return sum(answers[-1].status == HTTPStatus.OK for answers in self.told)

    @property
    def at_first(self) -> Counter[int]:
        return Counter(answers[0].status for answers in self.told)

    @property
    def in_the_end(self) -> Counter[int]:
        return Counter(answers[-1].status for answers in self.told)

    @property
    def all_answered(self) -> float:
        """When the last one was told something."""
        return max(answers[0].at for answers in self.told)

    @property
    def all_settled(self) -> float:
        """When the last one knew."""
        return max(answers[-1].at for answers in self.told)


async def race(service: Service, name: str, slot: Json, clients: int) -> Race:
    await service.connect(clients)
    began = perf_counter()
    tokens = (f"{name}.{uuid4().hex}" for _ in range(clients))
    return Race(name, list(await asyncio.gather(*(_run(service, reservation(slot, each), began) for each in tokens))))


async def _run(service: Service, wish: Json, began: float) -> list[Told]:
    """Asks until it knows, and comes later when it is told to."""
    told = []
    while True:
        sent = perf_counter()
        answer = await service.ask("POST", RESERVE, wish)
        now = perf_counter()
        told.append(Told(answer.status, now - sent, now - began, is_by_the_contract(answer)))
        if not answer.wait or now - began > PATIENCE:
            return told
        await asyncio.sleep(answer.wait)


def is_by_the_contract(answer: Answer) -> bool:
    """A reservation, a conflict, or that it may come later, and when; a refusal says why, in both vocabularies."""
    if answer.status == HTTPStatus.OK:
        return bool(answer.json()["id"])
    content = answer.json()
    says_why = all(content.get(each) for each in ("title", "status", "code", "message"))
    if answer.wait:
        return says_why and answer.headers.get("retry-after", "").isdecimal()
    return says_why and answer.status == HTTPStatus.CONFLICT and bool(content.get("reason"))
