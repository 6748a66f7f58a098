"""The way of a booking when every step works: each ending, each deadline, each repeat."""

from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio.testing import WorkflowEnvironment

from domain.errors import TimeSlotTaken
from domain.time_slots import TimeSlotStatus
from tests.workflows.support.booking_caller import AT_NINE, AT_TEN, CONTENT, YES, Caller, told
from tests.workflows.support.fake_steps import BOOKED_TTL, RESERVATION_TTL, FakeSteps, loses_its_answer, refuses
from workflows.booking.workflow import BookingWorkflow
from workflows.common import options

A_MOMENT = timedelta(seconds=10)


async def test_a_booking_gets_its_meeting(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    booked = await caller.book(slot.id)
    meeting = await caller.create_meeting(slot.id)

    assert (slot.status, booked.status) == (TimeSlotStatus.RESERVED, TimeSlotStatus.BOOKED)
    assert meeting.time_slot_id == slot.id == booked.id
    assert await caller.ended() == "MeetingCreated"
    assert fake.tries == ["reserve_time_slot", "book_time_slot", "create_meeting", "open_meeting"]
    assert [(opened.meeting_id, opened.start) for opened in fake.opened] == [(meeting.id, slot.start)]
    assert not fake.undone


async def test_a_meeting_far_ahead_gets_no_run_yet(caller: Caller, fake: FakeSteps) -> None:
    fake.wants_run = False
    slot = await caller.reserve()
    await caller.book(slot.id)
    meeting = await caller.create_meeting(slot.id)

    assert await caller.ended() == "MeetingCreated"
    assert (await caller.run.result()).meeting_id == meeting.id
    assert fake.tries == ["reserve_time_slot", "book_time_slot", "create_meeting"]


@pytest.mark.usefixtures("impatient")
async def test_a_meeting_that_is_found_after_a_lost_answer_gets_its_run(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await caller.book(slot.id)
    fake.script("create_meeting", [loses_its_answer] * 3)
    assert await told(caller.create_meeting(slot.id)) != YES
    assert await told(caller.create_meeting(slot.id)) != YES

    assert await caller.ended() == "MeetingCreated"
    assert [opened.start for opened in fake.opened] == [slot.start]


async def test_the_ending_names_what_was_made(caller: Caller) -> None:
    slot = await caller.reserve()
    await caller.book(slot.id)
    meeting = await caller.create_meeting(slot.id)

    ending = await caller.run.result()
    assert (ending.time_slot_id, ending.meeting_id) == (slot.id, meeting.id)


async def test_a_conflict_ends_the_run_at_once(caller: Caller, fake: FakeSteps) -> None:
    fake.script("reserve_time_slot", [refuses(TimeSlotTaken())])

    assert await told(caller.reserve()) == "TIME_SLOT_TAKEN"
    assert (await caller.run.result()).status == "Conflict"
    assert not fake.undone


async def test_a_token_may_be_used_again_after_its_booking_ended(caller: Caller, fake: FakeSteps) -> None:
    fake.script("reserve_time_slot", [refuses(TimeSlotTaken())])

    assert await told(caller.reserve()) == "TIME_SLOT_TAKEN"
    assert await told(caller.reserve()) == YES


async def test_a_hold_that_nobody_books_is_released_when_it_expires(
    caller: Caller, fake: FakeSteps, skipping: WorkflowEnvironment
) -> None:
    slot = await caller.reserve()
    await skipping.sleep(RESERVATION_TTL - A_MOMENT)
    assert await caller.is_open()

    assert await caller.ended_at_its_deadline() == "Expired"
    assert slot.kept_until is not None
    assert timedelta(0) <= await caller.ended_at() - slot.kept_until < A_MOMENT
    assert fake.undone == [("release_time_slot", slot.id)]
    assert fake.causes == ["expired"]


async def test_a_booked_slot_without_a_meeting_is_released_at_its_own_deadline(
    caller: Caller, fake: FakeSteps, skipping: WorkflowEnvironment
) -> None:
    slot = await caller.reserve()
    booked = await caller.book(slot.id)
    await skipping.sleep(BOOKED_TTL - A_MOMENT)
    assert await caller.is_open()

    assert await caller.ended_at_its_deadline() == "Expired"
    assert booked.kept_until is not None
    assert timedelta(0) <= await caller.ended_at() - booked.kept_until < A_MOMENT
    assert fake.undone == [("release_time_slot", slot.id)]


@pytest.mark.parametrize("is_booked", [False, True])
async def test_a_slot_that_is_given_back_is_released_at_once(caller: Caller, fake: FakeSteps, is_booked: bool) -> None:
    slot = await caller.reserve()
    if is_booked:
        await caller.book(slot.id)
    await caller.release(slot.id)

    assert (await caller.run.result()).status == "Released"
    assert fake.undone == [("release_time_slot", slot.id)]
    assert fake.causes == ["released"]


async def test_another_slot_under_the_token_replaces_the_first(caller: Caller, fake: FakeSteps) -> None:
    first = await caller.reserve(AT_NINE)
    second = await caller.reserve(AT_TEN)

    assert list(fake.slots) == [second.id] != [first.id]
    assert fake.asked_at == sorted(set(fake.asked_at)), "tells a late step that it has been replaced"
    assert len(fake.asked_at) == 2
    assert await caller.ended_at_its_deadline() == "Expired"
    assert fake.undone == [("release_time_slot", second.id)]


async def test_a_replacement_lives_as_long_as_a_first_hold(caller: Caller, skipping: WorkflowEnvironment) -> None:
    await caller.reserve(AT_NINE)
    await skipping.sleep(RESERVATION_TTL - A_MOMENT)
    second = await caller.reserve(AT_TEN)

    assert await caller.ended_at_its_deadline() == "Expired"
    assert second.kept_until is not None
    assert timedelta(0) <= await caller.ended_at() - second.kept_until < A_MOMENT


async def test_a_refused_replacement_leaves_the_first_hold(caller: Caller, fake: FakeSteps) -> None:
    first = await caller.reserve(AT_NINE)
    fake.script("reserve_time_slot", [refuses(TimeSlotTaken())])

    assert await told(caller.reserve(AT_TEN)) == "TIME_SLOT_TAKEN"
    assert await told(caller.book(first.id)) == YES
    assert await caller.ended_at_its_deadline() == "Expired"
    assert fake.undone == [("release_time_slot", first.id)]


async def test_the_same_slot_again_is_the_same_reservation(caller: Caller, fake: FakeSteps) -> None:
    first = await caller.reserve()

    assert (await caller.reserve()).id == first.id
    assert (await caller.reserve(AT_NINE.model_copy(update={"employee_id": None}))).id == first.id
    assert fake.tries == ["reserve_time_slot", "read_booking", "read_booking"]


@pytest.mark.parametrize("other", [{"room_id": uuid4()}, {"employee_id": uuid4()}, {"end": AT_TEN.end}])
async def test_a_slot_that_differs_is_another_one(caller: Caller, other: dict[str, object]) -> None:
    first = await caller.reserve()

    assert (await caller.reserve(AT_NINE.model_copy(update=other))).id != first.id


async def test_the_same_slot_again_is_answered_when_it_is_booked(caller: Caller) -> None:
    slot = await caller.reserve()
    booked = await caller.book(slot.id)

    again = await caller.reserve()
    assert (again.id, again.status) == (booked.id, booked.status)


async def test_a_booked_slot_cannot_be_replaced(caller: Caller) -> None:
    slot = await caller.reserve(AT_NINE)
    await caller.book(slot.id)

    assert await told(caller.reserve(AT_TEN)) == "TIME_SLOT_ALREADY_BOOKED"
    assert await told(caller.create_meeting(slot.id)) == YES


async def test_booking_twice_books_once(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()

    first, again = await caller.book(slot.id), await caller.book(slot.id)
    assert again == first.model_copy(update={"kept_for": again.kept_for}), "only less time is left"
    assert fake.tries.count("book_time_slot") == 1


async def test_a_meeting_needs_a_booked_slot(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()

    assert await told(caller.create_meeting(slot.id)) == "TIME_SLOT_NOT_BOOKED"
    assert await told(caller.book(slot.id)) == YES
    assert await told(caller.create_meeting(slot.id)) == YES
    assert fake.tries.count("create_meeting") == 1


async def test_requests_about_a_slot_that_the_booking_does_not_keep_are_refused(caller: Caller) -> None:
    replaced = await caller.reserve(AT_NINE)
    await caller.reserve(AT_TEN)

    for slot_id in (replaced.id, uuid4()):
        for request in (caller.book, caller.create_meeting, caller.release):
            assert await told(request(slot_id)) == "HOLD_RELEASED"
    assert await caller.is_open()


async def test_a_caller_that_is_gone_leaves_a_hold_that_expires(caller: Caller, fake: FakeSteps) -> None:
    await caller.start()

    assert await caller.ended_at_its_deadline() == "Expired"
    assert fake.tries == ["reserve_time_slot", "read_booking", "release_time_slot"]


async def test_a_repeat_of_the_request_that_started_the_run_finds_its_outcome(caller: Caller, fake: FakeSteps) -> None:
    await caller.start(attempt="first")
    outcome = await (await caller.begin_reserve(attempt="first")).result()

    assert outcome.asked == "gone"
    assert outcome.time_slot.id in fake.slots
    assert fake.tries == ["reserve_time_slot"]


async def test_too_many_changes_end_the_replacing_and_nothing_else(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "MAX_REQUESTS", 3)
    slots = [await caller.reserve(wanted) for wanted in (AT_NINE, AT_TEN, AT_NINE, AT_TEN)]

    assert await told(caller.reserve(AT_NINE)) == "TOO_MANY_CHANGES"
    assert (await caller.reserve(AT_TEN)).id == slots[-1].id
    assert await told(caller.book(slots[-1].id)) == YES
    assert await told(caller.create_meeting(slots[-1].id)) == YES


async def test_a_time_slot_that_a_meeting_was_moved_to_ends_its_booking_at_once(
    caller: Caller, fake: FakeSteps
) -> None:
    slot = await caller.reserve()
    await fake.take_for_a_meeting(await caller.book(slot.id), CONTENT)
    await caller.run.signal(BookingWorkflow.look_again)

    assert await caller.ended() == "MeetingCreated"
    assert await caller.ended_at() - slot.date_created < A_MOMENT
    assert not fake.undone


async def test_being_told_to_look_for_no_reason_changes_nothing(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await caller.run.signal(BookingWorkflow.look_again)

    assert await told(caller.book(slot.id)) == YES
    assert await caller.ended_at_its_deadline() == "Expired"


async def test_a_hold_that_is_gone_when_its_clock_was_moved_has_expired(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    del fake.slots[slot.id]
    await caller.run.signal(BookingWorkflow.clock_moved)

    assert await caller.ended() == "Expired"
    assert await caller.ended_at() - slot.date_created < A_MOMENT


async def test_a_hold_that_lives_on_when_its_clock_was_moved_keeps_its_deadline(
    caller: Caller, fake: FakeSteps
) -> None:
    slot = await caller.reserve()
    await caller.run.signal(BookingWorkflow.clock_moved)

    assert await told(caller.book(slot.id)) == YES
    assert await caller.ended_at_its_deadline() == "Expired"
