"""The bare engine as a baseline: a workflow that takes three updates, each with a local activity that does nothing.

`python -m benchmarks.stack.bare_engine` runs its worker, with the settings of our worker: local activities, the same
pollers, the same event loop, and the same choice of sandbox.
"""

from datetime import timedelta
from typing import Final

import uvloop
from temporalio import activity, workflow
from temporalio.worker import PollerBehaviorSimpleMaximum, Worker

with workflow.unsafe.imports_passed_through():
    from config.settings import Settings
    from config.temporal import connect
    from workers.main import stop_requested, workflow_runner

TASK_QUEUE: Final = "bare"
UPDATES: Final = 3


@activity.defn
async def nothing() -> None:
    """Do nothing: the cost of this activity is that of its call."""


@workflow.defn
class BareWorkflow:
    """A workflow that ends after its third update."""

    def __init__(self) -> None:
        self._taken = 0

    @workflow.run
    async def run(self) -> int:
        await workflow.wait_condition(lambda: self._taken >= UPDATES and workflow.all_handlers_finished())
        return self._taken

    @workflow.update
    async def step(self) -> int:
        await workflow.execute_local_activity(nothing, start_to_close_timeout=timedelta(seconds=10))
        self._taken += 1
        return self._taken


async def work() -> None:
    settings = Settings()
    client = await connect(settings)
    async with Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[BareWorkflow],
        activities=[nothing],
        workflow_runner=workflow_runner(settings),
        workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(20),
    ):
        await stop_requested()


if __name__ == "__main__":
    uvloop.run(work())
