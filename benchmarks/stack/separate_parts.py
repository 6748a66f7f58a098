"""The parts of the stack, each started separately, as in production."""

import contextlib
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Self

from temporalio.client import Client

from benchmarks.stack.dev_stack import ROOT, is_ready, started
from benchmarks.workload.http_client import Service
from config.ports import LOOPBACK, free_port
from config.settings import Settings
from config.temporal import connect
from devstack.postgres import EmbeddedPostgres
from devstack.processes import Program
from devstack.temporal import DevelopmentServer, is_polled_by, without_temporal
from workflows.common import search_attributes


@dataclass(frozen=True, kw_only=True)
class Site:
    """Directory and ports of the parts, the same for every start."""

    directory: Path
    api_port: int
    temporal_port: int
    postgres: EmbeddedPostgres

    @classmethod
    def new(cls, directory: Path) -> Self:
        """Choose ports and create the directory."""
        log = directory / "postgres.log"
        (directory / "postgres").mkdir(parents=True)
        return cls(
            directory=directory,
            api_port=free_port(),
            temporal_port=free_port(),
            postgres=EmbeddedPostgres(directory / "postgres", free_port(), log=log),
        )

    @property
    def environment(self) -> Mapping[str, str]:
        return without_temporal() | {
            "TEMPORAL_ADDRESS": f"{LOOPBACK}:{self.temporal_port}",
            "BOOKME_DATABASE_URL": self.postgres.url,
            "BOOKME_PUBLIC_URL": f"http://{LOOPBACK}:{self.api_port}",
            "BOOKME_DEV_ISSUER": "true",
            "BOOKME_DEV_ISSUER_KEY": str(self.directory / "issuer.pem"),
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }

    async def client(self) -> Client:
        return await connect(Settings(), environment=self.environment)

    def temporal(self) -> Program:
        server = DevelopmentServer(
            data_dir=self.directory / "temporal", port=self.temporal_port, search_attributes=search_attributes.ALL
        )
        return server.program(self.directory / "temporal.log")

    def migrate(self) -> Program:
        return self._bookme("migrate")

    def seed(self) -> Program:
        return self._bookme("seed")

    def worker(self, client: Client) -> Program:
        async def polls(pid: int) -> bool:
            return await is_polled_by(client, Settings().task_queue, pid)

        return replace(self._bookme("worker"), ready=polls)

    def api(self, service: Service) -> Program:
        return replace(self._bookme("api", "--port", str(self.api_port)), ready=lambda _pid: is_ready(service))

    def _bookme(self, *arguments: str) -> Program:
        async def at_once(_pid: int) -> bool:
            return True

        return Program(
            name=arguments[0],
            command=(sys.executable, "-m", "cli", *arguments),
            log=self.directory / f"{arguments[0]}.log",
            environment=self.environment,
            directory=self.directory,
            ready=at_once,
        )


@contextlib.asynccontextmanager
async def served(site: Site, took: dict[str, float] | None = None) -> AsyncIterator[Service]:
    """Start all parts one after another, and yield an HTTP client. The seconds of each start are stored in `took`."""
    took = {} if took is None else took
    service = Service(site.api_port)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(service.close)
        with timed(took, "PostgreSQL"):
            await site.postgres.start()
        stack.push_async_callback(site.postgres.stop)
        with timed(took, "Temporal"):
            await stack.enter_async_context(started(site.temporal()))
        await prepare(site, took)
        client = await site.client()
        with timed(took, "worker"):
            await stack.enter_async_context(started(site.worker(client)))
        with timed(took, "API"):
            await stack.enter_async_context(started(site.api(service)))
        yield service


async def prepare(site: Site, took: dict[str, float]) -> None:
    for program in (site.migrate(), site.seed()):
        with timed(took, program.name):
            await done(program)


async def done(program: Program) -> None:
    """Run a program to its end. Raises `SystemExit` if it fails."""
    async with started(program) as child:
        if status := await child.exited():
            raise SystemExit(f"`{program.name}` has ended with {status}: {program.log.read_text()[-500:]}")


@contextlib.contextmanager
def timed(took: dict[str, float], name: str) -> Iterator[None]:
    began = perf_counter()
    yield
    took[name] = perf_counter() - began
