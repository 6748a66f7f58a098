"""A request for each problem that the API answers with it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from api.http import bodies
from api.middleware.admission import Lane, RequestKind
from api.middleware.limits import RateLimit
from services.booking import extensions
from services.booking.extensions import extension_of
from services.booking.reservations import BookingLimits
from storage.database import Database
from storage.notifications import event_log
from storage.tables.booking import TimeSlotRow
from tests.integration.api.support import (
    FREJA,
    INGRID,
    SEARCH,
    TOPIC,
    UNKNOWN,
    new_token,
    ok,
)
from tests.support.clients import ApiClient, Json, reservation
from workflows.booking import workflow

RESERVE: Final = "/bookme/time-slots/reserve"
KEY: Final = "Idempotency-Key"
HOOK: Final = {"url": "https://93.184.216.34/hook"}
ADA: Final = {"BookMe-End-User": "ada"}
EVERY_SCOPE: Final = "bookme.read bookme.book bookme.staff bookme.config"


@dataclass(frozen=True)
class Stage:
    """A client without bookings, and what else a recipe needs."""

    client: ApiClient
    app: FastAPI
    database: Database
    patches: pytest.MonkeyPatch

    async def do(self, statement: str) -> None:
        async with self.database.transaction() as session:
            await session.execute(sa.text(statement))

    async def staff(self) -> ApiClient:
        return await self.client.as_another("staff", EVERY_SCOPE)

    async def slots(self) -> list[Json]:
        return await self.client.search(explicitEmployeeIds=FREJA, meetingTypes="online")

    async def meeting(self) -> Json:
        return ok(await self.client.create_meeting(await self.client.booked(meetingTypes="online")))

    async def change(self, meeting: Json, field: str, value: str, **headers: str) -> httpx.Response:
        patch = [{"op": "replace", "path": f"/{field}", "value": value}]
        path = f"/bookme/meetings/{meeting['id']}"
        return await self.client.http.patch(path, json=patch, headers=self.client.headers | headers)

    async def cursor(self) -> str:
        await self.client.reserved()
        async with self.database.transaction() as session:
            await event_log.publish_all(session)
        return str(ok(await self.client.get("/bookme/events"))["cursor"])


Recipe = Callable[[Stage], Awaitable[httpx.Response]]
RECIPES: Final[dict[str, Recipe]] = {}


def recipe(make: Recipe) -> Recipe:
    """Register a recipe. Its name is that of the problem, in lower case."""
    RECIPES[getattr(make, "__name__", "").upper()] = make
    return make


@recipe
async def bad_request(stage: Stage) -> httpx.Response:
    return await stage.client.post(RESERVE, {"timeSlot": {"startDate": "tomorrow"}, "tokn": "order-1234"})


@recipe
async def unauthorized(stage: Stage) -> httpx.Response:
    return await stage.client.http.get("/config/employees")


@recipe
async def forbidden(stage: Stage) -> httpx.Response:
    return await stage.client.get("/bookme/config/organization")


@recipe
async def method_not_allowed(stage: Stage) -> httpx.Response:
    return await stage.client.http.put(SEARCH.path, headers=stage.client.headers)


@recipe
async def request_timeout(stage: Stage) -> httpx.Response:
    stage.patches.setattr(bodies, "BODY_TIMEOUT", 0.05)

    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    headers = stage.client.headers | {"Content-Type": "application/json"}
    return await stage.client.http.post(RESERVE, content=never(), headers=headers)


@recipe
async def content_too_large(stage: Stage) -> httpx.Response:
    return await stage.client.post(RESERVE, {"token": "x" * 300_000})


@recipe
async def unsupported_media_type(stage: Stage) -> httpx.Response:
    headers = stage.client.headers | {"Content-Type": "text/plain"}
    return await stage.client.http.post(RESERVE, content=b"{}", headers=headers)


@recipe
async def too_many_requests(stage: Stage) -> httpx.Response:
    stage.app.state.rate_limit = RateLimit("1/minute")
    ok(await stage.client.get("/config/rooms"))
    return await stage.client.get("/config/rooms")


@recipe
async def internal_server_error(stage: Stage) -> httpx.Response:
    async def bug() -> None:
        raise ZeroDivisionError

    stage.app.add_api_route("/bug", bug)
    return await stage.client.http.get("/bug")


@recipe
async def service_unavailable(stage: Stage) -> httpx.Response:
    full = Lane(RequestKind.SEARCH, in_flight=0, at_once=1, seconds=1)
    stage.app.state.lanes = {**stage.app.state.lanes, RequestKind.SEARCH: full}
    return await SEARCH.call(stage.client)


@recipe
async def not_found(stage: Stage) -> httpx.Response:
    body = reservation((await stage.slots())[0])
    body["timeSlot"] |= {"employeeId": UNKNOWN}
    return await stage.client.post(RESERVE, body)


@recipe
async def not_yours(stage: Stage) -> httpx.Response:
    held = await stage.client.reserved()
    return await (await stage.client.as_another("other")).time_slot(held["id"])


@recipe
async def gone(stage: Stage) -> httpx.Response:
    body = reservation((await stage.slots())[0])
    held = ok(await stage.client.post(RESERVE, body, **{KEY: "key-1"}))
    await stage.client.give_back(held["id"])
    return await stage.client.post(RESERVE, body, **{KEY: "key-1"})


@recipe
async def cursor_lost(stage: Stage) -> httpx.Response:
    cursor = await stage.cursor()
    await stage.do("DELETE FROM booking_event")
    return await stage.client.get("/bookme/events", cursor=cursor)


@recipe
async def cursor_expired(stage: Stage) -> httpx.Response:
    cursor = await stage.cursor()
    await stage.client.reserved()
    async with stage.database.transaction() as session:
        await event_log.publish_all(session)
    await stage.do("DELETE FROM booking_event WHERE position = (SELECT min(position) FROM booking_event)")
    return await stage.client.get("/bookme/events", cursor=cursor)


@recipe
async def too_many_holds(stage: Stage) -> httpx.Response:
    for slot in (slots := await stage.slots())[0:9:4]:
        ok(await stage.client.reserve(slot))
    return await stage.client.reserve(slots[12])


@recipe
async def too_many_end_user_holds(stage: Stage) -> httpx.Response:
    for slot in (slots := await stage.slots())[0:5:4]:
        ok(await stage.client.reserve(slot, **ADA))
    return await stage.client.reserve(slots[8], **ADA)


@recipe
async def too_many_renewals(stage: Stage) -> httpx.Response:
    slot = (await stage.slots())[0]
    for _ in range(2):
        held = ok(await stage.client.reserve(slot, **ADA))
        await stage.client.give_back(held["id"])
    return await stage.client.reserve(slot, **ADA)


@recipe
async def too_many_changes(stage: Stage) -> httpx.Response:
    stage.patches.setattr(workflow, "MAX_REQUESTS", 1)
    (first, _, _, _, second, *_), token = await stage.slots(), new_token()
    for slot in (first, second):
        ok(await stage.client.reserve(slot, token))
    return await stage.client.reserve(first, token)


@recipe
async def time_slot_taken(stage: Stage) -> httpx.Response:
    slot = (await stage.slots())[0]
    ok(await stage.client.reserve(slot))
    return await (await stage.client.as_another("other")).reserve(slot)


@recipe
async def not_offered(stage: Stage) -> httpx.Response:
    body = reservation((await stage.slots())[0])
    body["timeSlot"] |= {"startDate": "2021-01-04T09:00:00Z", "endDate": "2021-01-04T10:00:00Z"}
    return await stage.client.post(RESERVE, body)


@recipe
async def hold_expired(stage: Stage) -> httpx.Response:
    held = await stage.client.reserved()
    await stage.do(
        "UPDATE time_slot SET hold_expires_at = now() - interval '1 second' WHERE hold_expires_at IS NOT NULL"
    )
    return await stage.client.book(held["id"])


@recipe
async def hold_already_extended(stage: Stage) -> httpx.Response:
    held = await stage.client.reserved()
    ok(await stage.client.extend(held["id"]))
    return await stage.client.extend(held["id"])


def without_extensions(slot: TimeSlotRow, limits: BookingLimits) -> timedelta:
    return extension_of(slot, replace(limits, hold_extension=timedelta(0)))


@recipe
async def hold_not_extendable(stage: Stage) -> httpx.Response:
    held = await stage.client.reserved()
    stage.patches.setattr(extensions, "extension_of", without_extensions)
    return await stage.client.extend(held["id"])


@recipe
async def hold_released(stage: Stage) -> httpx.Response:
    held = await stage.client.reserved()
    await stage.client.give_back(held["id"])
    return await stage.client.book(held["id"])


@recipe
async def time_slot_not_booked(stage: Stage) -> httpx.Response:
    return await stage.client.create_meeting(await stage.client.reserved())


@recipe
async def time_slot_already_booked(stage: Stage) -> httpx.Response:
    (first, _, _, _, second, *_), token = await stage.slots(), new_token()
    held = ok(await stage.client.reserve(first, token))
    ok(await stage.client.book(held["id"]))
    return await stage.client.reserve(second, token)


@recipe
async def meeting_exists(stage: Stage) -> httpx.Response:
    booked = await stage.client.booked(meetingTypes="online")
    ok(await stage.client.create_meeting(booked))
    return await stage.client.create_meeting(booked, title="Something else")


@recipe
async def meeting_mismatch(stage: Stage) -> httpx.Response:
    booked = await stage.client.booked(explicitEmployeeIds=FREJA, meetingTypes="online")
    return await stage.client.create_meeting(booked, employeeId=INGRID)


@recipe
async def meeting_changed(stage: Stage) -> httpx.Response:
    meeting = await stage.meeting()
    ok(await stage.change(meeting, "title", "One"))
    return await stage.change(meeting, "title", "Two", **{"If-Match": '"0"'})


@recipe
async def version_mismatch(stage: Stage) -> httpx.Response:
    staff = await stage.staff()
    path = f"/bookme/config/employees/{FREJA}"
    patch = [{"op": "replace", "path": "/initials", "value": "FL"}]
    return await staff.http.patch(path, json=patch, headers=staff.headers | {"If-Match": '"0"'})


@recipe
async def meeting_over(stage: Stage) -> httpx.Response:
    meeting = await stage.meeting()
    await stage.do("UPDATE meeting SET start_at = now() - interval '1 h', end_at = now() + interval '1 h'")
    await stage.do("UPDATE time_slot SET start_at = now() - interval '1 h', end_at = now() + interval '1 h'")
    return await stage.client.http.delete(f"/bookme/meetings/{meeting['id']}", headers=stage.client.headers)


@recipe
async def not_changeable(stage: Stage) -> httpx.Response:
    return await stage.change(await stage.meeting(), "customerId", "customer-4712")


@recipe
async def token_mismatch(stage: Stage) -> httpx.Response:
    held = await stage.client.reserved()
    return await stage.client.book(held["id"], reservationToken="another")


@recipe
async def idempotency_key_reused(stage: Stage) -> httpx.Response:
    first, _, _, _, second, *_ = await stage.slots()
    ok(await stage.client.reserve(first, **{KEY: "key-1"}))
    return await stage.client.reserve(second, **{KEY: "key-1"})


@recipe
async def in_use(stage: Stage) -> httpx.Response:
    staff = await stage.staff()
    return await staff.http.delete(f"/bookme/meeting-topics/{TOPIC}", headers=staff.headers)


@recipe
async def already_exists(stage: Stage) -> httpx.Response:
    staff = await stage.staff()
    ok(await staff.post("/bookme/config/closing-days", {"date": "2199-12-24"}))
    return await staff.post("/bookme/config/closing-days", {"date": "2199-12-24"})


@recipe
async def too_many_secrets(stage: Stage) -> httpx.Response:
    webhook = ok(await stage.client.post("/bookme/webhooks", HOOK))
    path = f"/bookme/webhooks/{webhook['id']}/rotate-secret"
    for _ in range(5):
        ok(await stage.client.http.post(path, headers=stage.client.headers))
    return await stage.client.http.post(path, headers=stage.client.headers)


@recipe
async def too_many_webhooks(stage: Stage) -> httpx.Response:
    ok(await stage.client.post("/bookme/webhooks", HOOK))
    return await stage.client.post("/bookme/webhooks", HOOK)
