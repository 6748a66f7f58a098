"""An external service that books, and that repeats requests whose outcome it does not know, as it should.

The service records every request and its answer. Sometimes it gives up, and the outcome stays unknown.
"""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

import httpx

from chaos.record import Exchange, Json, Writer, now

TIMEOUT: Final = httpx.Timeout(8.0, pool=None)
PATIENCE: Final = 25.0
"""Seconds for which a request is repeated."""
GIVES_UP: Final = 0.12
"""Probability of giving up after an answer without an outcome."""
NO_NOTIFICATIONS: Final = frozenset({"look-up", "search", "webhook"})
"""Steps whose answers are not recorded: they are long or secret, and the checker does not need them."""
PAUSES: Final = (0.2, 1.2)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A request to send. `subject` and `intent` are those of `Exchange`.

    `key` is the `Idempotency-Key`, if the request has one.
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
    """A client with one client id. `apis` are addresses of API processes by name; each request goes to a random one."""

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
        """Requests without a known outcome, by `intent`."""
        self._http = http
        self.token = token
        self._headers = {"Authorization": f"Bearer {token}"}
        self._apis = apis
        self._writer = writer

    async def ask(self, wish: Wish, *, patience: float = PATIENCE, gives_up: float = GIVES_UP) -> Exchange:
        """Send the request until its outcome is known or the service gives up. Return the last exchange."""
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
        is_told = wish.step not in NO_NOTIFICATIONS or not answer.is_success
        return answer.status_code, _content(answer) if is_told else None, None

    async def get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        """Get data before or after the run, without a record. Raises `RuntimeError` if none succeeds in time."""
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
        """Send a request that is not part of the run. The request is not recorded."""
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
    """Return a unique name, repeatable by the seed."""
    return str(UUID(int=dice.getrandbits(128), version=4))


def dice_of(seed: int, who: str) -> random.Random:
    return random.Random(f"{who}-{seed}")
