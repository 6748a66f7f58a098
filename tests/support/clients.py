"""An external service that books, as tests see one: the six steps of the journey over HTTP."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import uuid4

import httpx

from devstack.demo_data import PEOPLE, identity

SECRET = "bookme-development"
BOOKED = [{"op": "replace", "path": "/status", "value": "Booked"}]

Json = dict[str, Any]


def new_client_id() -> str:
    """Return an id that no earlier test had.

    A run is named after its client and token, so that the run of an earlier test, which nobody serves any more, would
    get the requests of a later one.
    """
    return f"client-{uuid4().hex[:8]}"


@dataclass(frozen=True)
class ApiClient:
    """Calls the API with one client's token. Each method answers the response as it came."""

    http: httpx.AsyncClient
    headers: dict[str, str]

    @classmethod
    async def authorised(cls, http: httpx.AsyncClient, client_id: str, scope: str | None = None) -> Self:
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": SECRET}
        answer = await http.post("/oauth2/token", data=form | ({"scope": scope} if scope else {}))
        answer.raise_for_status()
        return cls(http, {"Authorization": f"Bearer {answer.json()['access_token']}"})

    async def as_another(self, client_id: str, scope: str | None = None) -> "ApiClient":
        return await ApiClient.authorised(self.http, client_id, scope)

    async def get(self, path: str, **query: str) -> httpx.Response:
        return await self.http.get(path, params=query, headers=self.headers)

    async def post(self, path: str, json: object, **headers: str) -> httpx.Response:
        return await self.http.post(path, json=json, headers=self.headers | headers)

    async def search(self, **query: str) -> list[Json]:
        """From the next Monday on, unless `startDate` says otherwise: what is offered does not depend on the hour."""
        asked = {"requireEmployeeParticipation": "false", "startDate": next_monday().isoformat()} | query
        answer = await self.get("/bookme/time-slots/available", **asked)
        assert answer.status_code == 200, answer.text
        slots: list[Json] = answer.json()
        return slots

    async def reserve(self, slot: Json, token: str | None = None, **headers: str) -> httpx.Response:
        return await self.post("/bookme/time-slots/reserve", reservation(slot, token), **headers)

    async def book(self, time_slot_id: str, **query: str) -> httpx.Response:
        path = f"/bookme/time-slots/{time_slot_id}"
        return await self.http.patch(path, json=BOOKED, params=query, headers=self.headers)

    async def extend(self, time_slot_id: str, **headers: str) -> httpx.Response:
        path = f"/bookme/time-slots/{time_slot_id}/extend"
        return await self.http.post(path, headers=self.headers | headers)

    async def give_back(self, time_slot_id: str) -> httpx.Response:
        return await self.http.delete(f"/bookme/time-slots/{time_slot_id}", headers=self.headers)

    async def time_slot(self, time_slot_id: str) -> httpx.Response:
        return await self.get(f"/bookme/time-slots/{time_slot_id}")

    async def create_meeting(self, slot: Json, **other: object) -> httpx.Response:
        return await self.post("/bookme/meetings", await self.meeting(slot) | other)

    async def meeting(self, slot: Json) -> Json:
        """The content of a meeting that fits this reserved time slot: of what its employee takes."""
        topics = (await self.get("/bookme/meeting-topics", isCustomer="true")).json()
        customer_types = (await self.get("/config/customer-types")).json()
        of_topics, of_types = SKILLS.get(slot["employeeId"], ((), ()))
        return {
            "bookedBy": "customer",
            "customerTypeId": first_of(customer_types, of_types),
            "timeSlotId": slot["id"],
            "type": "online",
            "topicId": first_of(topics, of_topics),
            "employeeId": slot["employeeId"],
            "customerId": "customer-4711",
            "title": "Advice",
        }

    async def reserved(self, **query: str) -> Json:
        """A time slot that is held, found by search."""
        answer = await self.reserve((await self.search(**query))[0])
        assert answer.status_code == 200, answer.text
        slot: Json = answer.json()
        return slot

    async def booked(self, **query: str) -> Json:
        answer = await self.book((await self.reserved(**query))["id"])
        assert answer.status_code == 200, answer.text
        slot: Json = answer.json()
        return slot


SKILLS = {str(identity(f"{each.first_name} {each.last_name}")): (each.topics, each.customer_types) for each in PEOPLE}
"""The topics and customer types of the demo bank's employees; none are any."""


def first_of(found: list[Json], names: Collection[str]) -> str:
    """The id of the first that has one of these names, or of the first."""
    wanted = {str(identity(name)) for name in names}
    chosen = (each for each in found if not wanted or each["id"] in wanted)
    return str(next(chosen)["id"])


def next_monday() -> datetime:
    """Midnight, in UTC, at the start of a coming week: the first one that is at least three days away.

    A meeting of the next day is reminded of today, so its run begins at once. On a Sunday tests would see other things.
    """
    earliest = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=3)
    return earliest + timedelta(days=-earliest.weekday() % 7)


def reservation(slot: Json, token: str | None = None) -> Json:
    """The body that reserves a time slot which search has offered."""
    names = ("startDate", "endDate", "employeeId", "roomId")
    wanted = {name: slot[name] for name in names if slot.get(name)}
    return {"timeSlot": wanted | {"status": "Reserved"}, "token": token or f"token-{uuid4()}"}
