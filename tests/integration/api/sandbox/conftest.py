"""A database that was made as a sandbox, on the server of the other tests, and the application on it."""

from collections.abc import AsyncIterator
from typing import NamedTuple

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import make_url
from temporalio.client import Client

from activities.events import RelayActivities
from config.settings import Settings
from devstack.demo_data import seed
from devstack.postgres import DATABASE, RUNNING_ROLE, EmbeddedPostgres
from integrations.http.outbound import outbound_client
from integrations.webhooks.requests import WebhookRequests
from storage.database import Database
from storage.migrate import migrate
from tests.support.clients import ApiClient, new_client_id
from tests.support.demo_database import REMOVE_BOOKINGS
from tests.support.webhook_receiver import WebhookReceiver, webhook_receiver
from workers.deliveries import make_delivery_worker
from workers.main import SANDBOX, booking_steps, make_worker
from workers.webhook_runs import WebhookRuns

BEGIN_ANEW = f"{REMOVE_BOOKINGS}; DELETE FROM sandbox.fault; UPDATE sandbox.clock SET seconds_ahead = 0"


class Urls(NamedTuple):
    """Addresses of the sandbox for its owner, and for API and workers."""

    owner: str
    running: str


@pytest.fixture(scope="session")
async def sandbox_urls(postgres: EmbeddedPostgres) -> Urls:
    return await create_database(postgres, "sandbox")


async def create_database(postgres: EmbeddedPostgres, name: str) -> Urls:
    administrator = await asyncpg.connect(postgres.admin_url)
    await administrator.execute(f"CREATE DATABASE {name} OWNER {DATABASE}")
    await administrator.close()
    both = (make_url(each).set(database=name) for each in (postgres.url, postgres.running_url))
    return Urls(*(each.render_as_string(hide_password=False) for each in both))


@pytest.fixture(scope="session")
async def sandbox(sandbox_urls: Urls) -> AsyncIterator[Database]:
    owner = Database(sandbox_urls.owner, pool_size=1)
    await migrate(owner, running_role=RUNNING_ROLE, sandbox=True)
    await owner.close()
    database = Database(sandbox_urls.running, pool_size=20, sandbox=True)
    async with database.transaction() as session:
        await seed(session)
    yield database
    await database.close()


@pytest.fixture
async def database(sandbox: Database, sandbox_urls: Urls) -> Database:
    """No booking, and the real time."""
    connection = await asyncpg.connect(sandbox_urls.owner)
    await connection.execute(BEGIN_ANEW)
    await connection.close()
    return sandbox


@pytest.fixture
def settings(settings: Settings, sandbox_urls: Urls) -> Settings:
    its = {"database_url": sandbox_urls.running, "sandbox": True, "allow_private_addresses": True}
    return Settings.model_validate(settings.model_dump() | its)


@pytest.fixture
async def worker(engine: Client, settings: Settings, database: Database) -> AsyncIterator[None]:
    runs = WebhookRuns(engine, settings.delivery_task_queue)
    steps = (*booking_steps(settings, engine, database), RelayActivities(database, runs.hand_over))
    async with (
        outbound_client(private_too=True) as outside,
        make_worker(engine, settings.task_queue, *steps),
        make_delivery_worker(engine, settings, database, WebhookRequests(outside), SANDBOX),
    ):
        yield


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Without a token. The document that the other tests compare answers with is not that of a sandbox."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://bookme.test", timeout=30) as client:
        yield client


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with webhook_receiver() as server:
        yield server


@pytest.fixture
def client_id() -> str:
    return new_client_id()


@pytest.fixture
async def client(http: httpx.AsyncClient, worker: None, client_id: str) -> ApiClient:
    return await ApiClient.authorised(http, client_id)
