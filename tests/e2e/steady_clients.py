"""Clients that book one time slot after another, and note each answer that a good client would not expect."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Final
from uuid import uuid4

import httpx

from tests.support.clients import ApiClient, Json

CONFLICT: Final = 409
REPEAT_WITHIN: Final = 2.0
"""Seconds in which the repeat of a request succeeds that was not answered."""

GIVE_UP_AFTER: Final = 15.0
PAUSE: Final = 0.1
"""Seconds before a request is repeated."""

THINKING: Final = 1.0
"""Seconds before a reservation. Without them, twenty clients keep a small machine so busy that nothing is on time."""


class SteadyClient:
    """Books its own offers in turn. Every second booking is given back, all other ones become meetings.

    The meetings are cancelled, so that the offers last. `repeated` has the answers after which a request was repeated,
    `lost` those whose repeat came too late, `slowest` the longest time of an answer in seconds.
    """

    def __init__(self, client: ApiClient, offers: Sequence[Json], meeting: Json) -> None:
        self.meetings = 0
        self.repeated: list[str] = []
        self.lost: list[str] = []
        self.slowest = 0.0
        self._client = client
        self._offers: Iterator[Json] = cycle(offers)
        self._content = meeting

    async def book_until(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if slot := await self.hold():
                await self.give_back(slot)
            if slot := await self.hold():
                await self.cancel(await self.complete(slot))
                self.meetings += 1

    async def hold(self) -> Json | None:
        """Reserve the next offer. Return None if another client has its time."""
        await asyncio.sleep(THINKING)
        offer, token = next(self._offers), f"token-{uuid4()}"
        answer = await self._ask(lambda: self._client.reserve(offer, token))
        return _content(answer) if answer.is_success else None

    async def complete(self, slot: Json) -> Json:
        await self._ask(lambda: self._client.book(slot["id"]))
        content = self._content | {"timeSlotId": slot["id"], "employeeId": slot["employeeId"]}
        return _content(await self._ask(lambda: self._client.post("/bookme/meetings", content)))

    async def give_back(self, slot: Json) -> None:
        await self._ask(lambda: self._client.give_back(slot["id"]))

    async def cancel(self, meeting: Json) -> None:
        path = f"/bookme/meetings/{meeting['id']}"
        await self._ask(lambda: self._client.http.delete(path, headers=self._client.headers))

    async def _ask(self, send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """Send the request until it succeeds or is a conflict."""
        failed_at: float | None = None
        while True:
            began = time.monotonic()
            try:
                answer = await send()
                problem = f"{answer.status_code} {answer.text}"
            except httpx.TransportError as error:
                answer, problem = httpx.Response(0), repr(error)
            self.slowest = max(self.slowest, time.monotonic() - began)
            if answer.is_success or answer.status_code == CONFLICT:
                if failed_at is not None and time.monotonic() > failed_at + REPEAT_WITHIN:
                    self.lost.append(self.repeated[-1])
                return answer
            self.repeated.append(problem)
            failed_at = failed_at or time.monotonic()
            assert time.monotonic() < failed_at + GIVE_UP_AFTER, problem
            await asyncio.sleep(PAUSE)


def _content(answer: httpx.Response) -> Json:
    assert answer.is_success, answer.text
    content: Json = answer.json()
    return content


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
