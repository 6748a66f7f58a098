"""Records of the configuration, changed and listed over REST."""

import httpx
from pydantic import JsonValue

from tests.integration.api.support import FREJA
from tests.support.clients import ApiClient, Json, next_monday

CONFIG = "/bookme/config"
FREJAS = {"explicitEmployeeIds": FREJA, "meetingTypes": "online"}


async def patch(client: ApiClient, path: str, status: int = 200, /, **values: JsonValue) -> Json:
    operations = [{"op": "add", "path": f"/{name}", "value": value} for name, value in values.items()]
    answer = await client.http.patch(path, json=operations, headers=client.headers)
    assert answer.status_code == status, answer.text
    body: Json = answer.json()
    return body


def listed(answer: httpx.Response) -> list[Json]:
    assert answer.status_code == 200, answer.text
    entries: list[Json] = answer.json()
    return entries


async def delete(client: ApiClient, path: str, status: int = 204) -> Json:
    answer = await client.http.delete(path, headers=client.headers)
    assert answer.status_code == status, answer.text
    body: Json = answer.json() if answer.content else {}
    return body


async def hours(client: ApiClient, **query: str) -> set[str]:
    """When Freja is offered on the coming Monday, in UTC."""
    day = {"startDate": next_monday().isoformat(), "lookForwardTime": "P1D"}
    return {slot["startDate"][11:16] for slot in await client.search(**FREJAS, **day, **query)}
