"""PostgreSQL, Temporal and one API as separate processes on this machine. The caller starts the workers."""

import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from temporalio.client import Client

from benchmarks.stack.dev_stack import ROOT, is_ready, started
from benchmarks.workload.http_client import Service
from benchmarks.workload.journeys import authorise
from chaos.faults.proxy import Proxy
from config import temporal as engine
from config.ports import LOOPBACK, free_port
from config.settings import Settings
from devstack.postgres import EmbeddedPostgres
from devstack.processes import Program
from devstack.seeding import seed
from devstack.temporal import DevelopmentServer, is_polled_by, without_temporal
from workers.prepare import migrate_database, prepare_temporal


@dataclass(frozen=True, slots=True)
class Site:
    """The running servers and API, with clients of each. Workers must be started separately."""

    directory: Path
    environment: Mapping[str, str]
    service: Service
    client: Client
    database: "asyncpg.Connection[asyncpg.Record]"
    proxy: Proxy

    def worker(self, number: int) -> Program:
        async def polls(pid: int) -> bool:
            return await is_polled_by(self.client, Settings().task_queue, pid)

        return program(self.directory, f"worker-{number}", ("worker",), self.environment, polls)


def program(
    directory: Path,
    name: str,
    command: tuple[str, ...],
    environment: Mapping[str, str],
    ready: Callable[[int], Awaitable[bool]],
) -> Program:
    return Program(
        name=name,
        command=(sys.executable, "-m", "cli", *command),
        log=directory / f"{name}.log",
        ready=ready,
        environment=environment,
        directory=directory,
    )


@contextlib.asynccontextmanager
async def site(directory: Path, settings: Mapping[str, str] | None = None) -> AsyncIterator[Site]:
    """Start the site, and yield it when ready. API and workers reach PostgreSQL through a proxy that can delay data."""
    postgres = EmbeddedPostgres(directory / "postgres", free_port(), fast=False, log=directory / "postgres.log")
    temporal = DevelopmentServer(data_dir=directory / "temporal", port=free_port())
    await postgres.start()
    try:
        async with started(temporal.program(directory / "temporal.log")), Proxy.to(postgres.port) as proxy:
            ours = {
                "BOOKME_DATABASE_URL": postgres.url.replace(f":{postgres.port}/", f":{proxy.port}/"),
                "BOOKME_DEV_ISSUER": "true",
                "BOOKME_DEV_ISSUER_KEY": str(directory / "issuer.pem"),
                "BOOKME_LOG_LEVEL": "ERROR",
            }
            theirs = {"TEMPORAL_ADDRESS": temporal.address, "PYTHONPATH": str(ROOT)}
            environment = without_temporal() | theirs | ours | dict(settings or {})
            async with _serving(directory, postgres.url, proxy, environment) as running:
                yield running
    finally:
        await postgres.stop()


@contextlib.asynccontextmanager
async def _serving(directory: Path, url: str, proxy: Proxy, environment: Mapping[str, str]) -> AsyncIterator[Site]:
    settings = Settings.model_validate({"database_url": url})
    await migrate_database(settings)
    await seed(settings)
    await prepare_temporal(settings, wait=60, environment=environment)
    client = await engine.connect(settings, environment=environment)
    port = free_port()
    service = Service(port)
    own = {**environment, "BOOKME_PUBLIC_URL": f"http://{LOOPBACK}:{port}"}
    api = program(directory, "api", ("api", "--port", str(port)), own, lambda _pid: is_ready(service))
    database = await asyncpg.connect(url)
    async with started(api):
        await authorise(service)
        yield Site(directory, environment, service, client, database, proxy)
    service.close()
    await database.close()
