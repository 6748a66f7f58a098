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
GIVING_UP: Final = 0.12
"""Probability of giving up after an answer without an outcome."""
UNRECORDED_ANSWERS: Final = frozenset({"look-up", "search", "webhook"})
"""Steps whose answers are not recorded: they are long or secret, and the checker does not need them."""
PAUSES: Final = (0.2, 1.2)


@dataclass(frozen=True, kw_only=True)
class ApiRequest:
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


class ApiClient:
    """A client with one client id. `apis` are addresses of API processes by name; each request goes to a random one."""

    def __init__(
        self,
        client: str,
        token: str,
        http: httpx.AsyncClient,
        apis: Mapping[str, str],
        writer: Writer,
        rng: random.Random,
    ) -> None:
        self.client = client
        self.rng = rng
        self.open: dict[str, ApiRequest] = {}
        """Requests without a known outcome, by `intent`."""
        self._http = http
        self.token = token
        self._headers = {"Authorization": f"Bearer {token}"}
        self._apis = apis
        self._writer = writer

    async def send(self, request: ApiRequest, *, patience: float = PATIENCE, giving_up: float = GIVING_UP) -> Exchange:
        """Send the request until its outcome is known or the service gives up. Return the last exchange."""
        until = time.monotonic() + patience
        self.open[request.intent] = request
        while True:
            exchange = await self.send_once(request)
            if exchange.is_known:
                self.open.pop(request.intent, None)
            if exchange.is_known or time.monotonic() > until or self.rng.random() < giving_up:
                return exchange
            await asyncio.sleep(self.rng.uniform(*PAUSES))

    async def send_once(self, request: ApiRequest) -> Exchange:
        sent, clock = now(), time.monotonic()
        api = self.rng.choice(list(self._apis))
        status, answer, trouble = await self._send(request, api)
        exchange = Exchange(
            client=self.client,
            api=api,
            intent=request.intent,
            step=request.step,
            subject=request.subject,
            method=request.method,
            path=request.path,
            body=request.body,
            sent=sent,
            answered=now(),
            seconds=round(time.monotonic() - clock, 4),
            status=status,
            answer=answer,
            trouble=trouble,
        )
        self._writer.write(exchange)
        return exchange

    async def _send(self, request: ApiRequest, api: str) -> tuple[int | None, Any, str | None]:
        url = f"{self._apis[api]}{request.path}"
        headers = self._headers | ({"Idempotency-Key": request.key} if request.key else {})
        try:
            answer = await self._http.request(
                request.method, url, json=request.body, params=request.query, headers=headers, timeout=TIMEOUT
            )
        except httpx.TransportError as error:
            return None, None, type(error).__name__
        is_recorded = request.step not in UNRECORDED_ANSWERS or not answer.is_success
        return answer.status_code, _content(answer) if is_recorded else None, None

    async def get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        """Get data before or after the run, without a record. Raises `RuntimeError` if none succeeds in time."""
        until = time.monotonic() + PATIENCE
        request = ApiRequest(step="look", subject=path, method="GET", path=path, query=query)
        while True:
            status, answer, trouble = await self._send(request, self.rng.choice(list(self._apis)))
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


def random_id(rng: random.Random) -> str:
    """Return a unique name, repeatable by the seed."""
    return str(UUID(int=rng.getrandbits(128), version=4))


def seeded_random(seed: int, who: str) -> random.Random:
    return random.Random(f"{who}-{seed}")
