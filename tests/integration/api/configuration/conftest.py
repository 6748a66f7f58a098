"""Fixtures of the configuration."""

import pytest

from storage.database import Database
from tests.support.clients import ApiClient


@pytest.fixture
async def operator(client: ApiClient, configurable: Database) -> ApiClient:
    return await client.as_another("operator", "bookme.read bookme.book bookme.config")
