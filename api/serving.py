"""Serves the API for the command `bookme api`, in its own process or in several workers, and the codec server."""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import uvicorn

from api.connections import Connection
from api.stopping import ClosingWhenStopping, Lifespan, stopping_after
from config.addresses import host_and_port, is_loopback
from config.child import die_with_parent
from config.errors import StackError
from config.memory import freeze_gc, pause_gc
from config.settings import Settings
from config.telemetry import configure_logging
from config.temporal import data_converter
from config.tracing import start_tracing

if TYPE_CHECKING:
    from fastapi import FastAPI

SHUTDOWN_GRACE: Final = 8
METRICS_DIRECTORY: Final = "PROMETHEUS_MULTIPROC_DIR"


def serve(host: str, port: int, workers: int) -> None:
    """Serve the API until the process gets a signal to stop.

    Raises:
        StackError: the settings do not allow to serve the API, or not on this host, or the metrics' port is taken.
        WrongDatabase: the database is a sandbox and should be none, or the other way round.

    """
    settings = Settings()
    _require_servable(settings, host)
    asyncio.run(_require_kind_of_database(settings))
    with _metrics_added_up(workers), _metrics_served(settings.metrics_address):
        # No access log: it would contain the reservation tokens in query strings.
        uvicorn.run(
            "api.serving:served_api",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            http=Connection,
            limit_concurrency=settings.max_connections,
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_GRACE,
        )


@contextlib.contextmanager
def _metrics_added_up(workers: int) -> Iterator[None]:
    """Let several processes count in files of one directory, so that each process answers the sums of all.

    `prometheus_client` reads the environment variable when it is imported. The variable is set here, in the parent
    process, because only the processes that serve the API import `prometheus_client`.
    """
    if workers == 1 or METRICS_DIRECTORY in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="bookme-metrics-") as directory:
        os.environ[METRICS_DIRECTORY] = directory
        yield


@contextlib.contextmanager
def _metrics_served(address: str | None) -> Iterator[None]:
    """Serve the metrics at this address, if there is one, for as long as the block lasts.

    With several processes, their parent serves the sums. So the address does not depend on their number.

    Raises:
        StackError: the address is taken, or does not belong to this machine.

    """
    if address is None:
        yield
        return
    from prometheus_client import start_http_server  # noqa: PLC0415 - looks for `METRICS_DIRECTORY` at its import

    from api.middleware.metrics import registry  # noqa: PLC0415 - the same

    host, port = host_and_port(address)
    try:
        server, thread = start_http_server(port, host, registry())
    except OSError as error:
        raise StackError(f"BOOKME_METRICS_ADDRESS: {address} cannot be listened on: {error.strerror}.") from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def serve_codec(host: str, port: int) -> None:
    """Serve the codec server until the process gets a signal to stop.

    Raises:
        StackError: the settings do not allow to serve the codec server, or not on this host.

    """
    from api.codec import create_codec_app  # noqa: PLC0415 - the API does not need it

    settings = Settings()
    app = create_codec_app(settings)
    _require_issuer(settings, host, "the codec server")
    configure_logging(settings)
    uvicorn.run(
        app,
        host=host,
        port=port,
        http=Connection,
        limit_concurrency=settings.max_connections,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_GRACE,
    )


def _require_servable(settings: Settings, host: str) -> None:
    """Check the settings before uvicorn starts. An error here is clearer than in the log of a failed process."""
    data_converter(settings)
    _require_issuer(settings, host, "the API")


async def _require_kind_of_database(settings: Settings) -> None:
    """Check the database before the first process serves. A database that cannot be used is checked when it is used.

    In a new stack, the database and the role are created while the API starts.
    """
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415 - the codec server needs no database

    from storage.database import Database, StorageUnavailable  # noqa: PLC0415 - the same

    database = Database(settings.database_url.get_secret_value(), pool_size=1, sandbox=settings.sandbox)
    with contextlib.suppress(StorageUnavailable, DBAPIError):
        await database.why_read_only()
    await database.close()


def _require_issuer(settings: Settings, host: str, what: str) -> None:
    """Check that tokens have an issuer.

    Raises:
        StackError: the development issuer is not on loopback, or there is no issuer.

    """
    if settings.dev_issuer and not is_loopback(host):
        raise StackError(
            f"The development issuer is on (BOOKME_DEV_ISSUER), so {what} listens on loopback only, not on {host}."
        )
    if not settings.dev_issuer and not settings.auth_issuer:
        raise StackError("BOOKME_AUTH_ISSUER must name the issuer of access tokens (to try: BOOKME_DEV_ISSUER=true).")


def served_api() -> "FastAPI":
    """Create the app in a process of uvicorn: the only process, or one of several workers."""
    pause_gc()
    from api.app import create_app  # noqa: PLC0415 - the parent process of several workers does not need it

    settings = Settings()
    configure_logging(settings)
    if multiprocessing.parent_process():
        # Otherwise the workers of a killed server continue, and keep its port.
        die_with_parent(os.getppid(), signal.SIGTERM)
    app = create_app(settings, tracing=start_tracing("bookme-api"))
    app.add_middleware(ClosingWhenStopping)
    stopping = stopping_after(settings.shutdown_delay, app.router.lifespan_context)
    app.router.lifespan_context = documented_meanwhile(stopping)
    freeze_gc()
    return app


def documented_meanwhile(lifespan: Lifespan) -> Callable[["FastAPI"], AbstractAsyncContextManager[Any]]:
    """Return a lifespan in which a thread builds the OpenAPI document while the process already serves requests.

    The document takes a sixth of the start, and reservations do not need it. It is built at once and not at the first
    request for it, so that no client can cause the work.
    """

    @asynccontextmanager
    async def with_document(app: "FastAPI") -> AsyncIterator[object]:
        async with lifespan(app) as state:
            building = asyncio.create_task(asyncio.to_thread(_build_document, app))
            yield state
            await building

    return with_document


def _build_document(app: "FastAPI") -> None:
    app.openapi()
    freeze_gc()
