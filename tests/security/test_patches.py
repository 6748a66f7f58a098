"""JSON Patches that cost their sender little and the server much, and what a refusal of one tells."""

import asyncio
import json
import time
from typing import Any, Final

import httpx
import pytest

from api.http.patching import MOST_COPIED, MOST_OPERATIONS
from config.settings import Settings
from tests.integration.api.support import SEARCH, ok, problem
from tests.support.clients import ApiClient, Json

TITLE: Final = {"op": "replace", "path": "/title", "value": "New"}
COPY: Final = {"op": "copy", "from": "/title", "path": "/description"}
DOUBLING: Final = {"op": "copy", "from": "", "path": "/additionalEmployees/-"}
TAKING_TURNS: Final = [
    {"op": "copy", "from": "/additionalEmployees", "path": "/description"},
    {"op": "copy", "from": "", "path": "/additionalEmployees/-"},
]
HARMLESS: Final = 5.0
"""Seconds, on a machine that others use too. What doubles thirty times takes hours."""


@pytest.fixture
async def meeting(client: ApiClient) -> Json:
    return ok(await client.create_meeting(await client.booked(), description="Of a poet"))


async def patch(client: ApiClient, meeting: Json, body: object) -> httpx.Response:
    headers = client.headers | {"Content-Type": "application/json-patch+json"}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    path = f"/bookme/meetings/{meeting['id']}"
    return await client.http.patch(path, content=content, headers=headers)


async def is_as_before(client: ApiClient, meeting: Json) -> bool:
    return ok(await client.get(f"/bookme/meetings/{meeting['id']}")) == meeting


@pytest.mark.parametrize(
    "operations", [[DOUBLING] * MOST_OPERATIONS, TAKING_TURNS * (MOST_OPERATIONS // 2)], ids=["doubling", "in turns"]
)
async def test_copies_of_copies_are_refused_at_once(client: ApiClient, meeting: Json, operations: list[Any]) -> None:
    began = time.monotonic()
    answers = await asyncio.gather(patch(client, meeting, operations), SEARCH.call(client))
    assert time.monotonic() - began < HARMLESS
    assert "copies too much" in problem(answers[0], 400)["message"]
    assert answers[1].status_code == 200
    assert await is_as_before(client, meeting)


async def test_a_large_value_is_not_copied_often(client: ApiClient, meeting: Json) -> None:
    large = {"op": "add", "path": "/description", "value": "x" * (MOST_COPIED - 2)}
    copy = {"op": "copy", "from": "/description", "path": "/videoLink"}
    assert "malformed" in problem(await patch(client, meeting, [large, copy]), 400)["message"]
    assert "copies too much" in problem(await patch(client, meeting, [large, copy, copy]), 400)["message"]


async def test_a_copy_that_is_meant_works(client: ApiClient, meeting: Json) -> None:
    copied = await patch(client, meeting, [{"op": "copy", "from": "/description", "path": "/title"}])
    assert ok(copied)["title"] == "Of a poet"


async def test_a_hundred_thousand_operations(client: ApiClient, meeting: Json, settings: Settings) -> None:
    body = json.dumps([TITLE] * 100_000).encode()
    assert len(body) > settings.max_body_bytes
    problem(await patch(client, meeting, body), 413)
    as_many_as_fit = json.dumps([TITLE] * (settings.max_body_bytes // len(json.dumps([TITLE])))).encode()
    assert str(MOST_OPERATIONS) in problem(await patch(client, meeting, as_many_as_fit), 400)["message"]
    problem(await patch(client, meeting, [TITLE] * (MOST_OPERATIONS + 1)), 400)
    assert await is_as_before(client, meeting)
    assert ok(await patch(client, meeting, [TITLE] * MOST_OPERATIONS))["title"] == "New"


@pytest.mark.parametrize("op", ["add", "replace", "test"])
async def test_a_value_at_any_depth_that_can_be_read(client: ApiClient, meeting: Json, op: str) -> None:
    """Reading, copying and comparing give up at different depths."""
    for depth in (*range(100, 1000, 60), 10_000, 100_000):
        value = "[" * depth + "]" * depth
        deep = f'{{"op":"{op}","path":"/title","value":{value}}}'
        problem(await patch(client, meeting, f"[{deep},{json.dumps(COPY)}]".encode()), 400)
    assert await is_as_before(client, meeting)


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/title", "value": "A guess"},
        {"op": "replace", "path": "/unknown", "value": "A guess"},
        {"op": "move", "from": "/unknown", "path": "/title"},
        {"op": "copy", "from": "/unknown/0", "path": "/title"},
        {"op": "add", "path": "/description/0", "value": "A guess"},
    ],
    ids=lambda operation: str(operation["op"]),
)
async def test_a_refusal_quotes_nothing_that_is_stored(client: ApiClient, meeting: Json, operation: Json) -> None:
    answer = await patch(client, meeting, [operation])
    assert operation["path"] in problem(answer, 400)["message"]
    assert not [word for word in ("poet", "customer-4711", "guess") if word in answer.text]
