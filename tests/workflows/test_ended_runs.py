"""Current details of runs without a booking or a meeting: what such a run does, and that it has ended."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from uuid import uuid4

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import CancelledError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.interceptor import RefusalsEndTheStep
from domain.messages.meeting import NearMeetings
from domain.messages.webhooks import DeliverEvents, RelayEvents
from tests.integration.activities.booking_fixture import until
from tests.workflows.support.fake_receiver import CLIENT, FakeReceiver
from tests.workflows.support.fake_retention import FakeRetention
from tests.workflows.support.fake_sweep import FakeSweep
from tests.workflows.support.sandbox import SANDBOX
from tests.workflows.test_refresh_calendars import FakeCalendars
from workers.main import activities_of
from workflows.booking.messages import RefreshCalendars
from workflows.calendars.refresh import RefreshCalendarsWorkflow
from workflows.common.runs import (
    OPEN_MEETINGS_WORKFLOW,
    REFRESH_CALENDARS_WORKFLOW,
    RELAY_WORKFLOW,
    RETENTION_WORKFLOW,
    WEBHOOK_DELIVERY_WORKFLOW,
)
from workflows.meeting.messages import OpenMeetings
from workflows.meeting.openings import OpenMeetingsWorkflow
from workflows.notifications.relay import RelayWorkflow
from workflows.notifications.webhooks import WebhookDeliveryWorkflow
from workflows.retention import RetentionWorkflow

AnyRun = WorkflowHandle[Any, Any]

COMPLETE: Final[Mapping[str, list[object]]] = {
    WEBHOOK_DELIVERY_WORKFLOW: [DeliverEvents(client_id=CLIENT)],
    RETENTION_WORKFLOW: [],
    REFRESH_CALENDARS_WORKFLOW: [RefreshCalendars()],
    OPEN_MEETINGS_WORKFLOW: [OpenMeetings()],
}
"""Inputs of runs that complete."""

CONTINUE: Final[Mapping[str, list[object]]] = {
    WEBHOOK_DELIVERY_WORKFLOW: [DeliverEvents(client_id=CLIENT, rounds=1)],
    RELAY_WORKFLOW: [RelayEvents(rounds=1)],
    REFRESH_CALENDARS_WORKFLOW: [RefreshCalendars(page=2)],
    OPEN_MEETINGS_WORKFLOW: [OpenMeetings(first=NearMeetings(limit=1), pages=1)],
}
"""Inputs of runs after which another run continues."""


@pytest.fixture
def receiver(temporal: WorkflowEnvironment) -> FakeReceiver:
    fake = FakeReceiver(temporal)
    fake.pending = ["a", "b"]
    return fake


@pytest.fixture
async def task_queue(engine: Client, receiver: FakeReceiver) -> AsyncIterator[str]:
    name, steps = f"test-{uuid4()}", (receiver, FakeRetention(events=3), FakeCalendars(broken=None), FakeSweep())
    async with Worker(
        engine,
        task_queue=name,
        workflows=[
            WebhookDeliveryWorkflow,
            RelayWorkflow,
            RetentionWorkflow,
            RefreshCalendarsWorkflow,
            OpenMeetingsWorkflow,
        ],
        activities=[activity for each in steps for activity in activities_of(each)],
        interceptors=[RefusalsEndTheStep()],
        workflow_runner=SANDBOX,
    ):
        yield name


async def begin(engine: Client, task_queue: str, workflow: str, arguments: list[object]) -> AnyRun:
    return await engine.start_workflow(workflow, args=arguments, id=f"test-{uuid4()}", task_queue=task_queue)


async def details_of(run: AnyRun) -> str:
    """Of the run itself, and not of one that continues it."""
    metadata: WorkflowMetadata = await run.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    return metadata.current_details


async def state_of(run: AnyRun) -> str:
    return next(each for each in (await details_of(run)).splitlines() if each.startswith("**"))


@pytest.mark.parametrize("workflow", COMPLETE)
async def test_a_run_that_completes(engine: Client, task_queue: str, workflow: str) -> None:
    run = await begin(engine, task_queue, workflow, COMPLETE[workflow])
    await run.result()

    details = await details_of(run)
    assert "**Ended**: all work is done\n" in details
    assert not any(each in details for each in ("Waiting", "Working"))


@pytest.mark.parametrize("workflow", CONTINUE)
async def test_a_run_that_another_run_continues(engine: Client, task_queue: str, workflow: str) -> None:
    run = await begin(engine, task_queue, workflow, CONTINUE[workflow])
    first = engine.get_workflow_handle(run.id, run_id=run.first_execution_run_id)

    async def is_another() -> bool:
        return (await engine.get_workflow_handle(run.id).describe()).run_id != run.first_execution_run_id

    await until(is_another)
    assert await state_of(first) == "**Ended**: a new run continues"
    if workflow == RELAY_WORKFLOW:
        await engine.get_workflow_handle(run.id).terminate("the test is over")


async def test_a_delivery_that_waits_and_is_cancelled(engine: Client, task_queue: str, receiver: FakeReceiver) -> None:
    receiver.refusals = {"a": 100}
    run = await begin(engine, task_queue, WEBHOOK_DELIVERY_WORKFLOW, COMPLETE[WEBHOOK_DELIVERY_WORKFLOW])

    async def waits() -> bool:
        return (await state_of(run)).startswith("**Waiting for** what is due next, until 20")

    await until(waits)
    await run.cancel()
    with pytest.raises(WorkflowFailureError) as failed:
        await run.result()
    assert isinstance(failed.value.cause, CancelledError)
    assert await state_of(run) == "**Ended**: an operator cancelled the run"
