"""Requests that arrive while something else happens."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio.testing import WorkflowEnvironment

from domain.errors import TimeSlotTaken
from tests.workflows.support.booking_caller import AT_NINE, AT_TEN, Caller, told
from tests.workflows.support.fake_steps import BOOKED_TTL, FakeSteps, Hangs, fails, refuses
from tests.workflows.support.sandbox import make_worker
from workflows.common import options

RESERVE, BOOK, RELEASE = "reserve_time_slot", "book_time_slot", "release_time_slot"


async def test_requests_are_served_one_after_the_other(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    booking = Hangs()
    fake.script(BOOK, [booking])
    book = await caller.begin_book(slot.id)
    await booking.has_started.wait()
    create = await caller.begin_create_meeting(slot.id)
    booking.go_on.set()

    assert await told(book.result()) == "yes"
    assert await told(create.result()) == "yes"
    assert fake.tries[:3] == [RESERVE, BOOK, "create_meeting"]


@pytest.mark.ci
@pytest.mark.parametrize("request_name", ["book", "create_meeting", "release"])
async def test_a_request_about_a_slot_that_is_being_replaced_is_refused(
    caller: Caller, fake: FakeSteps, request_name: str
) -> None:
    first = await caller.reserve(AT_NINE)
    replacing = Hangs()
    fake.script(RESERVE, [replacing])
    replace = await caller.begin_reserve(AT_TEN)
    await replacing.has_started.wait()
    request = await getattr(caller, f"begin_{request_name}")(first.id)
    replacing.go_on.set()

    second = (await replace.result()).time_slot
    assert await told(request.result()) == "HOLD_RELEASED"
    assert await told(caller.book(second.id)) == "yes"
    assert not fake.undone


@pytest.mark.ci
async def test_a_refused_first_request_lets_the_next_one_have_its_slot(caller: Caller, fake: FakeSteps) -> None:
    reserving = Hangs(then=refuses(TimeSlotTaken()))
    fake.script(RESERVE, [reserving])
    first = await caller.begin_reserve(AT_NINE)
    await reserving.has_started.wait()
    second = await caller.begin_reserve(AT_TEN)
    reserving.go_on.set()

    assert await told(first.result()) == "TIME_SLOT_TAKEN"
    assert await told(second.result()) == "yes"


@pytest.mark.ci
async def test_a_request_that_waits_when_the_meeting_is_made_is_told_that_the_booking_is_over(
    caller: Caller, fake: FakeSteps
) -> None:
    slot = await caller.reserve()
    await caller.book(slot.id)
    creating = Hangs()
    fake.script("create_meeting", [creating])
    create = await caller.begin_create_meeting(slot.id)
    await creating.has_started.wait()
    others = await asyncio.gather(
        caller.begin_create_meeting(slot.id), caller.begin_release(slot.id), caller.begin_reserve(AT_TEN)
    )
    creating.go_on.set()

    assert await told(create.result()) == "yes"
    assert [await told(other.result()) for other in others] == ["BOOKING_OVER"] * 3
    assert await caller.ended() == "MeetingCreated"


async def test_a_request_that_arrives_while_it_is_undone_is_told_that_the_booking_is_over(
    caller: Caller, fake: FakeSteps
) -> None:
    slot = await caller.reserve()
    releasing = Hangs()
    fake.script(RELEASE, [releasing])
    release = await caller.begin_release(slot.id)
    await releasing.has_started.wait()
    reserve = await caller.begin_reserve(AT_TEN)

    assert await told(caller.book(slot.id)) == "HOLD_RELEASED"
    releasing.go_on.set()
    assert await told(release.result()) == "yes"
    assert await told(reserve.result()) == "BOOKING_OVER"
    assert await caller.ended() == "Released"
    assert fake.tries.count(RESERVE) == 1


@pytest.mark.parametrize(("fate", "told_of"), [("expired", "HOLD_EXPIRED"), ("cancelled", "HOLD_RELEASED")])
async def test_a_slot_that_is_just_being_released_cannot_be_booked(
    caller: Caller, fake: FakeSteps, fate: str, told_of: str
) -> None:
    slot = await caller.reserve()
    fake.script(RELEASE, [fails] * 5)
    if fate == "expired":
        await caller.let_the_deadline_pass()
    else:
        await caller.run.cancel()
    await caller.until(lambda: RELEASE in fake.tries)

    assert await told(caller.book(slot.id)) == told_of
    await caller.ended()
    assert fake.causes == [fate]


@pytest.mark.parametrize("is_alive", [False, True], ids=["overdue", "alive by the database's clock"])
async def test_a_request_that_arrives_with_the_deadline(
    skipping: WorkflowEnvironment, fake: FakeSteps, is_alive: bool
) -> None:
    """No worker is there when both happen, so that one activation has both."""
    task_queue = f"test-{uuid4()}"
    caller = Caller(skipping, task_queue)
    async with make_worker(skipping.client, task_queue, fake, cached=0):
        slot = await caller.reserve()
    fake.set_back_by = timedelta(minutes=2 if is_alive else 0)
    await caller.let_the_deadline_pass()
    book = await caller.begin_book_without_worker(slot.id)
    async with make_worker(skipping.client, task_queue, fake, cached=0):
        assert await book == ("yes" if is_alive else "BOOKING_OVER")
        if is_alive:
            await skipping.sleep(BOOKED_TTL)
        assert await caller.ended() == "Expired"
    assert fake.undone == [(RELEASE, slot.id)]


async def test_a_worker_that_is_replaced_goes_on_where_the_other_stopped(
    skipping: WorkflowEnvironment, fake: FakeSteps
) -> None:
    task_queue = f"test-{uuid4()}"
    caller = Caller(skipping, task_queue)
    async with make_worker(skipping.client, task_queue, fake, cached=0):
        slot = await caller.reserve()
    async with make_worker(skipping.client, task_queue, fake, cached=0):
        await caller.book(slot.id)
    async with make_worker(skipping.client, task_queue, fake, cached=0):
        await caller.create_meeting(slot.id)
    assert fake.tries[:3] == [RESERVE, BOOK, "create_meeting"]


async def test_the_same_attempt_twice_is_one(caller: Caller, fake: FakeSteps) -> None:
    reserving = Hangs()
    fake.script(RESERVE, [reserving])
    first = await caller.begin_reserve(attempt="same")
    await reserving.has_started.wait()
    again = await caller.begin_reserve(attempt="same")
    reserving.go_on.set()

    assert await first.result() == await again.result()
    assert fake.tries == [RESERVE]


async def test_a_worker_that_stops_in_the_middle_of_a_step_leaves_it_to_the_next(
    temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a server with real time."""
    monkeypatch.setitem(options.FORWARD, "start_to_close_timeout", timedelta(seconds=1))
    task_queue = f"test-{uuid4()}"
    fake = FakeSteps(temporal.get_current_time)
    caller = Caller(temporal, task_queue)
    booking = Hangs()
    fake.script(BOOK, [booking])
    async with make_worker(temporal.client, task_queue, fake):
        slot = await caller.reserve()
        book = asyncio.create_task(told(caller.book(slot.id)))
        await booking.has_started.wait()
    async with make_worker(temporal.client, task_queue, fake):
        assert await book == "yes"
        assert await told(caller.create_meeting(slot.id)) == "yes"
    assert not fake.undone
