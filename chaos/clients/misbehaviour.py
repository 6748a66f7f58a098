"""Program of one unruly client. It reads its order from standard input and writes every exchange to standard output."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import httpx
from pydantic import TypeAdapter

from chaos.clients.api_client import ApiClient, ApiRequest, random_id, seeded_random
from chaos.clients.unruly import Behaviour, UnrulyTask
from chaos.record import Exchange, Writer, now

BURST: Final = 100
AT_ONCE: Final = 10
WEBHOOKS: Final = 10
PAUSE: Final = 0.5
FAR: Final = "P31D"
MANY_NAMES: Final = "&".join(f"name{number}" for number in range(5000))
DEEP: Final = b"[" * 100_000
LONG: Final = b"BEGIN:VCALENDAR\r\n" * 60_000
TRUNCATED: Final = b'{"timeSlot": {"startDate": "2026-'
STRANGE: Final = b'{"timeSlot": {"startDate": 1e999, "employeeId": ["' + b"\\u0000" * 1000 + b'"]}, "token": {}}'
RESERVE: Final = "/bookme/time-slots/reserve"


class Client:
    """An unruly client that shows one `Behaviour`."""

    def __init__(self, task: UnrulyTask, http: httpx.AsyncClient, writer: Writer) -> None:
        self._task = task
        self._http = http
        self._writer = writer
        self._rng = seeded_random(task.seed, task.client)
        self._api_client = ApiClient(task.client, task.token, http, task.apis, writer, self._rng)
        self._has_webhooks = False

    async def misbehave(self) -> None:
        until = time.monotonic() + self._task.seconds
        action = self._actions[Behaviour(self._task.behaviour)]
        while time.monotonic() < until:
            await action()

    @property
    def _actions(self) -> Mapping[Behaviour, Callable[[], Awaitable[None]]]:
        return {
            Behaviour.BURSTS: self._burst,
            Behaviour.DEAF_RECEIVER: self._use_deaf_webhooks,
            Behaviour.HOLDS: self._hold_and_give_back,
            Behaviour.SEARCHES: self._search_far,
            Behaviour.BODIES: self._send_nonsense,
        }

    async def _burst(self) -> None:
        """Send look-ups and reservations all at once, then pause."""
        looks = [self._api_client.send_once(_look_up()) for _ in range(BURST)]
        await asyncio.gather(*looks, *(self._hold() for _ in range(AT_ONCE)))
        await asyncio.sleep(PAUSE)

    async def _use_deaf_webhooks(self) -> None:
        """Cause events for many webhooks whose receiver never answers."""
        if not self._has_webhooks:
            await asyncio.gather(*(self._api_client.send_once(self._webhook()) for _ in range(WEBHOOKS)))
            self._has_webhooks = True
        await self._hold_and_give_back()

    async def _hold_and_give_back(self) -> None:
        await asyncio.gather(*(self._hold() for _ in range(AT_ONCE)))

    async def _hold(self) -> None:
        offer = self._rng.choice(self._task.offers)
        wanted = {name: offer[name] for name in ("startDate", "endDate", "employeeId")} | {"status": "Reserved"}
        token = random_id(self._rng)
        body = {"timeSlot": wanted, "token": token}
        held = await self._api_client.send_once(
            ApiRequest(step="reserve", subject=token, method="POST", path=RESERVE, body=body)
        )
        if held.is_accepted:
            slot = str(held.answer["id"])
            path = f"/bookme/time-slots/{slot}"
            await self._api_client.send_once(ApiRequest(step="give_back", subject=slot, method="DELETE", path=path))

    async def _search_far(self) -> None:
        query = {"requireEmployeeParticipation": "false", "lookForwardTime": FAR, "getBestTimeSlots": "false"}
        request = ApiRequest(step="search", subject="", method="GET", path="/bookme/time-slots/available", query=query)
        await asyncio.gather(*(self._api_client.send_once(request) for _ in range(AT_ONCE)))

    async def _send_nonsense(self) -> None:
        """Send malformed and oversized requests, with a token and without one."""
        known = {"Authorization": f"Bearer {self._task.token}", "Content-Type": "application/json"}
        file = "/bookme/config/calendars/x/file"
        await asyncio.gather(
            *(self._nonsense("POST", RESERVE, body, known) for body in (DEEP, TRUNCATED, STRANGE)),
            *(self._nonsense("PUT", file, LONG, {"Content-Type": "text/calendar"}) for _ in range(3)),
            *(self._nonsense("GET", f"/config/customer-types?{MANY_NAMES}", b"", {}) for _ in range(3)),
        )
        await asyncio.sleep(PAUSE)

    async def _nonsense(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        api, sent, clock = self._rng.choice(list(self._task.apis)), now(), time.monotonic()
        status, trouble = None, None
        try:
            url = f"{self._task.apis[api]}{path}"
            status = (await self._http.request(method, url, content=body, headers=dict(headers))).status_code
        except httpx.TransportError as error:
            trouble = type(error).__name__
        self._writer.write(
            Exchange(
                client=self._task.client,
                intent=random_id(self._rng),
                api=api,
                step="nonsense",
                subject="",
                method=method,
                path=path.partition("?")[0],
                sent=sent,
                answered=now(),
                seconds=round(time.monotonic() - clock, 4),
                status=status,
                trouble=trouble,
            )
        )

    def _webhook(self) -> ApiRequest:
        body = {"url": self._task.receiver}
        return ApiRequest(step="webhook", subject="", method="POST", path="/bookme/webhooks", body=body)


def _look_up() -> ApiRequest:
    path = "/bookme/meeting-topics"
    return ApiRequest(step="look-up", subject="", method="GET", path=path, query={"isCustomer": "true"})


async def main() -> None:
    task = TypeAdapter(UnrulyTask).validate_json(sys.stdin.read())
    limits = httpx.Limits(max_connections=BURST + 2 * AT_ONCE)
    async with httpx.AsyncClient(trust_env=False, timeout=10, limits=limits) as http:
        await Client(task, http, Writer(sys.stdout)).misbehave()


if __name__ == "__main__":
    asyncio.run(main())
