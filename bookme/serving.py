"""How `bookme api` serves the API: in its own process, or in several workers."""

import contextlib
import multiprocessing
import os
import signal
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import uvicorn

from bookme.connections import Connection
from bookme.engine import data_converter
from bookme.memory import settle
from bookme.settings import Settings
from bookme.stack.child import die_with_parent
from bookme.stack.errors import StackError
from bookme.stack.ports import is_loopback
from bookme.telemetry import configure_logging

if TYPE_CHECKING:
    from fastapi import FastAPI

SHUTDOWN_GRACE: Final = 8
METRICS_DIRECTORY: Final = "PROMETHEUS_MULTIPROC_DIR"


def serve(host: str, port: int, workers: int) -> None:
    """Until it is told to stop.

    Raises:
        StackError: it cannot be served so.

    """
    settings = Settings()
    _require_servable(settings, host)
    with _metrics_added_up(workers):
        _run(settings, host, port, workers)


@contextlib.contextmanager
def _metrics_added_up(workers: int) -> Iterator[None]:
    """Let several processes count in files of one directory, so that each of them answers the sums of all.

    `prometheus_client` looks for the directory when it is imported, which only the served processes do.
    """
    if workers == 1 or METRICS_DIRECTORY in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="bookme-metrics-") as directory:
        os.environ[METRICS_DIRECTORY] = directory
        yield


def _run(settings: Settings, host: str, port: int, workers: int) -> None:
    # The access log would hold reservation tokens: they are in query strings.
    uvicorn.run(
        "bookme.serving:served_api",
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


def _require_servable(settings: Settings, host: str) -> None:
    """Before uvicorn starts: what is wrong is clearer here than in the log of a process that cannot start."""
    data_converter(settings)
    if settings.dev_issuer and not is_loopback(host):
        raise StackError(
            f"The development issuer is on (BOOKME_DEV_ISSUER): not listening on {host}, only on loopback."
        )
    if not settings.dev_issuer and not settings.auth_issuer:
        raise StackError("BOOKME_AUTH_ISSUER must name the issuer of access tokens (to try: BOOKME_DEV_ISSUER=true).")


def served_api() -> "FastAPI":
    """The API, in a process of uvicorn's: its own, or one of several workers."""
    from api.app import create_app  # noqa: PLC0415 - the parent of several workers does without it

    configure_logging(Settings())
    if multiprocessing.parent_process():
        # Else the workers of a killed server go on, and keep its port.
        die_with_parent(os.getppid(), signal.SIGTERM)
    app = create_app()
    # Made now: no client should wait for it, or be able to ask for the work.
    app.openapi()
    settle()
    return app
