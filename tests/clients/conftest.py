"""A stack for clients: API, worker, and deliveries of webhooks to receivers on loopback."""

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from activities.events import RelayActivities
from config.ports import LOOPBACK
from config.settings import Settings
from integrations.http.outbound import outbound_client
from integrations.webhooks.requests import WebhookRequests
from storage.database import Database
from workers.deliveries import make_delivery_worker
from workers.main import SANDBOX, make_worker
from workers.schedules import start_relay
from workers.webhook_runs import WebhookRuns
from workflows.common.runs import RELAY_ID


@pytest.fixture
def settings(settings: Settings, port: int) -> Settings:
    """The discovery document names the token endpoint at the public address."""
    its: dict[str, object] = {"allow_private_addresses": True, "public_url": f"http://{LOOPBACK}:{port}"}
    return settings.model_copy(update=its)


@pytest.fixture
async def worker(
    engine: Client, settings: Settings, all_steps: tuple[object, ...], database: Database
) -> AsyncIterator[None]:
    """A worker of everything, and the relay that publishes events and hands them over to deliveries."""
    runs = WebhookRuns(engine, settings.delivery_task_queue)
    async with (
        outbound_client(private_too=True) as outside,
        make_worker(engine, settings.task_queue, *all_steps, RelayActivities(database, runs.hand_over)),
        make_delivery_worker(engine, settings, database, WebhookRequests(outside), SANDBOX),
    ):
        await start_relay(engine, settings.task_queue)
        yield
    running = f"TaskQueue = '{settings.delivery_task_queue}' AND ExecutionStatus = 'Running'"
    for each in (RELAY_ID, *[run.id async for run in engine.list_workflows(running)]):
        await engine.get_workflow_handle(each).terminate("the test is over")
