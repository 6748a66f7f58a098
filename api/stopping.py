"""Stop of an API process without a refused request: readiness fails first, and the sockets close later.

uvicorn closes its listening sockets at SIGTERM. A load balancer that has not noticed the stop yet would then get
refused connections.
"""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any, Final

from fastapi import FastAPI
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

STOPPING: Final = "stopping"
"""Key of the event in the state that uvicorn gives to every connection. The event is set when the process stops."""

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[object]]


def stopping_after(delay: timedelta, lifespan: Lifespan) -> Callable[[FastAPI], AbstractAsyncContextManager[Any]]:
    """Return a lifespan in which SIGTERM stops the process after `delay`. A second SIGTERM stops the process at once.

    Meanwhile the process serves requests, `/health/ready` answers 503, and each answer closes its connection.
    """

    @asynccontextmanager
    async def with_delay(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        stopping, loop = asyncio.Event(), asyncio.get_running_loop()
        stop = signal.getsignal(signal.SIGTERM)

        def stop_now() -> None:
            assert callable(stop), "uvicorn has set its handler"  # noqa: S101 - for the type checker
            stop(signal.SIGTERM, None)

        def terminate() -> None:
            if stopping.is_set():
                stop_now()
                return
            stopping.set()
            log.info("stopping", extra={"delay": delay})
            loop.call_later(delay.total_seconds(), stop_now)

        async with lifespan(app):
            loop.add_signal_handler(signal.SIGTERM, terminate)
            yield {STOPPING: stopping}

    return with_delay


def is_stopping(connection: HTTPConnection) -> bool:
    """Return whether the process that serves this connection was told to stop."""
    return _is_stopping(connection.scope)


def _is_stopping(scope: Scope) -> bool:
    # Without uvicorn, there is no such state.
    event = scope.get("state", {}).get(STOPPING)
    return isinstance(event, asyncio.Event) and event.is_set()


class ClosingWhenStopping:
    """Middleware that closes the connection after each answer of a process that stops.

    The client opens its next connection to a process that does not stop.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_stopping(scope):
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        await self._app(scope, receive, closing if scope["type"] == "http" else send)
