"""Clients that book one time slot after another, and count each answer that a good client would not expect."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import cycle
from typing import Final
from uuid import uuid4

import httpx

from tests.support.clients import ApiClient, Json

log = logging.getLogger(__name__)

CONFLICT: Final = 409
REPEAT_WITHIN: Final = 2.0
"""Seconds in which the repeat of a request succeeds that was not answered."""

PAUSE: Final = 0.1
"""Seconds before a request is repeated, and between two bookings."""


class SteadyClient:
    """Books its own offers in turn. Every second booking is given back."""

    def __init__(self, client: ApiClient, offers: Sequence[Json], meeting: Json) -> None:
        self.meetings = 0
        self.repeated: list[str] = []
        self.lost: list[str] = []
        self._client = client
        self._offers: Iterator[Json] = cycle(offers)
        self._content = meeting

    async def book_until(self, stop: asyncio.Event) -> None:
        number = 0
        while not stop.is_set():
            await self._book(gives_back=number % 2 == 0)
            number += 1
            await asyncio.sleep(PAUSE)

    async def _book(self, *, gives_back: bool) -> None:
        offer, token = next(self._offers), f"token-{uuid4()}"
        reserved = await self._ask(lambda: self._client.reserve(offer, token))
        if not reserved.is_success:
            return
        slot = reserved.json()
        if gives_back:
            await self._ask(lambda: self._client.give_back(slot["id"]))
            return
        await self._ask(lambda: self._client.book(slot["id"]))
        content = self._content | {"timeSlotId": slot["id"], "employeeId": slot["employeeId"]}
        created = await self._ask(lambda: self._client.post("/bookme/meetings", content))
        self.meetings += created.is_success

    async def _ask(self, send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """Send the request until it succeeds or is a conflict. Note what was repeated, and what took too long."""
        failed_at: float | None = None
        while True:
            try:
                answer = await send()
                problem = f"{answer.status_code} {answer.text[:200]}"
            except httpx.TransportError as error:
                answer, problem = httpx.Response(0), repr(error)
            if answer.is_success or answer.status_code == CONFLICT:
                if failed_at is not None and time.monotonic() > failed_at + REPEAT_WITHIN:
                    self.lost.append(self.repeated[-1])
                return answer
            self.repeated.append(f"{datetime.now(UTC):%H:%M:%S.%f} {problem}")
            log.info("repeated: %s", self.repeated[-1])
            failed_at = failed_at or time.monotonic()
            await asyncio.sleep(PAUSE)


@asynccontextmanager
async def booking(clients: Sequence[SteadyClient]) -> AsyncIterator[None]:
    """Let the clients book as long as the block lasts. Their last bookings are completed."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for client in clients:
            group.create_task(client.book_until(stop))
        try:
            yield
        finally:
            stop.set()
