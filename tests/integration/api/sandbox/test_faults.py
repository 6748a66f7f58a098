"""A client of a sandbox asks for a fault of its next request, to see what its own code does then."""

import asyncio
import time
from typing import Final

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app, lifespan
from api.sandbox import faults
from config.settings import Settings
from tests.integration.api.sandbox.support import CLOCK
from tests.integration.api.support import ok, problem
from tests.support.clients import ApiClient, new_client_id

FAULTS: Final = "/sandbox/faults"


async def simulate(client: ApiClient, fault: str) -> None:
    assert ok(await client.post(FAULTS, {"next": fault})) == {"next": fault}


async def test_a_time_slot_is_taken_once(client: ApiClient) -> None:
    await simulate(client, "TIME_SLOT_TAKEN")
    free = (await client.search())[0]
    body = problem(await client.reserve(free, "taken"), 409, "TIME_SLOT_TAKEN")
    assert "taken" in body["message"]
    ok(await client.reserve(free, "taken"))


async def test_the_service_is_unavailable_once(client: ApiClient) -> None:
    await simulate(client, "SERVICE_UNAVAILABLE")
    other = await client.as_another(new_client_id())
    assert (await other.get("/bookme/events")).status_code == 200, "the fault is not this client's"
    ok(await client.get(CLOCK))
    answer = await client.get("/bookme/events")
    problem(answer, 503)
    assert int(answer.headers["Retry-After"]) >= 1
    ok(await client.get("/bookme/events"))


async def test_one_request_is_slow(client: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "SLOW_SECONDS", 1.0)
    await simulate(client, "slow")
    began = time.monotonic()
    ok(await client.get("/bookme/events"))
    assert time.monotonic() - began >= 1
    monkeypatch.setattr(faults, "SLOW_SECONDS", 60.0)
    async with asyncio.timeout(30):
        ok(await client.get("/bookme/events"))


async def test_the_last_wish_counts_in_every_process(client: ApiClient, settings: Settings, app: FastAPI) -> None:
    await simulate(client, "slow")
    await simulate(client, "SERVICE_UNAVAILABLE")
    other_app = create_app(settings)
    transport = httpx.ASGITransport(other_app, raise_app_exceptions=False)
    async with (
        lifespan(settings)(other_app),
        httpx.AsyncClient(transport=transport, base_url="http://other.test", timeout=30) as http,
    ):
        assert other_app is not app
        there = ApiClient(http, client.headers)
        problem(await there.get("/bookme/events"), 503)
    ok(await client.get("/bookme/events"))


async def test_an_unknown_fault_is_refused(client: ApiClient) -> None:
    assert "SERVICE_UNAVAILABLE" in problem(await client.post(FAULTS, {"next": "fire"}), 400)["message"]


async def test_a_request_without_a_token_meets_no_fault(client: ApiClient) -> None:
    await simulate(client, "SERVICE_UNAVAILABLE")
    problem(await client.http.get("/bookme/events"), 401)
    problem(await client.get("/bookme/events"), 503)
