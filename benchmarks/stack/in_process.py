"""The API and a worker in this process, on a PostgreSQL and a Temporal server of their own, without schedules."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx
from pydantic import SecretStr
from temporalio.client import Client

from api.app import create_app, lifespan
from benchmarks.results.statements import StatementCounter
from benchmarks.stack.dev_stack import started
from benchmarks.workload.http_client import Answer, Service
from benchmarks.workload.journeys import authorise
from config.ports import free_port
from config.settings import Settings
from config.temporal import connect
from devstack.demo_data import seed
from devstack.postgres import DATABASE, RUNNING_ROLE, EmbeddedPostgres
from devstack.temporal import DevelopmentServer
from storage.database import Database
from storage.migrate import migrate
from workers.main import booking_steps, make_worker, workflow_runner
from workflows.common import search_attributes

API_ROLE: Final = RUNNING_ROLE
WORKER_ROLE: Final = DATABASE
"""Roles of the database that API and worker log in as, so that their statements can be told apart."""
LONG: Final = timedelta(hours=1)


class InProcessService(Service):
    """Client of an application in this process, without a network."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        super().__init__(0)
        self._client = client

    async def send(self, method: str, path: str, content: bytes = b"", media_type: str = "application/json") -> Answer:
        headers = {"Content-Type": media_type} if content else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        answer = await self._client.request(method, path, content=content, headers=headers)
        return Answer(answer.status_code, dict(answer.headers), answer.content)


@dataclass(frozen=True, slots=True)
class Servers:
    """The running servers, with a client of Temporal and the counter of PostgreSQL's statements."""

    directory: Path
    postgres: EmbeddedPostgres
    client: Client
    counter: StatementCounter

    @asynccontextmanager
    async def api(self, settings: Settings) -> AsyncIterator[Service]:
        """Run the API, and yield an authorised client."""
        app = create_app(settings)
        transport = httpx.ASGITransport(app)
        async with (
            lifespan(settings)(app),
            httpx.AsyncClient(transport=transport, base_url="http://bookme.test", timeout=None) as client,
        ):
            service = InProcessService(client)
            await authorise(service)
            yield service

    @asynccontextmanager
    async def worker(self, settings: Settings) -> AsyncIterator[None]:
        database = Database(self.postgres.url, pool_size=settings.database_pool_size, sandbox=False)
        steps = booking_steps(settings, self.client, database)
        runner = workflow_runner(settings)
        async with make_worker(
            self.client, settings.task_queue, *steps, runner=runner, connections=settings.database_pool_size
        ):
            yield
        await database.close()

    def settings(self, task_queue: str, hold: timedelta = LONG) -> Settings:
        """Return settings whose holds live for `hold`. Requests may take long, because the machine may be busy."""
        return Settings(
            database_url=SecretStr(self.postgres.running_url),
            task_queue=task_queue,
            reservation_ttl=hold,
            request_timeout=timedelta(minutes=1),
            dev_issuer=True,
            dev_issuer_key=self.directory / "issuer.pem",
        )


@asynccontextmanager
async def servers(directory: Path) -> AsyncIterator[Servers]:
    """Start both servers, with the demo organisation. Sets `TEMPORAL_ADDRESS` of this process."""
    temporal = DevelopmentServer(
        data_dir=directory / "temporal", port=free_port(), search_attributes=search_attributes.ALL
    )
    async with (
        EmbeddedPostgres.running(directory / "postgres", fast=True) as postgres,
        started(temporal.program(directory / "temporal.log")),
        StatementCounter.of(postgres) as counter,
    ):
        await _fill(postgres)
        os.environ["TEMPORAL_ADDRESS"] = temporal.address
        yield Servers(directory, postgres, await connect(Settings()), counter)


async def _fill(postgres: EmbeddedPostgres) -> None:
    owner = Database(postgres.url, pool_size=1)
    await migrate(owner, running_role=RUNNING_ROLE)
    async with owner.transaction() as session:
        await seed(session)
    await owner.close()
