"""Customers that book, abandon, move, change and cancel, all on few employees and rooms."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from chaos.clients.api_client import ApiClient, ApiRequest, random_id
from chaos.clients.inventory import DAYS, Inventory, next_monday
from chaos.record import Json, now

MOST_MEETINGS: Final = 2
"""The most meetings of a customer, who cancels one before creating more. Time slots stay scarce, but never run out."""
MOST_TRIES: Final = 3
LAST_MOMENT: Final = timedelta(milliseconds=600)
PAUSE: Final = 0.25
BOOKED: Final = [{"op": "replace", "path": "/status", "value": "Booked"}]


class Customer:
    """Performs randomly chosen actions, one after another, until the end of the run."""

    def __init__(self, api_client: ApiClient, inventory: Inventory) -> None:
        self._api_client = api_client
        self._inventory = inventory
        self._rng = api_client.rng
        self._meetings: list[Json] = []
        """The customer's meetings, each as in its last answer."""
        self._unsure: set[str] = set()
        """Ids of meetings whose change had no answer. Such a meeting is only cancelled."""

    def _is_drawn(self, chance: float) -> bool:
        return self._rng.random() < chance

    async def run(self, until: float) -> None:
        loop = asyncio.get_running_loop()
        actions, weights = zip(*self._actions(), strict=True)
        while loop.time() < until:
            (action,) = self._rng.choices(actions, weights)
            await action()
            await asyncio.sleep(self._rng.uniform(0, PAUSE))

    def _actions(self) -> list[tuple[Callable[[], Awaitable[None]], int]]:
        return [
            (self.book_a_meeting, 5),
            (self.hold_and_leave, 2),
            (self.mark_booked_and_leave, 1),
            (self.change_their_mind, 2),
            (self.give_back, 2),
            (self.book_in_the_last_moment, 1),
            (self.send_twice_at_once, 1),
            (self.move, 3),
            (self.move_step_by_step, 1),
            (self.change, 2),
            (self.cancel, 2),
            (self.search, 2),
        ]

    async def book_a_meeting(self) -> None:
        token = random_id(self._rng)
        if (slot := await self._reserve_something(token)) is not None:
            await self._finish(slot, token)

    async def hold_and_leave(self) -> None:
        await self._reserve_something(random_id(self._rng))

    async def mark_booked_and_leave(self) -> None:
        token = random_id(self._rng)
        if (slot := await self._reserve_something(token)) is not None:
            await self._book(slot, token)

    async def change_their_mind(self) -> None:
        """Reserve another time slot with the same token, which replaces the first one."""
        token = random_id(self._rng)
        if (slot := await self._reserve_something(token)) is not None:
            other = await self._reserve_something(token)
            await self._finish(other or slot, token)

    async def give_back(self) -> None:
        token = random_id(self._rng)
        if (slot := await self._reserve_something(token)) is None:
            return
        if self._is_drawn(0.5):
            await self._book(slot, token)
        path = f"/bookme/time-slots/{slot['id']}"
        await self._api_client.send(ApiRequest(step="give_back", subject=slot["id"], method="DELETE", path=path))

    async def book_in_the_last_moment(self) -> None:
        token = random_id(self._rng)
        slot = await self._reserve_something(token)
        if slot is not None and slot.get("holdExpiresAt"):
            moment = datetime.fromisoformat(slot["holdExpiresAt"]) - LAST_MOMENT * self._rng.random()
            await asyncio.sleep(max(0.0, (moment - now()).total_seconds()))
            await self._finish(slot, token)

    async def send_twice_at_once(self) -> None:
        token, wanted = random_id(self._rng), self._wanted()
        both = [self._api_client.send(self._reservation(token, wanted)) for _ in range(2)]
        answers = await asyncio.gather(*both)
        accepted = [each.answer for each in answers if each.is_accepted]
        if accepted:
            await self._finish(accepted[0], token)

    async def move(self) -> None:
        if (meeting := self._some_meeting()) is None:
            return
        wanted = self._wanted()
        target = {"startDate": wanted["startDate"]}
        if self._is_drawn(0.3):
            target["employeeId"] = wanted["employeeId"]
        path = f"/bookme/meetings/{meeting['id']}/move"
        await self._send_about_meeting(
            ApiRequest(step="move", subject=meeting["id"], method="POST", path=path, body=target, key=self._key())
        )

    async def move_step_by_step(self) -> None:
        if (meeting := self._some_meeting()) is None:
            return
        token = random_id(self._rng)
        slot = await self._reserve_something(token, existingMeetingId=meeting["id"])
        if slot is not None and await self._book(slot, token):
            await self._patch(meeting, "timeSlotId", slot["id"])

    async def change(self) -> None:
        if (meeting := self._some_meeting()) is None:
            return
        changes: list[tuple[str, object]] = [
            ("title", random_id(self._rng)),
            ("roomId", self._rng.choice([*self._inventory.rooms, None])),
            ("additionalEmployees", self._team(meeting["employeeId"])),
        ]
        await self._patch(meeting, *self._rng.choice(changes))

    async def cancel(self) -> None:
        if self._meetings:
            meeting = self._meetings.pop(0)
            path = f"/bookme/meetings/{meeting['id']}"
            await self._api_client.send(ApiRequest(step="cancel", subject=meeting["id"], method="DELETE", path=path))

    async def search(self) -> None:
        query = {
            "requireEmployeeParticipation": "false",
            "startDate": next_monday().isoformat(),
            "lookForwardTime": f"P{DAYS}D",
        }
        request = ApiRequest(step="search", subject="", method="GET", path="/bookme/time-slots/available", query=query)
        await self._api_client.send(request, giving_up=1)

    async def _finish(self, slot: Json, token: str) -> None:
        """Book the held time slot and create its meeting."""
        if not await self._book(slot, token):
            return
        while len(self._meetings) >= MOST_MEETINGS:
            await self.cancel()
        content = self._inventory.content | {
            "timeSlotId": slot["id"],
            "employeeId": slot["employeeId"],
            "customerId": random_id(self._rng),
            "title": random_id(self._rng),
        }
        request = ApiRequest(
            step="create", subject=slot["id"], method="POST", path="/bookme/meetings", body=content, key=self._key()
        )
        made = await self._api_client.send(request)
        if made.is_accepted:
            self._meetings.append(made.answer)

    async def _reserve_something(self, token: str, **more: str) -> Json | None:
        """Reserve a random time slot. Try others if it is refused; stop at an answer without an outcome."""
        for _ in range(MOST_TRIES):
            exchange = await self._api_client.send(self._reservation(token, self._wanted(), **more))
            if exchange.is_accepted:
                slot: Json = exchange.answer
                return slot
            if not exchange.is_known:
                return None
        return None

    def _reservation(self, token: str, wanted: Json, **more: str) -> ApiRequest:
        body = {"timeSlot": wanted, "token": token, **more}
        path = "/bookme/time-slots/reserve"
        return ApiRequest(step="reserve", subject=token, method="POST", path=path, body=body, key=self._key())

    def _key(self) -> str | None:
        """Return an `Idempotency-Key` for some of the requests, else None."""
        return random_id(self._rng) if self._is_drawn(0.3) else None

    def _wanted(self) -> Json:
        offer = self._rng.choice(self._inventory.offers)
        wanted = {name: offer[name] for name in ("startDate", "endDate", "employeeId")} | {"status": "Reserved"}
        if self._is_drawn(0.4):
            wanted["roomId"] = self._rng.choice(self._inventory.rooms)
        if self._is_drawn(0.25):
            wanted["additionalEmployees"] = self._team(offer["employeeId"])
        return wanted

    def _team(self, leader: str) -> list[str]:
        others = [each for each in self._inventory.employees if each != leader]
        return self._rng.sample(others, self._rng.randint(0, len(others)))

    async def _book(self, slot: Json, token: str) -> bool:
        request = ApiRequest(
            step="book",
            subject=slot["id"],
            method="PATCH",
            path=f"/bookme/time-slots/{slot['id']}",
            body=BOOKED,
            query={"reservationToken": token},
        )
        return (await self._api_client.send(request)).is_accepted

    async def _patch(self, meeting: Json, name: str, value: object) -> None:
        patch = [{"op": "add", "path": f"/{name}", "value": value}]
        path = f"/bookme/meetings/{meeting['id']}"
        await self._send_about_meeting(
            ApiRequest(step="change", subject=meeting["id"], method="PATCH", path=path, body=patch)
        )

    async def _send_about_meeting(self, request: ApiRequest) -> None:
        """Send a request about a meeting, and update the meeting from the answer."""
        changed = await self._api_client.send(request)
        if changed.is_accepted:
            self._meetings = [changed.answer if each["id"] == request.subject else each for each in self._meetings]
        elif not changed.is_known:
            self._unsure.add(request.subject)

    def _some_meeting(self) -> Json | None:
        known = [each for each in self._meetings if each["id"] not in self._unsure]
        return self._rng.choice(known) if known else None
