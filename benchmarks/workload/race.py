"""One race: clients that reserve the same time slot at the same moment, and all their answers."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter
from typing import Final
from uuid import uuid4

from benchmarks.workload.http_client import Answer, Service
from benchmarks.workload.journeys import RESERVE, Json, reservation

PATIENCE: Final = 60.0
"""Seconds after which no client tries again."""


@dataclass(frozen=True, slots=True)
class RaceAnswer:
    """An answer, the seconds that it took, and the seconds from the start of the race to its arrival (`at`)."""

    status: int
    seconds: float
    at: float
    is_by_the_contract: bool


@dataclass(frozen=True, slots=True)
class Race:
    """All answers of each client, in order."""

    name: str
    answers_by_client: list[list[RaceAnswer]]

    @property
    def answers(self) -> list[RaceAnswer]:
        return [answer for answers in self.answers_by_client for answer in answers]

    @property
    def winners(self) -> int:
        return sum(answers[-1].status == HTTPStatus.OK for answers in self.answers_by_client)

    @property
    def at_first(self) -> Counter[int]:
        return Counter(answers[0].status for answers in self.answers_by_client)

    @property
    def in_the_end(self) -> Counter[int]:
        return Counter(answers[-1].status for answers in self.answers_by_client)

    @property
    def all_answered(self) -> float:
        """Seconds until every client had its first answer."""
        return max(answers[0].at for answers in self.answers_by_client)

    @property
    def all_settled(self) -> float:
        """Seconds until every client had its final answer."""
        return max(answers[-1].at for answers in self.answers_by_client)


async def race(service: Service, name: str, slot: Json, clients: int) -> Race:
    await service.connect(clients)
    began = perf_counter()
    tokens = (f"{name}.{uuid4().hex}" for _ in range(clients))
    return Race(
        name,
        list(
            await asyncio.gather(*(_reserve_until_decided(service, reservation(slot, each), began) for each in tokens))
        ),
    )


async def _reserve_until_decided(service: Service, body: Json, began: float) -> list[RaceAnswer]:
    """Reserve, and try again after each 429 or 503. Return all answers."""
    answers_by_client = []
    while True:
        sent = perf_counter()
        answer = await service.ask("POST", RESERVE, body)
        now = perf_counter()
        answers_by_client.append(RaceAnswer(answer.status, now - sent, now - began, is_by_the_contract(answer)))
        if not answer.wait or now - began > PATIENCE:
            return answers_by_client
        await asyncio.sleep(answer.wait)


def is_by_the_contract(answer: Answer) -> bool:
    """Return whether the answer is a reservation, a 409 with a reason, or a 429 or 503 with Retry-After.

    Each refusal must have the members of RFC 9457 and of the contract.
    """
    if answer.status == HTTPStatus.OK:
        return bool(answer.json()["id"])
    content = answer.json()
    says_why = all(content.get(each) for each in ("title", "status", "code", "message"))
    if answer.wait:
        return says_why and answer.headers.get("retry-after", "").isdecimal()
    return says_why and answer.status == HTTPStatus.CONFLICT and bool(content.get("reason"))
