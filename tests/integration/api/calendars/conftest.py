"""Fixtures of the calendars."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.api.support import (
    EVERY_SCOPE,
)
from tests.support.clients import ApiClient
from tests.support.feed_server import FeedServer, feed_server


@pytest.fixture
async def staff(client: ApiClient) -> ApiClient:
    return await client.as_another("staff", EVERY_SCOPE)


@pytest.fixture
async def feed() -> AsyncIterator[FeedServer]:
    async with feed_server() as server:
        yield server
