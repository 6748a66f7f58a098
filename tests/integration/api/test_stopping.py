"""Answers of a process that is told to stop."""

import asyncio

import httpx
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from api.stopping import STOPPING, ClosingWhenStopping


async def test_a_request_that_came_before_the_stop_closes_its_connection() -> None:
    stopping = asyncio.Event()
    app = FastAPI()
    app.add_middleware(ClosingWhenStopping)

    @app.get("/told-meanwhile")
    async def told_meanwhile() -> None:
        stopping.set()

    async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {STOPPING: stopping}}, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(with_state), base_url="http://api") as http:
        before = await http.get("/unknown")
        meanwhile = await http.get("/told-meanwhile")
    assert "connection" not in before.headers
    assert meanwhile.headers["connection"] == "close"
