"""An external service that books, as a good one does: what it was not told the outcome of, it asks again.

It writes down every request and what came back. Sometimes it loses patience, and the outcome stays unknown.
"""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

import httpx

from benchmarks.chaos.record import Exchange, Json, Writer, now

TIMEOUT: Final = httpx.Timeout(8.0, pool=None)
PATIENCE: Final = 25.0
"""Seconds for which it asks again."""
GIVES_UP: Final = 0.12
"""How often it gives up after an answer that says nothing."""
UNTOLD: Final = frozenset({"look-up", "search", "webhook"})
"""Steps whose answers are long or secret, and decide nothing."""
PAUSES: Final = (0.2, 1.2)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A request. `subject` is what it is about, `intent` names it and its repeats.

    `key` is its `Idempotency-Key`, if it has one.
    """

    step: str
    subject: str
    method: str
    path: str
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    key: str | None = None
    intent: str = field(default_factory=lambda: uuid4().hex)


class Service:
    """One client id. `apis` are the addresses of the API processes, by name: each request goes to any of them."""

    def __init__(
        self,
        client: str,
        token: str,
        http: httpx.AsyncClient,
        apis: Mapping[str, str],
        writer: Writer,
        dice: random.Random,
    ) -> None:
        self.client = client
        self.dice = dice
        self.open: dict[str, Wish] = {}
        """Whose outcome is unknown."""
        self._http = http
        self.token = token
        self._headers = {"Authorization": f"Bearer {token}"}
        self._apis = apis
        self._writer = writer

    async def ask(self, wish: Wish, *, patience: float = PATIENCE, gives_up: float = GIVES_UP) -> Exchange:
        """Until it is known, or patience is lost. Answers the last exchange."""
        until = time.monotonic() + patience
        self.open[wish.intent] = wish
        while True:
            exchange = await self.ask_once(wish)
            if exchange.is_known:
                self.open.pop(wish.intent, None)
            if exchange.is_known or time.monotonic() > until or self.dice.random() < gives_up:
                return exchange
            await asyncio.sleep(self.dice.uniform(*PAUSES))

    async def ask_once(self, wish: Wish) -> Exchange:
        sent, clock = now(), time.monotonic()
        api = self.dice.choice(list(self._apis))
        status, answer, trouble = await self._send(wish, api)
        exchange = Exchange(
            client=self.client,
            api=api,
            intent=wish.intent,
            step=wish.step,
            subject=wish.subject,
            method=wish.method,
            path=wish.path,
            body=wish.body,
            sent=sent,
            answered=now(),
            seconds=round(time.monotonic() - clock, 4),
            status=status,
            answer=answer,
            trouble=trouble,
        )
        self._writer.write(exchange)
        return exchange

    async def _send(self, wish: Wish, api: str) -> tuple[int | None, Any, str | None]:
        url = f"{self._apis[api]}{wish.path}"
        headers = self._headers | ({"Idempotency-Key": wish.key} if wish.key else {})
        try:
            answer = await self._http.request(
                wish.method, url, json=wish.body, params=wish.query, headers=headers, timeout=TIMEOUT
            )
        except httpx.TransportError as error:
            return None, None, type(error).__name__
        is_told = wish.step not in UNTOLD or not answer.is_success
        return answer.status_code, _content(answer) if is_told else None, None

    async def get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        """Something to know before it begins, or when it is over; not written down."""
        until = time.monotonic() + PATIENCE
        wish = Wish(step="look", subject=path, method="GET", path=path, query=query)
        while True:
            status, answer, trouble = await self._send(wish, self.dice.choice(list(self._apis)))
            if status == httpx.codes.OK:
                return answer
            if time.monotonic() > until:
                raise RuntimeError(f"GET {path}: {trouble or status} {answer or ''}")
            await asyncio.sleep(PAUSES[0])

    async def post(self, path: str, body: Json) -> Json:
        """Ask for something beside the run; not written down."""
        found: Json = (await self._plain("POST", path, body)).json()
        return found

    async def delete(self, path: str) -> None:
        await self._plain("DELETE", path)

    async def _plain(self, method: str, path: str, body: Json | None = None) -> httpx.Response:
        url = f"{next(iter(self._apis.values()))}{path}"
        answer = await self._http.request(method, url, json=body, headers=self._headers, timeout=TIMEOUT)
        answer.raise_for_status()
        return answer


def _content(answer: httpx.Response) -> Any:  # noqa: ANN401 - JSON
    try:
        return answer.json()
    except ValueError:
        return answer.text


def marker(dice: random.Random) -> str:
    """A name that nothing else has."""
    return str(UUID(int=dice.getrandbits(128), version=4))


def dice_of(seed: int, who: str) -> random.Random:
    return random.Random(f"{who}-{seed}")
