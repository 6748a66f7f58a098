"""A worker takes no more at once than it can do in time."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner

from domain.messages.booking import ReserveTimeSlot, TimeSlotSnapshot
from tests.workflows.support.booking_caller import Caller
from tests.workflows.support.fake_steps import FakeSteps
from workers.main import make_worker


class CountedSteps(FakeSteps):
    """Steps that take a moment. `most` is how many reservations were under way at once."""

    under_way = most = 0

    @activity.defn
    async def reserve_time_slot(self, step: ReserveTimeSlot) -> TimeSlotSnapshot:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0.2)
        self.under_way -= 1
        return await super().reserve_time_slot(step)


async def now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.ci
async def test_of_many_steps_each_has_a_connection(temporal: WorkflowEnvironment) -> None:
    """Take no more tasks than there are connections: a task that waits times out, and another worker runs it again."""
    steps, task_queue = CountedSteps(now), f"test-{uuid4()}"
    async with make_worker(temporal.client, task_queue, steps, runner=UnsandboxedWorkflowRunner(), connections=2):
        callers = [Caller(temporal, task_queue) for _ in range(15)]
        slots = await asyncio.gather(*(caller.reserve() for caller in callers))
        assert len({slot.id for slot in slots}) == len(callers)
        await asyncio.gather(*(caller.leave() for caller in callers))
    assert 0 < steps.most <= 2
