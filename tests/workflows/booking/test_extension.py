"""A hold is extended once: the run waits for the new deadline, and goes on as before."""

from uuid import uuid4

import pytest

from domain.errors import TooManyRenewals
from tests.workflows.support.booking_caller import YES, Caller, told
from tests.workflows.support.fake_steps import RESERVATION_TTL, FakeSteps, loses_its_answer, refuses

EXTEND = "extend_hold"


async def test_the_run_waits_for_the_new_deadline(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    extended = await caller.extend(slot.id)

    assert slot.kept_until is not None
    assert (extended.kept_until, extended.version) == (slot.kept_until + RESERVATION_TTL, slot.version)
    assert extended.hold_extended
    await caller.until(lambda: True)
    assert await caller.is_open()
    assert await caller.ended_at_its_deadline() == "Expired"
    assert fake.tries == ["reserve_time_slot", EXTEND, "read_booking", "release_time_slot"]


async def test_it_goes_on_to_its_meeting(caller: Caller) -> None:
    slot = await caller.reserve()
    await caller.book(slot.id)
    await caller.extend(slot.id)
    await caller.create_meeting(slot.id)
    assert await caller.ended() == "MeetingCreated"


async def test_a_refused_extension_changes_nothing(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    fake.script(EXTEND, [refuses(TooManyRenewals(10))])
    assert await told(caller.extend(slot.id)) == "TOO_MANY_RENEWALS"
    await caller.extend(slot.id)
    assert await told(caller.extend(slot.id)) == "HOLD_ALREADY_EXTENDED"
    await caller.book(slot.id)
    assert await caller.ended_at_its_deadline() == "Expired"


@pytest.mark.usefixtures("impatient")
async def test_an_extension_whose_answer_was_lost_is_found(caller: Caller, fake: FakeSteps) -> None:
    slot, extension = await caller.reserve(), uuid4()
    fake.script(EXTEND, [loses_its_answer] * 3)
    assert await told(caller.extend(slot.id, extension)) != YES
    assert (await caller.extend(slot.id, extension)).hold_extended
    await caller.book(slot.id)
    await caller.create_meeting(slot.id)
    assert await caller.ended() == "MeetingCreated"


async def test_a_run_that_does_not_know_of_its_extension_goes_on(caller: Caller, fake: FakeSteps) -> None:
    """As when a worker dies after the step, and the client does not ask again."""
    slot = await caller.reserve()
    stored = fake.slots[slot.id]
    assert stored.kept_until is not None
    fake.slots[slot.id] = stored.model_copy(update={"kept_until": stored.kept_until + RESERVATION_TTL})

    await caller.let_the_deadline_pass()
    assert await caller.is_open()
    await caller.book(slot.id)
    await caller.create_meeting(slot.id)
    assert await caller.ended() == "MeetingCreated"
