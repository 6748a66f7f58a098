"""The id and the access line of every request."""

import logging
import time
from http import HTTPStatus
from typing import Final
from uuid import uuid4

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth.principals import Principal
from domain.request_context import REQUEST_ID

log = logging.getLogger("api.access")

LONGEST_ID: Final = 64

PROBES: Final = frozenset({"/health/live", "/health/ready", "/metrics"})
"""Routes that monitoring requests every few seconds. Their successes are logged at level DEBUG only."""


class RequestScope:
    """Middleware that gives every request an id, and logs one line for its answer.

    It also adds the `answer_headers` of the request to its answer, and removes the body from answers to HEAD.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_of(Headers(scope=scope))
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer(scope, send, request_id)
        before = REQUEST_ID.set(request_id)
        try:
            await self._app(scope, receive, answer.send)
        finally:
            answer.log()
            REQUEST_ID.reset(before)


def answer_headers(request: Request) -> dict[str, str]:
    """Return the headers that the answer to this request gets, whatever its status is. Callers add to them."""
    headers: dict[str, str] = request.scope.setdefault("state", {}).setdefault("answer_headers", {})
    return headers


def request_id_of(headers: Headers) -> str:
    """Return the caller's `X-Request-Id` if it is short printable ASCII text, else a new id."""
    given = headers.get("x-request-id", "")
    return given if 0 < len(given) <= LONGEST_ID and given.isascii() and given.isprintable() else uuid4().hex


class _Answer:
    """Sends the answer of one request, and logs its status, duration and size."""

    def __init__(self, scope: Scope, send: Send, request_id: str) -> None:
        self._scope = scope
        self._send = send
        self._request_id = request_id
        self._began = time.perf_counter()
        self._status = int(HTTPStatus.INTERNAL_SERVER_ERROR)
        self._bytes = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            added = {"X-Request-Id": self._request_id, **self._scope["state"].get("answer_headers", {})}
            encoded = [(name.lower().encode(), value.encode()) for name, value in added.items()]
            message["headers"] = [*message["headers"], *encoded]
        elif message["type"] == "http.response.body":
            if self._scope["method"] == "HEAD":
                message = {**message, "body": b""}
            self._bytes += len(message.get("body", b""))
        await self._send(message)

    def log(self) -> None:
        """Log the access line. It names the route, because paths and query strings may contain secrets."""
        route = getattr(self._scope.get("route"), "path", "unmatched")
        is_success = self._status < HTTPStatus.BAD_REQUEST
        level = logging.DEBUG if route in PROBES and is_success else logging.INFO
        if not log.isEnabledFor(level):
            return
        principal: Principal | None = self._scope["state"].get("principal")
        facts = {
            "method": self._scope["method"],
            "route": route,
            "status": self._status,
            "ms": round((time.perf_counter() - self._began) * 1000, 1),
            "bytes": self._bytes,
            "request": self._request_id,
            "client": principal.name_in_logs if principal else "",
        }
        log.log(level, "request", extra=facts)
