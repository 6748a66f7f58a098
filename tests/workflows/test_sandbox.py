"""The workflow runs in the sandbox here, so that a forbidden call fails these tests. Production decides."""

from uuid import uuid4

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from config.settings import Settings
from tests.workflows.support.fake_steps import FakeSteps
from tests.workflows.support.forbidden_workflow import LooksAtTheClock
from tests.workflows.support.sandbox import make_worker
from workers import main


async def test_a_workflow_that_looks_at_the_clock_is_stopped(
    skipping: WorkflowEnvironment, fake: FakeSteps, failed_tasks: list[str]
) -> None:
    name = f"test-{uuid4()}"
    async with make_worker(skipping.client, name, fake, workflow=LooksAtTheClock):
        with pytest.raises(WorkflowFailureError) as failed:
            await skipping.client.execute_workflow(LooksAtTheClock.run, id=name, task_queue=name)

    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.type == "RestrictedWorkflowAccessError"
    assert failed_tasks == ["__call__ on datetime.datetime.now restricted"]
    failed_tasks.clear()


async def test_a_worker_has_the_sandbox_on_unless_it_is_told_otherwise(
    skipping: WorkflowEnvironment, fake: FakeSteps
) -> None:
    worker = main.make_worker(skipping.client, f"test-{uuid4()}", fake)

    assert isinstance(worker.config(active_config=True).get("workflow_runner"), SandboxedWorkflowRunner)


@pytest.mark.parametrize(("wanted", "runner"), [(True, SandboxedWorkflowRunner), (False, UnsandboxedWorkflowRunner)])
def test_the_operator_decides(wanted: bool, runner: type) -> None:
    assert isinstance(main.workflow_runner(Settings(workflow_sandbox=wanted)).inner, runner)
