"""A workflow that looks at the clock, which no workflow may."""

from datetime import UTC, datetime

from temporalio import workflow
from temporalio.worker.workflow_sandbox import RestrictedWorkflowAccessError


@workflow.defn(failure_exception_types=[RestrictedWorkflowAccessError])
class LooksAtTheClock:
    @workflow.run
    async def run(self) -> str:
        return datetime.now(UTC).isoformat()
