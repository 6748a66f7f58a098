"""The API behind a real server at the address that its tokens name, and clients of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import pytest
import sqlalchemy as sa
import uvicorn
from bookme_client import AsyncBookMe
from bookme_client.models import AvailableTimeslot
from fastapi import FastAPI

from config.ports import LOOPBACK, free_port
from config.settings import Settings
from storage.database import Database
from tests.python_client.lossy_proxy import LossyProxy
from tests.support.clients import SECRET, next_monday

LATER: Final = timedelta(hours=1)
"""A time by which a meeting of the demo organisation can be moved, and still begin at a time of day that is offered."""


@pytest.fixture(scope="session")
def port() -> int:
    return free_port()


@pytest.fixture
def settings(settings: Settings, port: int) -> Settings:
    return settings.model_copy(update={"public_url": f"http://{LOOPBACK}:{port}"})


@asynccontextmanager
async def served(app: FastAPI, port: int) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, LOOPBACK, port, lifespan="off", ws="none", log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn sets a flag, and no event
        await asyncio.sleep(0.01)
    yield f"http://{LOOPBACK}:{port}"
    server.should_exit = True
    await serving


@pytest.fixture
async def url(app: FastAPI, port: int) -> AsyncIterator[str]:
    async with served(app, port) as address:
        yield address


@pytest.fixture
async def proxy(url: str, port: int) -> AsyncIterator[LossyProxy]:
    async with LossyProxy.to(port) as proxy:
        yield proxy


@pytest.fixture
async def bookme(proxy: LossyProxy) -> AsyncIterator[AsyncBookMe]:
    """A client that may read and book, behind the proxy."""
    async with AsyncBookMe(proxy.url, client_id="demo", client_secret=SECRET) as client:
        yield client


@dataclass(frozen=True)
class Offer:
    """A time slot that can be reserved, and the customer type that it was found for."""

    slot: AvailableTimeslot
    customer_type_id: UUID


async def offers(bookme: AsyncBookMe) -> list[Offer]:
    """What is offered in the coming working week, by start. The time slots may overlap."""
    customer_type = (await bookme.customer_types())[0]
    topic = (await bookme.topics(customer_type_id=customer_type.id))[0]
    found = bookme.search(
        topic_id=topic.id,
        customer_type_id=customer_type.id,
        meeting_types=["online"],
        start=next_monday(),
        look_forward=timedelta(days=5),
    )
    return [Offer(slot, customer_type.id) async for slot in found]


async def first_offer(bookme: AsyncBookMe) -> Offer:
    return (await offers(bookme))[0]


async def count_of(database: Database, table: str) -> int:
    async with database.transaction() as session:
        found: int = (await session.execute(sa.text(f"SELECT count(*) FROM {table}"))).scalar_one()
        return found
