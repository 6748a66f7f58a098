"""What happens when a step fails: what the caller is told, how the booking ends, and what is undone in which order."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Final

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from domain.errors import BookMeError, HoldExpired, HoldReleased, NotFound, TimeSlotTaken, TooManyHolds
from domain.meeting_errors import MeetingMismatch
from domain.messages.booking import TimeSlotSnapshot
from domain.time_slots import TimeSlotStatus
from tests.workflows.support.booking_caller import AT_NINE, AT_TEN, FAILED, NINE, YES, Caller, told
from tests.workflows.support.fake_steps import (
    BOOKED_TTL,
    RESERVATION_TTL,
    Behaviour,
    FakeSteps,
    Hangs,
    Late,
    always,
    answers,
    fails,
    loses_its_answer,
    refuses,
)
from workflows.common import options

RESERVE, BOOK, CREATE = "reserve_time_slot", "book_time_slot", "create_meeting"
READ, WITHDRAW, RELEASE = "read_booking", "withdraw_meeting", "release_time_slot"

Script = Callable[[], Iterable[Behaviour]]


def refused(error: BookMeError) -> Script:
    return lambda: [refuses(error)]


def first_fails(times: int) -> Script:
    return lambda: [fails] * times


def always_fails() -> Iterable[Behaviour]:
    return always(fails)


def loses_an_answer() -> Iterable[Behaviour]:
    return [loses_its_answer]


def always_loses_its_answer() -> Iterable[Behaviour]:
    return always(loses_its_answer)


@dataclass(frozen=True)
class Fault:
    """`told`: what the request of the step is told. Then nobody asks any more, until the run is over."""

    step: str
    happens: Script
    told: str
    ending: str
    undone: tuple[str, ...] = ()


FAULTS: Final = {
    "reserve: taken": Fault(RESERVE, refused(TimeSlotTaken(held_until=NINE)), "TIME_SLOT_TAKEN", "Conflict"),
    "reserve: too many": Fault(RESERVE, refused(TooManyHolds(5)), "TOO_MANY_HOLDS", "Conflict"),
    "reserve: fails twice": Fault(RESERVE, first_fails(2), YES, "Expired", (RELEASE,)),
    "reserve: fails for ever": Fault(RESERVE, always_fails, "UNAVAILABLE", FAILED, (RELEASE,)),
    "reserve: answer lost once": Fault(RESERVE, loses_an_answer, YES, "Expired", (RELEASE,)),
    "reserve: answer lost": Fault(RESERVE, always_loses_its_answer, "UNAVAILABLE", "Expired", (RELEASE,)),
    "book: expired": Fault(BOOK, refused(HoldExpired()), "HOLD_EXPIRED", "Expired", (RELEASE,)),
    "book: released": Fault(BOOK, refused(HoldReleased()), "HOLD_RELEASED", "Expired", (RELEASE,)),
    "book: fails twice": Fault(BOOK, first_fails(2), YES, "Expired", (RELEASE,)),
    "book: fails for ever": Fault(BOOK, always_fails, "UNAVAILABLE", "Expired", (RELEASE,)),
    "book: answer lost once": Fault(BOOK, loses_an_answer, YES, "Expired", (RELEASE,)),
    "book: answer lost": Fault(BOOK, always_loses_its_answer, "UNAVAILABLE", "Expired", (RELEASE,)),
    "create: mismatch": Fault(
        CREATE, refused(MeetingMismatch("roomId", "")), "MEETING_MISMATCH", "Expired", (RELEASE,)
    ),
    "create: unknown": Fault(CREATE, refused(NotFound("topic", "x")), "NOT_FOUND", "Expired", (RELEASE,)),
    "create: fails twice": Fault(CREATE, first_fails(2), YES, "MeetingCreated"),
    "create: fails for ever": Fault(CREATE, always_fails, "UNAVAILABLE", "Expired", (WITHDRAW, RELEASE)),
    "create: answer lost once": Fault(CREATE, loses_an_answer, YES, "MeetingCreated"),
    "create: answer lost": Fault(CREATE, always_loses_its_answer, "UNAVAILABLE", "MeetingCreated"),
}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_fault_of_a_forward_step(
    caller: Caller, fake: FakeSteps, skipping: WorkflowEnvironment, fault: Fault
) -> None:
    fake.script(fault.step, fault.happens())

    assert await ask_as_far_as(fault.step, caller) == fault.told
    if fault.ending in {"Expired", "MeetingCreated"} and await caller.is_open():
        await caller.let_the_deadline_pass()
        await caller.until(lambda: READ in fake.tries)
        await skipping.sleep(BOOKED_TTL)
    assert await caller.ended() == fault.ending
    assert [name for name, _ in fake.undone] == list(fault.undone)
    assert not fake.slots or fault.ending == "MeetingCreated"


async def ask_as_far_as(step: str, caller: Caller) -> str:
    """What the request of this step is told; those before it succeed."""
    if step == RESERVE:
        return await told(caller.reserve())
    slot = await caller.reserve()
    if step == BOOK:
        return await told(caller.book(slot.id))
    await caller.book(slot.id)
    return await told(caller.create_meeting(slot.id))


@pytest.mark.ci
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("step", [READ, WITHDRAW, RELEASE])
@pytest.mark.parametrize("happens", [fails, loses_its_answer])
async def test_what_ends_a_booking_is_retried_until_it_is_done(
    caller: Caller, fake: FakeSteps, step: str, happens: Behaviour
) -> None:
    fake.script(CREATE, always(fails))
    fake.script(step, [happens] * 20)

    assert await ask_as_far_as(CREATE, caller) == "UNAVAILABLE"
    assert await caller.ended_at_its_deadline() == "Expired"
    assert fake.tries.count(step) == 21
    assert list(dict.fromkeys(name for name, _ in fake.undone)) == [WITHDRAW, RELEASE]
    assert not fake.slots


async def test_a_refusal_carries_its_facts(caller: Caller, fake: FakeSteps) -> None:
    fake.script(RESERVE, [refuses(TimeSlotTaken("room", held_until=NINE))])
    request = await caller.begin_reserve()

    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await request.result()
    assert isinstance(failed.value.cause, ApplicationError)
    refused, asked = failed.value.cause.details
    assert refused == {
        "reason": "TIME_SLOT_TAKEN",
        "message": TimeSlotTaken("room", held_until=NINE).message,
        "facts": {"blockedBy": "room", "heldUntil": "2031-03-03T09:00:00.000Z"},
    }
    assert asked == request.id, "the request that it was meant for"


async def test_a_forward_step_is_given_up_after_so_many_tries_as_the_options_say(
    caller: Caller, fake: FakeSteps, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = timedelta(milliseconds=1)
    retry = dataclasses.replace(options.FORWARD_RETRY, initial_interval=soon, maximum_interval=soon)
    monkeypatch.setitem(options.FORWARD, "retry_policy", retry)
    fake.script(RESERVE, always(fails))

    async with asyncio.timeout(10):
        assert await told(caller.reserve()) == "UNAVAILABLE"
    assert fake.tries.count(RESERVE) == retry.maximum_attempts
    assert await caller.ended() == FAILED


# --- An answer is lost: what was done is found by the next request ---


@pytest.mark.ci
@pytest.mark.usefixtures("impatient")
async def test_a_reservation_whose_answer_was_lost_is_found_by_whoever_waits(caller: Caller, fake: FakeSteps) -> None:
    slow = Hangs(then=loses_its_answer)
    fake.script(RESERVE, chain([slow], always(loses_its_answer)))
    first = await caller.begin_reserve()
    await slow.has_started.wait()
    repeat = await caller.begin_reserve()
    slow.go_on.set()

    assert await told(first.result()) == "UNAVAILABLE"
    assert list(fake.slots) == [(await repeat.result()).time_slot.id]
    assert fake.tries == [RESERVE, RESERVE, RESERVE, READ]


@pytest.mark.usefixtures("impatient")
async def test_a_reservation_that_was_given_up_is_not_made_by_a_worker_that_wakes_up(
    caller: Caller, fake: FakeSteps
) -> None:
    standing_still = Late()
    fake.script(RESERVE, [standing_still, fails, fails])
    assert await told(caller.reserve()) == "UNAVAILABLE"
    await caller.until(lambda: READ in fake.tries)
    with pytest.raises(HoldReleased):
        await standing_still.go_on()
    assert await caller.ended() == FAILED


@pytest.mark.usefixtures("impatient")
async def test_nor_does_it_replace_what_is_kept_and_was_asked_for_since(caller: Caller, fake: FakeSteps) -> None:
    standing_still = Late()
    first = await caller.reserve(AT_NINE)
    fake.script(RESERVE, [standing_still, fails, fails])
    assert await told(caller.reserve(AT_TEN)) == "UNAVAILABLE"
    assert await told(caller.book(first.id)) == YES
    with pytest.raises(HoldReleased):
        await standing_still.go_on()
    assert list(fake.slots) == [first.id]


@pytest.mark.usefixtures("impatient")
async def test_a_replacement_whose_answer_was_lost_is_found(caller: Caller, fake: FakeSteps) -> None:
    first = await caller.reserve(AT_NINE)
    await lose(RESERVE, caller.reserve(AT_TEN), fake)

    second = await caller.reserve(AT_TEN)
    assert list(fake.slots) == [second.id]
    assert await told(caller.book(first.id)) == "HOLD_RELEASED"
    assert await told(caller.book(second.id)) == YES


@pytest.mark.usefixtures("impatient")
async def test_a_replacement_whose_answer_was_lost_can_be_booked(caller: Caller, fake: FakeSteps) -> None:
    await caller.reserve(AT_NINE)
    await lose(RESERVE, caller.reserve(AT_TEN), fake)
    (held,) = fake.slots

    assert await told(caller.book(held)) == YES
    assert await told(caller.create_meeting(held)) == YES


@pytest.mark.usefixtures("impatient")
async def test_a_replacement_that_was_never_done_leaves_the_first_hold(caller: Caller, fake: FakeSteps) -> None:
    first = await caller.reserve(AT_NINE)
    await lose(RESERVE, caller.reserve(AT_TEN), fake, by=fails)

    assert await told(caller.book(first.id)) == YES
    assert await caller.ended_at_its_deadline() == "Expired"
    assert first.id in dict(fake.undone).values()
    assert not fake.slots


@pytest.mark.usefixtures("impatient")
async def test_a_lost_replacement_is_undone_with_the_first_hold(caller: Caller, fake: FakeSteps) -> None:
    """One that has lapsed too when the deadline of the first has come: else it would be kept until its own."""
    first = await caller.reserve(AT_NINE)
    fake.reservation_ttl /= 2
    await lose(RESERVE, caller.reserve(AT_TEN), fake)
    (second,) = fake.slots

    assert await caller.ended_at_its_deadline() == "Expired"
    assert fake.undone == [(RELEASE, second), (RELEASE, first.id)]


@pytest.mark.usefixtures("impatient")
async def test_a_booking_step_whose_answer_was_lost_is_found(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await lose(BOOK, caller.book(slot.id), fake)

    assert (await caller.book(slot.id)).status is TimeSlotStatus.BOOKED
    assert fake.tries.count(BOOK) == 3
    assert await told(caller.create_meeting(slot.id)) == YES


@pytest.mark.usefixtures("impatient")
async def test_a_meeting_whose_answer_was_lost_is_found_and_ends_the_run(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await caller.book(slot.id)
    await lose(CREATE, caller.create_meeting(slot.id), fake)

    assert await told(caller.create_meeting(slot.id)) == "BOOKING_OVER", "the API finds the meeting in the database"
    assert (await caller.run.result()).meeting_id == fake.meetings[slot.id].id
    assert fake.tries.count(CREATE) == 3
    assert not fake.undone


@pytest.mark.usefixtures("impatient")
async def test_a_meeting_that_was_never_made_is_made_by_the_repeat(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await caller.book(slot.id)
    await lose(CREATE, caller.create_meeting(slot.id), fake, by=fails)

    assert await told(caller.create_meeting(slot.id)) == YES
    assert await caller.ended() == "MeetingCreated"
    assert not fake.undone


@pytest.mark.usefixtures("impatient")
async def test_a_slot_whose_meeting_may_have_been_made_is_not_given_back(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await caller.book(slot.id)
    await lose(CREATE, caller.create_meeting(slot.id), fake)

    assert await told(caller.release(slot.id)) == "BOOKING_OVER"
    assert await caller.ended() == "MeetingCreated"


@pytest.mark.usefixtures("impatient")
async def test_when_the_look_up_fails_too_the_next_request_looks_again(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await lose(BOOK, caller.book(slot.id), fake)
    fake.script(READ, [fails] * 3)

    assert await told(caller.book(slot.id)) == "UNAVAILABLE"
    assert await told(caller.book(slot.id)) == YES
    assert fake.tries.count(BOOK) == 3


@pytest.mark.usefixtures("impatient")
async def test_a_hold_that_is_gone_when_a_lost_answer_is_looked_up_ends_the_run(
    caller: Caller, fake: FakeSteps
) -> None:
    slot = await caller.reserve()
    await lose(BOOK, caller.book(slot.id), fake, by=fails)
    fake.slots.clear()

    assert await told(caller.book(slot.id)) == "BOOKING_OVER"
    assert await caller.ended() == "Expired"


async def lose(step: str, request: Awaitable[object], fake: FakeSteps, by: Behaviour = loses_its_answer) -> None:
    """Every try of the step that the request takes."""
    fake.script(step, [by] * 3)
    assert await told(request) == "UNAVAILABLE"


# --- The database's clock decides ---


async def test_a_deadline_that_the_database_has_not_reached_is_armed_again(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    fake.set_back_by = timedelta(minutes=2)
    await caller.let_the_deadline_pass()
    await caller.until(lambda: READ in fake.tries)

    assert await told(caller.book(slot.id)) == YES


async def test_a_deadline_that_was_armed_again_still_comes(
    caller: Caller, fake: FakeSteps, skipping: WorkflowEnvironment
) -> None:
    slot = await caller.reserve()
    fake.set_back_by = timedelta(minutes=2)
    await caller.let_the_deadline_pass()
    await caller.until(lambda: READ in fake.tries)
    await skipping.sleep(fake.set_back_by)

    assert await caller.ended() == "Expired"
    assert fake.tries == [RESERVE, READ, READ, RELEASE]
    assert slot.kept_until is not None
    assert timedelta(minutes=2) <= await caller.ended_at() - slot.kept_until < timedelta(minutes=2, seconds=10)


async def test_a_hold_that_the_database_let_lapse_early_cannot_be_booked(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    fake.set_back_by = -RESERVATION_TTL

    assert await told(caller.book(slot.id)) == "HOLD_EXPIRED"
    assert await caller.ended_at_its_deadline() == "Expired"


# --- A bug waits to be fixed ---


def of_another_kind(slot: TimeSlotSnapshot) -> Behaviour:
    return answers(slot.model_copy(update={"status": TimeSlotStatus.BUSY}))


@pytest.mark.parametrize("bug", [lambda _: answers("nonsense"), of_another_kind], ids=["wrong type", "plain exception"])
async def test_a_bug_leaves_the_run_open_and_is_forgotten_when_it_is_fixed(
    caller: Caller, fake: FakeSteps, failed_tasks: list[str], bug: Callable[[TimeSlotSnapshot], Behaviour]
) -> None:
    slot = await caller.reserve()
    fake.script(BOOK, [bug(slot)] * 2)

    assert await told(caller.book(slot.id)) == YES
    assert fake.tries == [RESERVE, BOOK, BOOK, BOOK]
    assert not fake.undone
    assert len(failed_tasks) == 2
    failed_tasks.clear()
