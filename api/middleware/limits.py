"""Rate limit of each client, and the id of every request."""

import math
import time
from typing import Final
from uuid import uuid4

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.errors import TooManyRequests

LONGEST_ID: Final = 64


class RateLimit:
    """Rate limit with a moving window for each client. The counts are in the memory of this process."""

    def __init__(self, limit: str) -> None:
        self._limit: RateLimitItem = parse(limit)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def admit(self, client_id: str) -> None:
        """Count one request of this client.

        Raises:
            TooManyRequests: the client has used up its window.

        """
        if not await self._limiter.hit(self._limit, client_id):
            window = await self._limiter.get_window_stats(self._limit, client_id)
            raise TooManyRequests(max(1, math.ceil(window.reset_time - time.time())))


class RequestScope:
    """Middleware that gives every request an id, and removes the body from answers to HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["request_id"] = request_id = request_id_of(Headers(scope=scope))
        await self._app(scope, receive, _finished(send, request_id, with_body=scope["method"] != "HEAD"))


def request_id_of(headers: Headers) -> str:
    """Return the caller's `X-Request-Id` if it is short printable ASCII text, else a new id."""
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
