"""A customer as a good client books for one: whatever it was not told the outcome of, it asks again."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Self
from uuid import uuid4

import httpx

from devstack.processes import until
from tests.e2e.topology import PATIENCE
from tests.support.clients import ApiClient, Json

UNAVAILABLE: Final = 503
CONFLICT: Final = 409
STEPS: Final = ("reserve_time_slot", "book_time_slot", "create_meeting")


class Customer:
    """One booking of the first offer that can be had. `steps` says how far it goes."""

    def __init__(self, client: ApiClient, offers: Sequence[Json], meeting: Json, *, steps: int = len(STEPS)) -> None:
        self.token = f"token-{uuid4()}"
        self.slot: Json = {}
        self.meeting: Json = {}
        self.refused_for_now: list[httpx.Response] = []
        self.cut_off = 0
        self.steps = steps
        self._client = client
        self._offers = list(offers)
        self._content = meeting

    @classmethod
    async def arrived(cls, client: ApiClient, *, steps: int = len(STEPS)) -> Self:
        """One who has searched."""
        meeting = await client.meeting({"id": "", "employeeId": ""})
        return cls(client, await offered_for(client, meeting), meeting, steps=steps)

    @property
    def wanted(self) -> Json:
        """The offer that it wants most, of those that it has not lost."""
        return self._offers[0]

    async def book(self) -> None:
        for number in range(self.steps):
            await self.take_step(number)

    async def take_step(self, number: int) -> None:
        await (self.reserve, self.mark_booked, self.create_meeting)[number]()

    def turn_to(self, client: ApiClient) -> None:
        """From now on ask another API."""
        self._client = client

    async def reserve(self) -> None:
        answer = await self.persistently(lambda: self._client.reserve(self._offers[0], self.token))
        while answer.status_code == CONFLICT and answer.json()["reason"] == "TIME_SLOT_TAKEN":
            self._offers.pop(0)
            answer = await self.persistently(lambda: self._client.reserve(self._offers[0], self.token))
        self.slot = accepted(answer)

    async def mark_booked(self) -> None:
        answer = await self.persistently(lambda: self._client.book(self.slot["id"], reservationToken=self.token))
        self.slot = accepted(answer)

    @property
    def meeting_request(self) -> Json:
        """The body of the request that creates the meeting."""
        return self._content | {"timeSlotId": self.slot["id"], "employeeId": self.slot["employeeId"]}

    async def create_meeting(self) -> None:
        request = self.meeting_request
        self.meeting = accepted(await self.persistently(lambda: self._client.post("/bookme/meetings", request)))

    async def give_back(self) -> None:
        answer = await self.persistently(lambda: self._client.give_back(self.slot["id"]))
        assert answer.is_success, answer.text

    async def persistently(self, send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """Ask until there is an answer."""
        answers: list[httpx.Response] = []

        async def is_answered() -> bool:
            try:
                answers.append(await send())
            except httpx.TransportError:
                self.cut_off += 1
                return False
            if answers[-1].status_code == UNAVAILABLE:
                self.refused_for_now.append(answers[-1])
            return answers[-1].status_code != UNAVAILABLE

        await until(is_answered, PATIENCE)
        return answers[-1]


async def offered_for(client: ApiClient, meeting: Json) -> list[Json]:
    """What is offered for such a meeting, without overlaps."""
    what = {"topic": meeting["topicId"], "customerTypeId": meeting["customerTypeId"]}
    return apart(await client.search(meetingTypes="online", **what))


async def crowd(client: ApiClient, steps: Sequence[int]) -> list[Customer]:
    """Customers who go so many steps each. Two at a time want the same time slot first."""
    meeting = await client.meeting({"id": "", "employeeId": ""})
    offers = await offered_for(client, meeting)
    return [Customer(client, offers[number // 2 :], meeting, steps=count) for number, count in enumerate(steps)]


async def advance(client: ApiClient, by: timedelta) -> None:
    """Move the clock of the sandbox by this duration. A move to a time is safe to repeat after a 503."""
    now = datetime.fromisoformat(accepted(await client.get("/sandbox/clock"))["now"])

    async def is_there() -> bool:
        answer = await client.post("/sandbox/clock", {"to": (now + by).isoformat()})
        return answer.status_code != UNAVAILABLE and accepted(answer)["status"] == "ready"

    await until(is_there, PATIENCE)


def accepted(answer: httpx.Response) -> Json:
    assert answer.status_code == 200, answer.text
    content: Json = answer.json()
    return content


def apart(offers: Sequence[Json]) -> list[Json]:
    """Those of the offers that could all be taken at once."""
    chosen: list[Json] = []
    busy: dict[str, datetime] = {}
    for offer in sorted(offers, key=lambda offer: offer["startDate"]):
        start, end = (datetime.fromisoformat(offer[name]) for name in ("startDate", "endDate"))
        resources = [offer[name] for name in ("employeeId", "roomId") if offer.get(name)]
        if all(busy.get(resource, start) <= start for resource in resources):
            busy |= dict.fromkeys(resources, end)
            chosen.append(offer)
    return chosen
