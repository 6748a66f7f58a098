"""An operator cancels the run in the Temporal UI: wherever it is, everything is undone and the run ends canceled."""

import asyncio
from itertools import chain

import pytest

from domain.errors import TimeSlotTaken
from tests.workflows.support.booking_caller import AT_NINE, AT_TEN, CANCELED, Caller, told
from tests.workflows.support.fake_steps import FakeSteps, Hangs, always, fails, loses_its_answer, refuses

RESERVE, BOOK, CREATE = "reserve_time_slot", "book_time_slot", "create_meeting"
READ, WITHDRAW, RELEASE = "read_booking", "withdraw_meeting", "release_time_slot"


async def test_while_reserved(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await caller.run.cancel()

    assert await caller.ended() == CANCELED
    assert fake.undone == [(RELEASE, slot.id)]
    assert fake.causes == ["cancelled"]


async def test_while_booked(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await caller.book(slot.id)
    await caller.run.cancel()

    assert await caller.ended() == CANCELED
    assert fake.undone == [(RELEASE, slot.id)]


@pytest.mark.usefixtures("impatient")
async def test_while_a_lost_answer_is_not_looked_up_yet(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await caller.book(slot.id)
    fake.script(CREATE, always(loses_its_answer))
    await told(caller.create_meeting(slot.id))
    await caller.run.cancel()

    assert await caller.ended() == CANCELED
    assert fake.undone == [(WITHDRAW, slot.id), (RELEASE, slot.id)]
    assert not fake.slots


@pytest.mark.parametrize("stubborn", [False, True], ids=["gives up", "succeeds all the same"])
async def test_while_it_reserves(caller: Caller, fake: FakeSteps, stubborn: bool) -> None:
    step = Hangs(stubborn=stubborn)
    fake.script(RESERVE, always(step))
    request = await caller.begin_reserve()
    await step.has_started.wait()
    await caller.run.cancel()

    assert await told(request.result()) == ("yes" if stubborn else "BOOKING_OVER")
    assert await caller.ended() == CANCELED
    assert [name for name, _ in fake.undone] == [RELEASE]
    assert not fake.slots


@pytest.mark.ci
async def test_while_a_reservation_is_refused(caller: Caller, fake: FakeSteps) -> None:
    step = Hangs(then=refuses(TimeSlotTaken()), stubborn=True)
    fake.script(RESERVE, always(step))
    request = await caller.begin_reserve()
    await step.has_started.wait()
    await caller.run.cancel()

    assert await told(request.result()) == "TIME_SLOT_TAKEN"
    assert await caller.ended() == CANCELED
    assert not fake.undone


@pytest.mark.ci
@pytest.mark.parametrize("stubborn", [False, True], ids=["gives up", "succeeds all the same"])
async def test_while_it_replaces(caller: Caller, fake: FakeSteps, stubborn: bool) -> None:
    first = await caller.reserve(AT_NINE)
    step = Hangs(stubborn=stubborn)
    fake.script(RESERVE, always(step))
    request = await caller.begin_reserve(AT_TEN)
    await step.has_started.wait()
    await caller.run.cancel()

    assert await told(request.result()) == ("yes" if stubborn else "BOOKING_OVER")
    assert await caller.ended() == CANCELED
    assert (first.id in [slot_id for _, slot_id in fake.undone]) is not stubborn
    assert not fake.slots


@pytest.mark.ci
@pytest.mark.parametrize("stubborn", [False, True], ids=["gives up", "succeeds all the same"])
async def test_while_it_books(caller: Caller, fake: FakeSteps, stubborn: bool) -> None:
    slot = await caller.reserve()
    step = Hangs(stubborn=stubborn)
    fake.script(BOOK, always(step))
    request = await caller.begin_book(slot.id)
    await step.has_started.wait()
    await caller.run.cancel()

    assert await told(request.result()) == ("yes" if stubborn else "BOOKING_OVER")
    assert await caller.ended() == CANCELED
    assert fake.undone == [(RELEASE, slot.id)]


@pytest.mark.ci
async def test_between_two_tries_of_a_step(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    failing = Hangs(then=fails)
    failing.go_on.set()
    fake.script(BOOK, chain([fails] * 3, [failing], always(fails)))
    request = await caller.begin_book(slot.id)
    await failing.has_started.wait()
    await caller.run.cancel()

    assert await told(request.result()) == "BOOKING_OVER"
    assert await caller.ended() == CANCELED
    assert fake.undone == [(RELEASE, slot.id)]


@pytest.mark.ci
async def test_while_it_creates_the_meeting(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await caller.book(slot.id)
    step = Hangs()
    fake.script(CREATE, always(step))
    request = await caller.begin_create_meeting(slot.id)
    await step.has_started.wait()
    await caller.run.cancel()

    assert await told(request.result()) == "BOOKING_OVER"
    assert await caller.ended() == CANCELED
    assert fake.undone == [(WITHDRAW, slot.id), (RELEASE, slot.id)]


@pytest.mark.ci
async def test_a_meeting_that_is_made_all_the_same_stands(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await caller.book(slot.id)
    step = Hangs(stubborn=True)
    fake.script(CREATE, always(step))
    request = await caller.begin_create_meeting(slot.id)
    await step.has_started.wait()
    await caller.run.cancel()

    assert await told(request.result()) == "yes"
    assert await caller.ended() == "MeetingCreated"
    assert not fake.undone


@pytest.mark.ci
async def test_while_it_asks_whether_the_deadline_has_passed(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    fake.script(READ, always(fails))
    await caller.let_the_deadline_pass()
    await caller.until(lambda: READ in fake.tries)
    await caller.run.cancel()

    assert await caller.ended() == CANCELED
    assert fake.undone == [(RELEASE, slot.id)]


@pytest.mark.ci
async def test_while_it_undoes_does_not_stop_the_undoing(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    fake.script(RELEASE, [fails] * 5)
    request = await caller.begin_release(slot.id)
    await caller.until(lambda: RELEASE in fake.tries)
    await caller.run.cancel()

    assert await caller.ended() == "Released"
    assert await told(request.result()) == "yes"
    assert fake.undone == [(RELEASE, slot.id)]


async def test_a_second_time_does_not_stop_the_undoing(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    fake.script(RELEASE, [fails] * 3)
    await caller.run.cancel()
    await caller.until(lambda: RELEASE in fake.tries)
    await caller.run.cancel()

    assert await caller.ended() == CANCELED
    assert fake.undone == [(RELEASE, slot.id)]


@pytest.mark.ci
async def test_whoever_waits_is_answered(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    step = Hangs()
    fake.script(BOOK, always(step))
    book = await caller.begin_book(slot.id)
    await step.has_started.wait()
    create, release = await asyncio.gather(caller.begin_create_meeting(slot.id), caller.begin_release(slot.id))
    await caller.run.cancel()

    assert await told(book.result()) == "BOOKING_OVER"
    assert await told(create.result()) == "BOOKING_OVER"
    assert await told(release.result()) == "yes"
    assert await caller.ended() == CANCELED
