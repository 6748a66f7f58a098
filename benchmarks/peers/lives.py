"""Clients. Each does one life after another: it reserves, books and creates a meeting, or abandons its hold, or races.

A client that gets no answer, or a 429 or 5xx, sends the same request again until it is decided.
"""

import asyncio
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Final
from uuid import uuid4

from benchmarks.peers.peer import Json, Peer, Request

RESERVE: Final = "reserve"
BOOK: Final = "book"
MEET: Final = "meet"
STEPS: Final = (RESERVE, BOOK, MEET)

ANSWER_WITHIN: Final = 5.0
"""Seconds after which a client that has no answer sends its request again."""
PAUSE: Final = 0.1
GIVE_UP_AFTER: Final = 60.0
CONTENDERS: Final = 3


class Intent(StrEnum):
    """End that the client wants for a life."""

    MEETING = "meeting"
    LEFT_HELD = "left when held"
    LEFT_BOOKED = "left when booked"
    RACE = "race"


MIX: Final = (*[Intent.MEETING] * 6, Intent.LEFT_HELD, Intent.LEFT_BOOKED, Intent.RACE, Intent.RACE)
"""Ten lives of a client. In a race, `CONTENDERS` clients reserve one time slot at once; the winner goes on."""
LAST: Final = {Intent.LEFT_HELD: RESERVE, Intent.LEFT_BOOKED: BOOK}
"""The last step of a life that is abandoned."""


@dataclass(frozen=True, slots=True)
class Told:
    """The answer that decided a step, at Unix time `at`. `status` is 0 if the client gave up."""

    step: str
    status: int
    at: float
    seconds: float
    content: Json

    @property
    def is_granted(self) -> bool:
        return self.status in {HTTPStatus.OK, HTTPStatus.CREATED}


@dataclass(slots=True)
class Life:
    """One booking as its client knows it. `deadline` is the Unix time until which the last answer promises the hold."""

    token: str
    slot: Json
    intent: Intent
    told: list[Told] = field(default_factory=list)
    deadline: float = 0.0

    def granted(self, step: str) -> Told | None:
        return next((each for each in self.told if each.step == step and each.is_granted), None)

    @property
    def meeting(self) -> str | None:
        """Id of the meeting that the client was told about."""
        told = self.granted(MEET)
        return None if told is None else str(told.content["id"])


class Clients:
    """Clients of one service, and all their lives."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.lives: list[Life] = []
        self._numbers: Iterator[int] = itertools.count()

    async def work(self, count: int, stop: asyncio.Event) -> None:
        """Run `count` clients until `stop` is set and their last lives have ended."""
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(self._client(stop))

    async def _client(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            intent = MIX[next(self._numbers) % len(MIX)]
            slot = next(self.peer.slots)
            contenders = CONTENDERS if intent is Intent.RACE else 1
            async with asyncio.TaskGroup() as group:
                for _ in range(contenders):
                    group.create_task(self.live(slot, intent))

    async def live(self, slot: Json, intent: Intent) -> Life:
        """Do one life, until it is abandoned, refused or has its meeting."""
        life = Life(uuid4().hex, slot, intent)
        self.lives.append(life)
        contract = self.peer.contract
        last = LAST.get(intent, MEET)
        held = await self._do(life, RESERVE, contract.reserve(life.token, slot))
        if held and last != RESERVE and await self._do(life, BOOK, contract.book(life.token, held)) and last != BOOK:
            await self._do(life, MEET, contract.meet(life.token, held))
        return life

    async def _do(self, life: Life, step: str, request: Request) -> Json | None:
        told = await decided(self.peer, step, request)
        life.told.append(told)
        if not told.is_granted:
            return None
        if step != MEET:
            life.deadline = self.peer.contract.deadline(told.content)
        return told.content


async def decided(peer: Peer, step: str, request: Request) -> Told:
    """Send the request until it is answered with a grant or a refusal, and return that answer."""
    began = time.perf_counter()
    while True:
        status, wait, content = await attempt(peer, request)
        now = time.perf_counter()
        if status or now - began > GIVE_UP_AFTER:
            return Told(step, status, time.time(), now - began, content)
        await asyncio.sleep(wait)


async def attempt(peer: Peer, request: Request, within: float = ANSWER_WITHIN) -> tuple[int, float, Json]:
    """Send the request once. Return status 0, and the seconds to wait, if the answer does not decide anything."""
    try:
        async with asyncio.timeout(within):
            if request.body is None:
                answer = await peer.service.send(request.method, request.path)
            else:
                answer = await peer.service.ask(request.method, request.path, request.body)
    except OSError:  # `TimeoutError` is one too
        return 0, PAUSE, {}
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return 0, max(answer.wait, PAUSE), {}
    return answer.status, 0, answer.json() if answer.is_success else {}
