"""What one client may send: how often, and how much at once."""

import asyncio
import math
import re
import time
from http import HTTPStatus
from typing import Final
from uuid import uuid4

from fastapi import Request
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import TooManyRequests, UnusableRequest, unusable

LONGEST_ID: Final = 64

JSON: Final = "application/json"
CALENDAR: Final = "text/calendar"

OTHER_TYPES: Final = {
    r"/oauth2/.*": "application/x-www-form-urlencoded",
    r"/bookme/config/calendars/[^/]+/file": CALENDAR,
}
"""Where something else than JSON is sent."""

MOST_DIGITS: Final = 18
"""Of a body's declared length: more than enough to know that it is too large."""

BODY_TIMEOUT: Final = 15.0
"""Seconds in which a body must have arrived."""


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
    """Middleware: gives every request an id, and refuses bodies that are too large, too slow or of another type."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, max_calendar_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._max_calendar_bytes = max_calendar_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["request_id"] = request_id = request_id_of(Headers(scope=scope))
        try:
            replay = await self._read(scope, receive)
        except UnusableRequest as error:
            response = await unusable(Request(scope), error)
            await response(scope, receive, _naming(send, request_id))
        else:
            await self._app(scope, replay, _naming(send, request_id))

    async def _read(self, scope: Scope, receive: Receive) -> Receive:
        """The whole body, so that nothing is begun before it is known to be usable."""
        headers, expected = Headers(scope=scope), media_type_of(scope["path"])
        most = self._max_calendar_bytes if expected == CALENDAR else self._max_body_bytes
        if _length(headers) > most:
            raise _too_large(most)
        body = await self._within_limits(receive, most)
        if body and scope["method"] in ("POST", "PUT", "PATCH"):
            _check_media_type(headers, expected)
        return _replay(body, receive)

    async def _within_limits(self, receive: Receive, most: int) -> bytes:
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_TIMEOUT):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise UnusableRequest(HTTPStatus.BAD_REQUEST, "The body ended before it was complete.")
                    body += message.get("body", b"")
                    if len(body) > most:
                        raise _too_large(most)
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError as error:
            raise UnusableRequest(HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time.") from error


def _too_large(most: int) -> UnusableRequest:
    return UnusableRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body is larger than {most} bytes.")


def media_type_of(path: str) -> str:
    """What the bodies are that are sent there."""
    return next((media_type for pattern, media_type in OTHER_TYPES.items() if re.fullmatch(pattern, path)), JSON)


def request_id_of(headers: Headers) -> str:
    """The caller's `X-Request-Id` if it is a decent one, else a new one."""
    given = headers.get("x-request-id", "")
    return given if 0 < len(given) <= LONGEST_ID and given.isascii() and given.isprintable() else uuid4().hex


def _length(headers: Headers) -> int:
    declared = headers.get("content-length", "")[:MOST_DIGITS]
    return int(declared) if declared.isdecimal() else 0


def _check_media_type(headers: Headers, expected: str) -> None:
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != expected and not (expected == JSON and media_type.endswith("+json")):
        message = f"Send the body as Content-Type: {expected}."
        raise UnusableRequest(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message)


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body as one message; after it, whatever the server says, such as that the client has gone."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


def _naming(send: Send, request_id: str) -> Send:
    async def named(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
        await send(message)

    return named
