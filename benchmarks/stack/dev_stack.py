"""The stack as `bookme dev` starts it, and the worker of the bare engine."""

import contextlib
import os
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

from temporalio.client import Client

from benchmarks.stack.bare_engine import TASK_QUEUE
from benchmarks.workload.http_client import Service
from config.errors import StackError
from config.ports import LOOPBACK, free_port
from config.settings import Settings
from config.temporal import connect
from devstack.directory import DataDirectory
from devstack.processes import Child, Program
from devstack.temporal import is_polled_by, without_temporal

ROOT: Final = Path(__file__).parents[2]
PATIENT: Final = {"BOOKME_REQUEST_TIMEOUT": "PT30S"}
"""A long timeout, because requests of very many clients on few cores are slow, and must not fail."""


@contextlib.asynccontextmanager
async def running(
    directory: Path, workers: int, apis: int, settings: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[Service, Client]]:
    """Start the stack in `directory`, and yield a client of the API and one of the engine."""
    api, temporal = free_port(), free_port()
    environment = without_temporal() | {"TEMPORAL_ADDRESS": f"{LOOPBACK}:{temporal}"} | dict(settings or {})
    options = {"--api-port": api, "--temporal-port": temporal, "--workers": workers, "--api-workers": apis}
    async with contextlib.AsyncExitStack() as stack:
        service = Service(api)
        stack.callback(service.close)
        await stack.enter_async_context(started(whole_stack(service, options, directory, environment)))
        client = await connect(Settings(), environment=environment)
        await stack.enter_async_context(started(bare_worker(client, directory, environment)))
        yield service, client


@contextlib.asynccontextmanager
async def started(program: Program) -> AsyncIterator[Child]:
    child = Child(program)
    await child.start()
    try:
        yield child
    finally:
        await child.stop()


def database_url(directory: Path) -> str:
    """Return the database URL of the stack in `directory`. Raises `StackError` if none runs there."""
    found = DataDirectory(directory / "data").running()
    if found is None:
        raise StackError(f"No stack runs in {directory}.")
    return found.database_url


def whole_stack(
    service: Service, options: Mapping[str, int], directory: Path, environment: Mapping[str, str]
) -> Program:
    where = {"--ui-port": free_port(), "--data-dir": directory / "data"}
    asked = (str(part) for option in {**options, **where}.items() for part in option)
    return Program(
        name="stack",
        command=(sys.executable, "-m", "cli", "dev", "--no-sandbox", *asked),
        log=directory / "stack.log",
        ready=lambda _pid: is_ready(service),
        environment=environment,
        directory=directory,
    )


async def is_ready(service: Service) -> bool:
    try:
        return (await service.get("/health/ready")).is_success
    except OSError:
        return False


def bare_worker(client: Client, directory: Path, environment: Mapping[str, str]) -> Program:
    async def polls(pid: int) -> bool:
        return await is_polled_by(client, TASK_QUEUE, pid)

    path = os.pathsep.join([str(ROOT), environment.get("PYTHONPATH", "")])
    return Program(
        name="bare",
        command=(sys.executable, "-m", "benchmarks.stack.bare_engine"),
        log=directory / "bare.log",
        ready=polls,
        environment={**environment, "PYTHONPATH": path},
        directory=directory,
    )
