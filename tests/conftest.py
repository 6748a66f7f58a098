"""The real things that tests run on: one PostgreSQL and one Temporal server a test process, started when first used.

A test that uses `database` finds it seeded with the demo data and without any booking.
"""

import asyncio
import gc
import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from activities.booking import BookingActivities
from activities.meeting import MeetingActivities
from api.app import lifespan
from config.ports import LOOPBACK, free_port
from config.settings import Settings
from config.temporal import data_converter
from devstack.demo_data import seed
from devstack.postgres import RUNNING_ROLE, EmbeddedPostgres
from services.booking.reservations import BookingLimits
from services.meeting.run_schedule import NotificationSettings
from storage.database import Database
from storage.migrate import migrate
from tests.support import documented_answers, effort
from tests.support.applications import Applications
from tests.support.clients import ApiClient
from tests.support.demo_database import DemoDatabase
from workers.main import make_worker
from workers.meeting_runs import MeetingRuns
from workers.meeting_sweep import MeetingSweep
from workflows.common import search_attributes

SCRIPTS = Path(sysconfig.get_path("scripts"))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests' files in a directory of this session, and the bytecode of everything.

    Where root runs several sessions, pytest closes the directory that they share to everybody else, and so to the
    system user that PostgreSQL runs as.
    """
    # Else each process of the tests, and each that they start, compiles everything again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    effort.is_full = "not ci" not in config.option.markexpr
    if config.option.basetemp is None and not hasattr(config, "workerinput"):
        config.option.basetemp = directory = tempfile.mkdtemp(prefix="bookme-tests-")
        config.add_cleanup(lambda: shutil.rmtree(directory, ignore_errors=True))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that may take long, so that at the end no process waits for another one."""
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)


@pytest.fixture(scope="module", autouse=True)
def no_long_collections() -> Iterator[None]:
    """What a module of tests leaves behind is not looked at again: a collection that stops a workflow for seconds
    is a deadlock to the SDK.
    """
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedPostgres]:
    async with EmbeddedPostgres.running(tmp_path_factory.mktemp("postgres"), fast=True) as server:
        yield server


@pytest.fixture(scope="session")
async def seeded(postgres: EmbeddedPostgres) -> AsyncIterator[Database]:
    owner = Database(postgres.url, pool_size=1)
    await migrate(owner, running_role=RUNNING_ROLE)
    await owner.close()
    database = Database(postgres.running_url, pool_size=20)
    async with database.transaction() as session:
        await seed(session)
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def demo(postgres: EmbeddedPostgres, seeded: Database) -> AsyncIterator[DemoDatabase]:
    connection = await asyncpg.connect(postgres.url)
    demo = DemoDatabase(connection)
    await demo.copy()
    yield demo
    await connection.close()


@pytest.fixture
async def database(seeded: Database, demo: DemoDatabase) -> Database:
    """The demo organisation, and no booking."""
    await demo.remove_bookings()
    return seeded


@pytest.fixture
async def configurable(database: Database, demo: DemoDatabase) -> AsyncIterator[Database]:
    """A database whose configuration the test may change: afterwards it is the demo organisation's again."""
    yield database
    await demo.restore()


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """A real server, with real time."""
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(SCRIPTS / "temporal"),
        dev_server_extra_args=[
            "--dynamic-config-value=history.transferProcessorMaxPollRPS=1000",
            "--dynamic-config-value=history.timerProcessorMaxPollRPS=1000",
            "--dynamic-config-value=matching.enableFairness=true",
            # With one partition, the order of a queue's tasks does not depend on which partition a poller met.
            "--dynamic-config-value=matching.numTaskqueueReadPartitions=1",
            "--dynamic-config-value=matching.numTaskqueueWritePartitions=1",
            "--dynamic-config-value=frontend.enableUpdateWorkflowExecution=true",
        ],
        search_attributes=search_attributes.ALL,
        data_converter=data_converter(Settings()),
    )
    yield environment
    await environment.shutdown()


@pytest.fixture
def engine(temporal: WorkflowEnvironment) -> Client:
    return temporal.client


@pytest.fixture
def settings(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Of one test: a task queue of its own, the development issuer."""
    return Settings.model_validate(
        {
            "database_url": postgres.running_url,
            "task_queue": f"test-{uuid4()}",
            "dev_issuer": True,
            "dev_issuer_key": tmp_path_factory.getbasetemp() / "issuer.pem",
        }
    )


@pytest.fixture
def terms() -> BookingLimits:
    """How long holds live, and how many; a test may override it."""
    return BookingLimits(reservation_ttl=timedelta(minutes=5), booked_ttl=timedelta(minutes=15), max_holds=500)


@pytest.fixture
def steps(database: Database, terms: BookingLimits, notifications: NotificationSettings) -> BookingActivities:
    return BookingActivities(database, terms, notifications)


@pytest.fixture
def notifications() -> NotificationSettings:
    """What is told of meetings; a test may override it."""
    return NotificationSettings((timedelta(days=1), timedelta(hours=1)))


@pytest.fixture
def all_steps(
    steps: BookingActivities,
    engine: Client,
    database: Database,
    settings: Settings,
    terms: BookingLimits,
    notifications: NotificationSettings,
) -> tuple[object, ...]:
    """What a worker of bookings and meetings does."""
    runs = MeetingRuns(engine, database, settings.task_queue, notifications)
    sweep = MeetingSweep(engine, database, runs, notifications)
    return (steps, MeetingActivities(database, terms, notifications), runs, sweep)


@pytest.fixture
async def worker(engine: Client, settings: Settings, all_steps: tuple[object, ...]) -> AsyncIterator[None]:
    """A worker in this process, on the test's task queue."""
    async with make_worker(engine, settings.task_queue, *all_steps):
        yield


@pytest.fixture(scope="session")
def applications() -> Applications:
    return Applications()


@pytest.fixture
async def app(
    engine: Client,
    database: Database,
    settings: Settings,
    applications: Applications,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[FastAPI]:
    """The API, connected to the real servers, without a worker."""
    monkeypatch.setitem(os.environ, "TEMPORAL_ADDRESS", engine.service_client.config.target_host)
    application = applications.having(settings)
    async with lifespan(settings)(application):
        yield application


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Without a token. Every answer is compared with the OpenAPI document."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    hooks = {"response": [documented_answers.check]}
    async with httpx.AsyncClient(transport=transport, base_url="http://bookme.test", event_hooks=hooks) as client:
        yield client


@pytest.fixture
def port() -> int:
    """The port of the app behind a real server."""
    return free_port()


@pytest.fixture
async def url(app: FastAPI, port: int) -> AsyncIterator[str]:
    """The address of the app behind a real server."""
    server = uvicorn.Server(uvicorn.Config(app, LOOPBACK, port, lifespan="off", ws="none", log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn sets a flag, and no event
        await asyncio.sleep(0.01)
    yield f"http://{LOOPBACK}:{port}"
    server.should_exit = True
    await serving


@pytest.fixture
async def client(http: httpx.AsyncClient, worker: None) -> ApiClient:
    """A client that may read and book, and a worker that serves it."""
    return await ApiClient.authorised(http, "demo")
