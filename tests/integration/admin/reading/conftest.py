from uuid import uuid4

import httpx
import pytest
from temporalio.client import Client

from admin.connections import Connections
from admin.story.find import Finder
from storage.database import Database
from tests.integration.admin.reading.support import UI, Booking
from tests.support.clients import ApiClient


@pytest.fixture
def booking(engine: Client) -> Booking:
    """The booking of `TOKEN`, of a client of this test alone: runs outlive their test."""
    return Booking(str(uuid4()), engine)


@pytest.fixture
async def client(http: httpx.AsyncClient, worker: None, booking: Booking) -> ApiClient:
    return await ApiClient.authorised(http, booking.client_id)


@pytest.fixture
def finder(database: Database, engine: Client) -> Finder:
    return Finder(Connections(database, engine), UI)
