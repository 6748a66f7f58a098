"""One short booking for each ending, and for each way there that old runs may be on."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final
from uuid import uuid4

from domain.errors import TimeSlotTaken
from domain.meeting_errors import MeetingMismatch
from tests.workflows.support.booking_caller import AT_NINE, AT_TEN, CONTENT, Caller, told
from tests.workflows.support.fake_steps import FakeSteps, Hangs, always, fails, loses_its_answer, refuses
from workflows.booking.workflow import BookingWorkflow

RESERVE, BOOK, CREATE, RELEASE = "reserve_time_slot", "book_time_slot", "create_meeting", "release_time_slot"
EXTEND = "extend_hold"

# `expired_after_waits_between_attempts` has a history and no scenario: a release before 0.3 recorded it. There, a local
# activity that failed waited by timers for its next attempt.


async def meeting_created(caller: Caller, fake: FakeSteps) -> None:
    """Far ahead."""
    fake.wants_run = False
    await book(caller)


async def book(caller: Caller) -> None:
    slot = await caller.reserve()
    await caller.book(slot.id)
    await caller.create_meeting(slot.id)


async def meeting_created_with_a_run_of_its_own(caller: Caller, fake: FakeSteps) -> None:
    """There is something to do for it soon."""
    fake.wants_run = True
    await book(caller)


async def moved_a_meeting(caller: Caller, fake: FakeSteps) -> None:
    """The meeting's run says that the time slot is the meeting's now."""
    slot = await caller.reserve()
    await fake.take_for_a_meeting(await caller.book(slot.id), CONTENT)
    await caller.run.signal(BookingWorkflow.look_again)


async def expired_while_reserved(caller: Caller, fake: FakeSteps) -> None:
    await caller.reserve()


async def expired_while_booked(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await caller.book(slot.id)


async def expired_after_the_deadline_was_armed_again(caller: Caller, fake: FakeSteps) -> None:
    await caller.reserve()
    fake.set_back_by = timedelta(seconds=0.5)


async def expired_though_it_could_not_be_read(caller: Caller, fake: FakeSteps) -> None:
    """The local activity has no attempt left, and a regular one is tried until the database answers."""
    fake.script("read_booking", [fails] * 5)
    await caller.reserve()


async def meeting_created_though_its_run_could_not_be_started(caller: Caller, fake: FakeSteps) -> None:
    fake.script("open_meeting", [fails] * 4)
    await book(caller)


async def extended_then_created(caller: Caller, fake: FakeSteps) -> None:
    """Each answer of the extension is lost; the repeat is the same extension."""
    slot, extension = await caller.reserve(), uuid4()
    fake.script(EXTEND, [loses_its_answer] * 2)
    await told(caller.extend(slot.id, extension))
    await caller.extend(slot.id, extension)
    await caller.book(slot.id)
    await caller.create_meeting(slot.id)


async def expired_after_it_was_extended(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await caller.extend(slot.id)


async def expired_when_its_clock_was_moved(caller: Caller, fake: FakeSteps) -> None:
    """In a sandbox. It is read once in vain, and then its time slot is gone."""
    slot = await caller.reserve()
    await caller.run.signal(BookingWorkflow.clock_moved)
    await caller.book(slot.id)
    del fake.slots[slot.id]
    await caller.run.signal(BookingWorkflow.clock_moved)


async def released(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await caller.release(slot.id)


async def released_by_an_operator(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await caller.book(slot.id)
    await caller.release(slot.id, cancelled_by="operator", reason="Wrong day")


async def conflict(caller: Caller, fake: FakeSteps) -> None:
    fake.script(RESERVE, [refuses(TimeSlotTaken())])
    await told(caller.reserve())


async def failed(caller: Caller, fake: FakeSteps) -> None:
    fake.script(RESERVE, always(fails))
    await told(caller.reserve())


async def cancelled_while_reserved(caller: Caller, fake: FakeSteps) -> None:
    await caller.reserve()
    await caller.run.cancel()


async def cancelled_while_booked(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await caller.book(slot.id)
    await caller.run.cancel()


async def cancelled_while_it_creates_the_meeting(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    await caller.book(slot.id)
    step = Hangs()
    fake.script(CREATE, [step])
    request = await caller.begin_create_meeting(slot.id)
    await step.has_started.wait()
    await caller.run.cancel()
    await told(request.result())


async def cancelled_while_it_undoes(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    step = Hangs()
    fake.script(RELEASE, [step])
    request = await caller.begin_release(slot.id)
    await step.has_started.wait()
    await caller.run.cancel()
    await told(request.result())


async def replaced_then_created(caller: Caller, fake: FakeSteps) -> None:
    await caller.reserve(AT_NINE)
    slot = await caller.reserve(AT_TEN)
    await caller.book(slot.id)
    await caller.create_meeting(slot.id)


async def refused_then_created(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    fake.script(RESERVE, [refuses(TimeSlotTaken())])
    await told(caller.reserve(AT_TEN))
    await caller.book(slot.id)
    fake.script(CREATE, [refuses(MeetingMismatch("roomId", "it has no room"))])
    await told(caller.create_meeting(slot.id))
    await caller.create_meeting(slot.id)


async def created_though_each_answer_was_lost(caller: Caller, fake: FakeSteps) -> None:
    slot = await caller.reserve()
    fake.script(BOOK, [loses_its_answer] * 2)
    await told(caller.book(slot.id))
    await caller.book(slot.id)
    fake.script(CREATE, [loses_its_answer] * 2)
    await told(caller.create_meeting(slot.id))
    await told(caller.create_meeting(slot.id))


async def expired_after_a_step_timed_out(caller: Caller, fake: FakeSteps) -> None:
    """The SDK tells a local activity's time-out otherwise when it is replayed."""
    slot = await caller.reserve()
    await caller.book(slot.id)
    fake.script(CREATE, always(Hangs()))
    await told(caller.create_meeting(slot.id))


async def adopted_then_created(caller: Caller, fake: FakeSteps) -> None:
    """The run that reserved is gone; the next request starts a run that takes over what is stored."""
    fake.wants_run = False
    slot = await caller.reserve()
    await caller.run.terminate()
    await caller.adopt("book", slot.id)
    await caller.create_meeting(slot.id)


SCENARIOS: Final[dict[str, Callable[[Caller, FakeSteps], Awaitable[None]]]] = {
    scenario.__name__: scenario
    for scenario in (
        meeting_created,
        meeting_created_with_a_run_of_its_own,
        moved_a_meeting,
        expired_while_reserved,
        expired_while_booked,
        expired_after_the_deadline_was_armed_again,
        expired_after_a_step_timed_out,
        expired_though_it_could_not_be_read,
        meeting_created_though_its_run_could_not_be_started,
        extended_then_created,
        expired_after_it_was_extended,
        expired_when_its_clock_was_moved,
        released,
        released_by_an_operator,
        conflict,
        failed,
        cancelled_while_reserved,
        cancelled_while_booked,
        cancelled_while_it_creates_the_meeting,
        cancelled_while_it_undoes,
        replaced_then_created,
        refused_then_created,
        created_though_each_answer_was_lost,
        adopted_then_created,
    )
}
