"""Fixtures of the notifications."""

from collections.abc import AsyncIterator

import pytest

from storage.database import Database
from tests.integration.activities.notifications.outbox import Outbox, outbox_of
from tests.support.mail_server import MailServer, mail_server
from tests.support.webhook_receiver import WebhookReceiver, webhook_receiver


@pytest.fixture
async def post() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with webhook_receiver() as server:
        yield server


@pytest.fixture
async def outbox(database: Database, receiver: WebhookReceiver) -> AsyncIterator[Outbox]:
    async with outbox_of(database, receiver.url) as made:
        yield made
