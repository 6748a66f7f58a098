"""A step's id is the same on every worker and in every run that is asked for it, and another for each request."""

from uuid import NAMESPACE_OID, uuid5

from temporalio.testing import WorkflowEnvironment

from domain.errors import TimeSlotTaken
from tests.workflows.meeting.test_meeting import owner_on
from tests.workflows.support.booking_caller import Caller, told
from tests.workflows.support.fake_steps import FakeSteps, refuses


async def test_the_steps_of_a_booking(caller: Caller, fake: FakeSteps) -> None:
    held = await (await caller.begin_reserve()).result()
    slot = await caller.book(held.time_slot.id)
    fake.script("create_meeting", [refuses(TimeSlotTaken())])
    assert await told(caller.create_meeting(slot.id)) == "TIME_SLOT_TAKEN"
    made = await (await caller.begin_create_meeting(slot.id)).result()

    assert held.time_slot.id == uuid5(NAMESPACE_OID, held.asked)
    assert fake.known_as[1:] == [uuid5(NAMESPACE_OID, made.asked)]
    assert fake.known_as[0] not in fake.known_as[1:]


async def test_the_steps_of_a_meeting(skipping: WorkflowEnvironment) -> None:
    async with owner_on(skipping) as owner:
        changed, moved = await owner.change(), await owner.move(owner.fake.meeting.start)
    assert owner.fake.known_as == [uuid5(NAMESPACE_OID, changed.asked)]
    assert moved.meeting.time_slot_id == uuid5(NAMESPACE_OID, moved.asked)
