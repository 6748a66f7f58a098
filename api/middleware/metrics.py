"""Prometheus metrics of the API: number, status and duration of requests."""

import os
import time

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics.requests import note_journey

REQUESTS = Counter("bookme_http_requests_total", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram("bookme_http_request_seconds", "Time to answer a request, in seconds.", ["method", "route"])


NO_SUCH_METHOD = 405
"""Status for an unsupported method. A client can invent methods, and each would become a time series."""


def registry() -> CollectorRegistry:
    """Return the metrics that `/metrics` shows.

    Processes that share `PROMETHEUS_MULTIPROC_DIR` show their sums. Without it, a process shows its own metrics.
    """
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    summed = CollectorRegistry()
    MultiProcessCollector(summed)  # type: ignore[no-untyped-call]  # prometheus_client does not annotate it
    return summed


class Measured:
    """Middleware that counts and times requests by route template, so that ids do not create new time series."""

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
            seconds = time.perf_counter() - started
            REQUESTS.labels(method, route, status).inc()
            SECONDS.labels(method, route).observe(seconds)
            note_journey(method, route, status, seconds)
