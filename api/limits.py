"""Limits of requests: how many one client may send. Also names every request by an id."""

import math
import time
from typing import Final
from uuid import uuid4

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import TooManyRequests

LONGEST_ID: Final = 64


class RateLimit:
    """A moving window of requests a client, kept in this process."""

    def __init__(self, limit: str) -> None:
        self._limit: RateLimitItem = parse(limit)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def admit(self, client_id: str) -> None:
        """Count one request of this client.

        Raises:
            TooManyRequests: it has used up its window.

        """
        if not await self._limiter.hit(self._limit, client_id):
            window = await self._limiter.get_window_stats(self._limit, client_id)
            raise TooManyRequests(max(1, math.ceil(window.reset_time - time.time())))


class RequestScope:
    """Middleware: gives every request an id, and sends no body in answer to HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["request_id"] = request_id = request_id_of(Headers(scope=scope))
        await self._app(scope, receive, _finished(send, request_id, with_body=scope["method"] != "HEAD"))


def request_id_of(headers: Headers) -> str:
    """The caller's `X-Request-Id` if it is a decent one, else a new one."""
    given = headers.get("x-request-id", "")
    return given if 0 < len(given) <= LONGEST_ID and given.isascii() and given.isprintable() else uuid4().hex


def _finished(send: Send, request_id: str, *, with_body: bool) -> Send:
    async def finished(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
        elif not with_body and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return finished
