"""Header of every answer of a sandbox, so that no client takes a sandbox for production."""

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors import instant
from storage.database import Database, StorageUnavailable
from storage.sandbox.clock import read_clock

HEADER: Final = "BookMe-Sandbox"
IN_A_SANDBOX: Final = {HEADER: "true"}
"""Header of an answer that is made without the clock: the database cannot be used, or there is a bug."""

MOST_SECONDS: Final = 1.0
"""Seconds within which the clock is read."""


class ClockHeader:
    """Middleware that adds the time of the sandbox to every answer: `BookMe-Sandbox: true; now=…` (RFC 3339)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_clock(message: Message) -> None:
            if message["type"] == "http.response.start":
                value = await self._value(scope["app"].state.resources.database)
                message["headers"] = [*message["headers"], (HEADER.lower().encode(), value.encode())]
            await send(message)

        await self._app(scope, receive, with_clock if scope["type"] == "http" else send)

    async def _value(self, database: Database) -> str:
        try:
            async with asyncio.timeout(MOST_SECONDS), database.autocommit() as session:
                return f"true; now={instant((await read_clock(session)).now)}"
        except (StorageUnavailable, TimeoutError):
            return IN_A_SANDBOX[HEADER]
