"""One client's things, in each state that they can be in, and every request that names one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self

from tests.integration.api.support import DESCRIBED, EVERY_SCOPE, HOOK, INGRID, RETITLED, SEARCH, SLOT, ok
from tests.support.clients import BOOKED, ApiClient, Json, reservation

Request = tuple[str, str, dict[str, Any]]
"""Method, path, and what httpx is to send."""


@dataclass(frozen=True)
class OwnedResources:
    """Ids. `own` is a meeting of whoever would like to have the others."""

    slots: list[str]
    booked: Json
    meetings: list[str]
    webhook: str
    delivery: str
    own: str

    @classmethod
    async def of(cls, client: ApiClient, other: ApiClient) -> Self:
        webhook = ok(await client.post("/bookme/webhooks", HOOK))["id"]
        staff = await client.as_another("staff", EVERY_SCOPE)
        busy = ok(await staff.post("/bookme/time-slots", SLOT | {"status": "Busy"}))
        given_back = await client.reserved()
        assert (await client.give_back(given_back["id"])).status_code == 204
        booked, team = await client.booked(), await held_with_a_team(client)
        planned, cancelled = [ok(await client.create_meeting(await client.booked())) for _ in range(2)]
        ok(await client.http.delete(f"/bookme/meetings/{cancelled['id']}", headers=client.headers))
        # Reading the log publishes it: that makes the deliveries.
        ok(await client.get("/bookme/events"))
        deliveries = (await client.get(f"/bookme/webhooks/{webhook}/deliveries")).json()
        return cls(
            slots=[*team, busy["id"], given_back["id"], booked["id"], planned["timeSlotId"]],
            booked=booked,
            meetings=[planned["id"], cancelled["id"]],
            webhook=webhook,
            delivery=deliveries[0]["id"],
            own=ok(await other.create_meeting(await other.booked()))["id"],
        )


async def held_with_a_team(client: ApiClient) -> list[str]:
    """A time slot, and the one of its additional employee."""
    offered = [slot for slot in await client.search(meetingTypes="online") if slot["employeeId"] != INGRID]
    for slot in offered:
        body = reservation(slot)
        body["timeSlot"]["additionalEmployees"] = [INGRID]
        answer = await client.post("/bookme/time-slots/reserve", body)
        if answer.status_code == 200:
            staff = await client.as_another("staff", EVERY_SCOPE)
            stored = (await staff.get("/bookme/time-slots", employeeIds=INGRID)).json()
            return [answer.json()["id"], next(each["id"] for each in stored if each.get("companionOf"))]
    raise AssertionError("nobody has time for a team")


def of_slots(
    method: str,
    path: str = "/bookme/time-slots/{}",
    **options: Any,  # noqa: ANN401
) -> Callable[[OwnedResources], Iterator[Request]]:
    return lambda things: ((method, path.format(each), options) for each in things.slots)


def of_meetings(method: str, path: str = "", **options: Any) -> Callable[[OwnedResources], Iterator[Request]]:  # noqa: ANN401 - httpx's
    return lambda things: ((method, f"/bookme/meetings/{each}{path}", options) for each in things.meetings)


def of_webhook(method: str, path: str = "", **options: Any) -> Callable[[OwnedResources], Iterator[Request]]:  # noqa: ANN401 - httpx's
    return lambda things: iter([(method, f"/bookme/webhooks/{things.webhook}{path}".format(things.delivery), options)])


def searches(things: OwnedResources, path: str = "") -> Iterator[Request]:
    for each in things.meetings:
        yield "GET", SEARCH.path + path, {"params": SEARCH.query | {"ignoreMeetingIds": each}}


def vacancies(things: OwnedResources) -> Iterator[Request]:
    for each in things.slots:
        yield "GET", "/bookme/room-vacancies", {"params": {"location": "copenhagen-city", "timeSlotId": each}}


def reservations(things: OwnedResources) -> Iterator[Request]:
    body = {"timeSlot": SLOT, "token": "a-token", "existingMeetingId": things.meetings[0]}
    yield "POST", "/bookme/time-slots/reserve", {"json": body}


def changes(things: OwnedResources) -> Iterator[Request]:
    """Also of a meeting of one's own, to what another one has Booked."""
    yield from of_meetings("PATCH", json=RETITLED)(things)
    taking = [{"op": "replace", "path": "/timeSlotId", "value": things.booked["id"]}]
    yield "PATCH", f"/bookme/meetings/{things.own}", {"json": taking}


NAMING: Final[dict[str, Callable[[OwnedResources], Iterator[Request]]]] = {
    "TimeSlots_list": searches,
    "TimeSlots_listCompact": partial(searches, path="/compact"),
    "TimeSlots_countDays": partial(searches, path="/days"),
    "TimeSlots_reserve": reservations,
    "TimeSlots_get": of_slots("GET"),
    "TimeSlots_patch": of_slots("PATCH", json=BOOKED),
    "TimeSlots_delete": of_slots("DELETE"),
    "TimeSlots_extend": of_slots("POST", "/bookme/time-slots/{}/extend"),
    "Meetings_get": of_meetings("GET"),
    "Meetings_update": of_meetings("PUT", json=RETITLED[0]),
    "Meetings_patch": changes,
    "Meetings_delete": of_meetings("DELETE"),
    "Meetings_move": of_meetings("POST", "/move", json={"startDate": SLOT["startDate"]}),
    "Meetings_generateICal": of_meetings("POST", "/ical", json={}),
    "Rooms_vacancies": vacancies,
    "Webhooks_get": of_webhook("GET"),
    "Webhooks_patch": of_webhook("PATCH", json=DESCRIBED),
    "Webhooks_delete": of_webhook("DELETE"),
    "Webhooks_rotateSecret": of_webhook("POST", "/rotate-secret"),
    "Webhooks_listDeliveries": of_webhook("GET", "/deliveries"),
    "Webhooks_getDelivery": of_webhook("GET", "/deliveries/{}"),
    "Webhooks_redeliver": of_webhook("POST", "/deliveries/{}/redeliver"),
}
"""By operation. `Meetings_create` is apart: its body must fit the time slot."""
