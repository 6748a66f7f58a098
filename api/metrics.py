"""Prometheus metrics of the API: how many requests, how they ended, how long they took."""

import os
import time

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUESTS = Counter("bookme_http_requests_total", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram("bookme_http_request_seconds", "Time to answer a request, in seconds.", ["method", "route"])


NO_SUCH_METHOD = 405
"""Its methods are whatever a client makes up: each would be a series of its own."""


def registry() -> CollectorRegistry:
    """Return what `/metrics` shows: the sums of all processes that count in one directory, else of this process."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    summed = CollectorRegistry()
    MultiProcessCollector(summed)  # type: ignore[no-untyped-call]  # prometheus_client does not annotate it
    return summed


class Measured:
    """Middleware that counts and times every request under its route's template, so that ids make no new series."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            method = scope["method"] if route != "unmatched" and status != NO_SUCH_METHOD else "any"
            REQUESTS.labels(method, route, status).inc()
            SECONDS.labels(method, route).observe(time.perf_counter() - started)
