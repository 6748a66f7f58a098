"""A server that skips time, and a worker whose steps are fakes. The workflow runs in the sandbox."""

import dataclasses
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.testing import WorkflowEnvironment

from config.settings import Settings
from config.temporal import data_converter
from tests.conftest import SCRIPTS
from tests.workflows.support.booking_caller import Caller
from tests.workflows.support.fake_steps import FakeSteps
from tests.workflows.support.sandbox import make_worker
from workflows.common import options, runs, search_attributes


@pytest.fixture
async def skipping() -> AsyncIterator[WorkflowEnvironment]:
    """A test server, with time that is skipped while somebody waits for a run's result, or sleeps there.

    One a test: its time stands still for everybody while a run that another test left behind has something to do.
    """
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(SCRIPTS / "temporal-test-server"), data_converter=data_converter(Settings())
    )
    await add_search_attributes(environment.client)
    yield environment
    await environment.shutdown()


async def add_search_attributes(client: Client) -> None:
    kinds = {key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in search_attributes.ALL}
    request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=kinds)
    await client.operator_service.add_search_attributes(request)


@pytest.fixture
def fake(skipping: WorkflowEnvironment) -> FakeSteps:
    return FakeSteps(skipping.get_current_time)


@pytest.fixture
async def caller(skipping: WorkflowEnvironment, fake: FakeSteps) -> AsyncIterator[Caller]:
    """Somebody who makes one booking, and a worker that serves it."""
    task_queue = f"test-{uuid4()}"
    async with make_worker(skipping.client, task_queue, fake):
        caller = Caller(skipping, task_queue)
        yield caller
        await caller.leave()


@pytest.fixture
def real_fake(temporal: WorkflowEnvironment) -> FakeSteps:
    return FakeSteps(temporal.get_current_time)


@pytest.fixture
async def real_caller(temporal: WorkflowEnvironment, real_fake: FakeSteps) -> AsyncIterator[Caller]:
    """A caller on a server with real time, which has search attributes and shows pending activities."""
    task_queue = f"test-{uuid4()}"
    async with make_worker(temporal.client, task_queue, real_fake):
        caller = Caller(temporal, task_queue)
        yield caller
        await caller.leave()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forward steps are given up after three tries: their time is real, and is not skipped. Others are tried often."""
    retry = RetryPolicy(initial_interval=timedelta(milliseconds=10), maximum_attempts=3)
    monkeypatch.setitem(options.FORWARD, "retry_policy", retry)
    monkeypatch.setitem(options.DURABLE, "retry_policy", retry)
    often = dataclasses.replace(options.ENDLESS_RETRY, maximum_interval=timedelta(seconds=1))
    monkeypatch.setitem(options.UNDO, "retry_policy", often)


@pytest.fixture(autouse=True)
def short_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a local step goes on, its run hears of the next request only when most of a task's time has passed."""
    monkeypatch.setattr(runs, "TASK_TIMEOUT", timedelta(seconds=1))


@pytest.fixture(autouse=True)
def failed_tasks() -> Iterator[list[str]]:
    """What the worker's log says of failed workflow tasks and of unfinished handlers: nothing, or the test fails."""
    found: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: found.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("temporalio.worker")
    logger.addHandler(handler)
    yield found
    logger.removeHandler(handler)
    assert not found
