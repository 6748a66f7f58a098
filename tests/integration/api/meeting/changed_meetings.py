"""Meetings changed, moved and cancelled over HTTP."""

from typing import Final

import httpx

from tests.integration.api.support import (
    FREJA,
    ok,
)
from tests.support.clients import ApiClient, Json

PATH: Final = "/bookme/meetings"
FREJAS: Final = {"explicitEmployeeIds": FREJA, "meetingTypes": "online"}


async def made(client: ApiClient, token: str | None = None, number: int = 0, **more: object) -> Json:
    slot = (await client.search(**FREJAS))[number]
    held = ok(await client.reserve(slot, token))
    return ok(await client.create_meeting(ok(await client.book(held["id"])), **more))


async def change(
    client: ApiClient, identity: str, *patch: Json, method: str = "PATCH", **headers: str
) -> httpx.Response:
    return await client.http.request(method, f"{PATH}/{identity}", json=list(patch), headers=client.headers | headers)


def replace(**values: object) -> list[Json]:
    return [{"op": "replace", "path": f"/{name}", "value": value} for name, value in values.items()]


async def cancel(client: ApiClient, identity: str, reason: str | None = None, **headers: str) -> httpx.Response:
    query = {} if reason is None else {"reason": reason}
    return await client.http.delete(f"{PATH}/{identity}", params=query, headers=client.headers | headers)


async def move(client: ApiClient, identity: str, target: Json, **headers: str) -> httpx.Response:
    return await client.post(f"{PATH}/{identity}/move", target, **headers)


def target(slot: Json) -> Json:
    return {"startDate": slot["startDate"], "endDate": slot["endDate"], "employeeId": slot["employeeId"]}


async def shown(client: ApiClient, identity: str) -> httpx.Response:
    return await client.get(f"{PATH}/{identity}")
