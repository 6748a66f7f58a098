"""What a step is known by: the same on every worker that has it, another for each request."""

from typing import Any
from uuid import UUID, uuid5

from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from domain.errors import TimeSlotTaken
from tests.workflows.caller import Caller, told
from tests.workflows.fake_steps import FakeSteps, refuses
from tests.workflows.test_meeting import owner_on


async def run_of(handle: WorkflowHandle[Any, Any]) -> UUID:
    began = (await handle.fetch_history()).events[0].workflow_execution_started_event_attributes
    return UUID(began.original_execution_run_id)


async def test_the_steps_of_a_booking(caller: Caller, fake: FakeSteps) -> None:
    held = await (await caller.begin_reserve()).result()
    slot = await caller.book(held.time_slot.id)
    fake.script("create_meeting", [refuses(TimeSlotTaken())])
    assert await told(caller.create_meeting(slot.id)) == "TIME_SLOT_TAKEN"
    made = await (await caller.begin_create_meeting(slot.id)).result()

    run = await run_of(caller.run)
    assert held.time_slot.id == uuid5(run, held.asked)
    assert fake.known_as[1:] == [uuid5(run, made.asked)]
    assert fake.known_as[0] not in fake.known_as[1:]


async def test_the_steps_of_a_meeting(skipping: WorkflowEnvironment) -> None:
    async with owner_on(skipping) as owner:
        changed, moved = await owner.change(), await owner.move(owner.fake.meeting.start)
        run = await run_of(owner.run)
    assert owner.fake.known_as == [uuid5(run, changed.asked)]
    assert moved.meeting.time_slot_id == uuid5(run, moved.asked)
