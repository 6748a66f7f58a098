"""A booking whose run is gone is taken over by a new run, which goes on with what the database has."""

from uuid import uuid4

from domain.messages.booking import BookTimeSlot
from domain.time_slots import TimeSlotStatus
from tests.workflows.support.booking_caller import YES, Caller, told
from tests.workflows.support.fake_steps import FakeSteps


async def test_a_reserved_time_slot_goes_on_to_its_meeting(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await caller.run.terminate()

    booked = await caller.adopt("book", slot.id)
    assert (booked.id, booked.status) == (slot.id, TimeSlotStatus.BOOKED)
    assert (await caller.create_meeting(slot.id)).time_slot_id == slot.id
    assert await caller.ended() == "MeetingCreated"
    assert fake.tries == ["reserve_time_slot", "read_booking", "book_time_slot", "create_meeting", "open_meeting"]
    assert not fake.undone


async def test_a_booked_time_slot_gets_its_meeting(caller: Caller) -> None:
    slot = await caller.reserve()
    await caller.book(slot.id)
    await caller.run.terminate()

    assert (await caller.adopt("create_meeting", slot.id)).time_slot_id == slot.id
    assert await caller.ended() == "MeetingCreated"


async def test_it_is_given_back(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await caller.run.terminate()

    await caller.adopt("release", slot.id)
    assert await caller.ended() == "Released"
    assert fake.slots == {}


async def test_it_expires_at_the_deadline_that_is_stored(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await caller.run.terminate()
    await caller.adopt("book", slot.id)

    assert await caller.ended_at_its_deadline() == "Expired"
    assert fake.slots == {}


async def test_a_run_that_is_there_is_asked_and_no_other(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    run = (await caller.run.describe()).run_id
    await caller.adopt("book", slot.id)

    assert (await caller.run.describe()).run_id == run
    assert fake.tries == ["reserve_time_slot", "book_time_slot"]


async def test_nothing_is_made_of_what_is_stored_no_more(caller: Caller, fake: FakeSteps) -> None:
    assert await told(caller.adopt("book", uuid4())) == "BOOKING_OVER"
    assert await caller.ended() == "Expired"
    assert fake.tries == ["read_booking"]


async def test_a_run_that_is_behind_the_database_reads_it(caller: Caller, fake: FakeSteps) -> None:
    """As when the engine was restored to an earlier moment: the run says Reserved, the database says Booked."""
    slot = await caller.reserve()
    await fake.book_time_slot(BookTimeSlot(time_slot_id=slot.id, version=slot.version))
    assert await told(caller.create_meeting(slot.id)) == YES
    assert await caller.ended() == "MeetingCreated"
