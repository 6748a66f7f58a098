"""What Temporal stores and logs of failures can be read: the cause, the workflow and the run."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final
from uuid import uuid4

import pytest
from temporalio import activity, workflow
from temporalio.api.failure.v1 import Failure
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from config.settings import Settings
from config.telemetry import core_logging
from config.temporal import connect
from config.temporal_sdk.failures import MOST_BYTES, chain_of, shorten
from config.temporal_sdk.task_failures import LOGGERS, NamedRuns, NameTheRun, NamingRunner, cause_of, install
from devstack.processes import until
from devstack.temporal import DevelopmentServer
from tests.integration.stack.test_engine import new_key

pytestmark = pytest.mark.xdist_group("stack")

ALWAYS: Final = RetryPolicy(initial_interval=timedelta(milliseconds=50), maximum_interval=timedelta(milliseconds=50))


@activity.defn
async def fail_at_length(depth: int) -> None:
    """Fail as a database step does: each layer has wrapped what the one below it raised."""
    try:
        if depth:
            await fail_at_length(depth - 1)
    except ValueError as error:
        raise ValueError(f"layer {depth}: " + "ö" * 2_000) from error
    raise ValueError("the connection was refused")


@workflow.defn
class Stuck:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(
            fail_at_length, 6, start_to_close_timeout=timedelta(seconds=5), retry_policy=ALWAYS
        )


class Bugs:
    """How often a run was taken up: the second time it does something else."""

    taken_up = 0


@workflow.defn
class DoesSomethingElse:
    @workflow.run
    async def run(self) -> None:
        Bugs.taken_up += 1
        if Bugs.taken_up == 1:
            await workflow.sleep(1)
        await workflow.execute_activity(fail_at_length, 0, start_to_close_timeout=timedelta(seconds=5))


class Keeping(logging.Handler):
    """Keeps the warnings that it is handed."""

    def __init__(self, found: list[logging.LogRecord]) -> None:
        super().__init__(logging.WARNING)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        self._found.append(record)


@asynccontextmanager
async def working(client: Client, runs: NamedRuns) -> AsyncIterator[str]:
    task_queue = f"test-{uuid4()}"
    async with Worker(
        client,
        task_queue=task_queue,
        workflows=[Stuck, DoesSomethingElse],
        activities=[fail_at_length],
        workflow_runner=NamingRunner(UnsandboxedWorkflowRunner(), runs),
        max_cached_workflows=0,
        max_concurrent_workflow_tasks=1,
    ):
        yield task_queue


async def reached(temporal: DevelopmentServer, settings: Settings) -> Client:
    runtime = Runtime(telemetry=TelemetryConfig(logging=core_logging()))
    return await connect(settings, runtime=runtime, environment={"TEMPORAL_ADDRESS": temporal.address})


@pytest.mark.parametrize("is_encrypted", [False, True])
async def test_the_last_failure_of_a_step_that_is_stuck_can_be_read(
    temporal: DevelopmentServer, is_encrypted: bool
) -> None:
    client = await reached(temporal, Settings(payload_key=new_key() if is_encrypted else None))
    async with working(client, NamedRuns()) as task_queue:
        run = await client.start_workflow(Stuck.run, id=f"stuck-{uuid4()}", task_queue=task_queue)

        async def has_failed() -> bool:
            pending = (await run.describe()).raw_description.pending_activities
            return bool(pending) and pending[0].HasField("last_failure")

        await until(has_failed, 20)
        failure = (await run.describe()).raw_description.pending_activities[0].last_failure
        if is_encrypted:
            await client.data_converter.decode_failure(failure)
            shown = str(
                client.data_converter.failure_converter.from_failure(failure, client.data_converter.payload_converter)
            )
        else:
            shown = failure.message
        assert "layer 6: ööö" in shown
        assert "exceeds" not in shown
        await run.terminate("the test is over")


def test_a_long_failure_keeps_its_first_and_its_last_cause() -> None:
    failure = Failure(message="𐍈" * 5_000, stack_trace="t" * 5_000 + "the line that failed")
    each = failure
    for number in range(20):
        each.cause.CopyFrom(Failure(message=f"cause {number}", stack_trace="t" * 5_000))
        each = each.cause
    shorten(failure)
    assert [one.message[:8] for one in chain_of(failure)] == ["𐍈" * 8, "cause 0", "cause 19"]
    assert failure.stack_trace.endswith("the line that failed")
    assert failure.ByteSize() <= MOST_BYTES


def test_details_stay_whole() -> None:
    failure = Failure(message="refused")
    failure.application_failure_info.details.payloads.add(data=b"x" * 2_000)
    shorten(failure)
    assert len(failure.application_failure_info.details.payloads[0].data) == 2_000


def test_the_loggers_name_runs_once() -> None:
    before = [logging.getLogger(name).filters[:] for name in LOGGERS]
    try:
        assert install() is install()
        for name in LOGGERS:
            assert sum(isinstance(each, NameTheRun) for each in logging.getLogger(name).filters) == 1
    finally:
        for name, filters in zip(LOGGERS, before, strict=True):
            logging.getLogger(name).filters[:] = filters


async def test_the_line_about_a_failing_task_names_workflow_run_and_cause(temporal: DevelopmentServer) -> None:
    runs, found = NamedRuns(), list[logging.LogRecord]()
    handler = Keeping(found)
    handler.addFilter(NameTheRun(runs))
    for name in LOGGERS:
        logging.getLogger(name).addHandler(handler)
    client, Bugs.taken_up = await reached(temporal, Settings()), 0
    async with working(client, runs) as task_queue:
        identity = f"something-else-{uuid4()}"
        run = await client.start_workflow(DoesSomethingElse.run, id=identity, task_queue=task_queue)

        async def is_told() -> bool:
            return any(getattr(each, "cause", None) for each in found)

        try:
            await until(is_told, 20)
        finally:
            for name in LOGGERS:
                logging.getLogger(name).removeHandler(handler)
            await run.terminate("the test is over")
    record = vars(next(each for each in found if hasattr(each, "cause")))
    assert record["workflow"] == f"DoesSomethingElse {identity}"
    assert record["run"] == run.result_run_id
    assert record["cause"].startswith("NonDeterministicError: [TMPRL1100] Nondeterminism error")


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        ('Failure { failure: Some(Failure { message: "no \\"key\\"" }), force_cause: Unspecified }', 'no \\"key\\"'),
        ("force_cause: NonDeterministicError", "NonDeterministicError"),
        ("something else", "unknown"),
    ],
)
def test_the_cause_as_the_core_writes_it(failure: str, cause: str) -> None:
    assert cause_of(failure) == cause
