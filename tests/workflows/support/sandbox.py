"""The worker of the tests: its sandbox also watches the workflow's own modules, which production passes through."""

from datetime import timedelta
from typing import Final

from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.interceptor import RefusalsEndTheStep
from workers.main import PURE_MODULES, activities_of
from workflows.booking.workflow import BookingWorkflow

PASSED_THROUGH: Final = {*PURE_MODULES, "workflows.common.options"} - {"workflows"}
"""The options too, so that a test can change them."""

SANDBOX: Final = SandboxedWorkflowRunner(SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH))


def make_worker(
    client: Client, task_queue: str, steps: object, *, workflow: type = BookingWorkflow, cached: int = 100
) -> Worker:
    """With `cached` 0, a run can go on at another worker at once."""
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[workflow],
        activities=activities_of(steps),
        interceptors=[RefusalsEndTheStep()],
        workflow_runner=SANDBOX,
        max_cached_workflows=cached,
        graceful_shutdown_timeout=timedelta(0),
    )
