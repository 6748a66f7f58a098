"""A meeting's life with time that is skipped: what happens to it when, who is told, and how its run ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

import pytest
from temporalio.common import RetryPolicy
from temporalio.testing import WorkflowEnvironment

from domain.errors import TimeSlotTaken
from domain.messages.meeting import InvitationsSent, SendInvitations
from tests.integration.activities.booking_fixture import until
from tests.workflows.support.booking_caller import YES, told
from tests.workflows.support.fake_meeting import ANN, BEN, CARL, ZONE, FakeMeeting
from tests.workflows.support.fake_steps import Hangs, Late, answers, fails, loses_its_answer, refuses
from tests.workflows.support.meeting_caller import Owner
from tests.workflows.support.sandbox import make_worker
from workflows.common import options
from workflows.common.options import CHECK_DELAYS
from workflows.meeting.workflow import MeetingWorkflow

A_MOMENT: Final = timedelta(seconds=20)
BEFORES: Final = (timedelta(days=30), timedelta(days=1), timedelta(hours=1))


def after_the_next_change_of_clocks(now: datetime) -> datetime:
    """Nine o'clock in Copenhagen, on the first day from a month on at which the clocks change."""
    day = (now + timedelta(days=40)).astimezone(ZONE).replace(hour=9, minute=0, second=0, microsecond=0)
    while (day - timedelta(days=1)).utcoffset() == day.utcoffset():
        day += timedelta(days=1)
    return day.astimezone(UTC)


@pytest.fixture
async def owner(skipping: WorkflowEnvironment) -> AsyncIterator[Owner]:
    async with owner_on(skipping) as owner:
        yield owner


@pytest.fixture(params=[0, 100])
async def real_owner(temporal: WorkflowEnvironment, request: pytest.FixtureRequest) -> AsyncIterator[Owner]:
    """With a worker that lets go of a run after each of its tasks, and with one that keeps it."""
    async with owner_on(temporal, cached=request.param) as owner:
        yield owner


@asynccontextmanager
async def owner_on(environment: WorkflowEnvironment, *, cached: int = 100) -> AsyncIterator[Owner]:
    start = after_the_next_change_of_clocks(await environment.get_current_time())
    fake, task_queue = FakeMeeting(environment.get_current_time, start, BEFORES), f"test-{uuid4()}"
    async with make_worker(environment.client, task_queue, fake, workflow=MeetingWorkflow, cached=cached):
        yield Owner(environment, task_queue, fake)


async def test_it_lives_until_the_meeting_is_over(owner: Owner) -> None:
    await owner.open()
    start, end = owner.fake.meeting.start, owner.fake.meeting.end
    assert (await owner.ended()).status == "Over"

    local = start.astimezone(ZONE).replace(tzinfo=None)
    planned = {
        "P30D": (local - timedelta(days=30)).replace(tzinfo=ZONE),
        "P1D": (local - timedelta(days=1)).replace(tzinfo=ZONE),
        "PT1H": start - timedelta(hours=1),
    }
    assert [before for before, _ in owner.fake.given] == list(planned)
    assert all(timedelta(0) <= at - planned[before] < A_MOMENT for before, at in owner.fake.given)
    assert start - planned["P1D"] != timedelta(days=1), "the clocks change in between"
    history = await owner.run.fetch_history()
    assert timedelta(0) <= history.events[-1].event_time.ToDatetime(end.tzinfo) - end < A_MOMENT
    assert len(history.events) < 60


async def test_everybody_is_told_of_every_version_and_former_ones_too(owner: Owner) -> None:
    await owner.change(CARL)
    await owner.change(CARL, title="Newer")
    await owner.cancel()

    assert (await owner.ended()).status == "Cancelled"
    assert owner.fake.mailed == [(0, ()), (1, (BEN,)), (2, ()), (3, ())]


async def test_a_moved_meeting_is_reminded_of_at_its_new_time(owner: Owner) -> None:
    await owner.open()
    before = owner.fake.meeting.start
    await owner.until(before - timedelta(hours=2))
    assert [name for name, _ in owner.fake.given] == ["P30D", "P1D"]
    await owner.move(before + timedelta(days=60), employee_id=CARL)

    assert (await owner.ended()).status == "Over"
    assert [name for name, _ in owner.fake.given] == ["P30D", "P1D", "PT1H"]
    assert all(at > before for _, at in owner.fake.given)
    assert owner.fake.mailed == [(0, ()), (1, (ANN,))]


async def test_a_cancelled_meeting_is_not_reminded_of(owner: Owner) -> None:
    await owner.open()
    outcome = await owner.cancel()

    assert outcome.meeting.cancelled_at is not None
    assert (await owner.ended()).status == "Cancelled"
    assert owner.fake.given == []


async def test_a_refusal_changes_nothing(owner: Owner) -> None:
    owner.fake.script("move_meeting", [refuses(TimeSlotTaken())])

    assert await told(owner.move(owner.fake.meeting.start)) == "TIME_SLOT_TAKEN"
    assert await told(owner.change(sequence=7)) == "MEETING_CHANGED"
    assert await told(owner.change()) == YES
    assert owner.fake.meeting.sequence == 1


async def test_what_a_lost_answer_hides_is_looked_up(owner: Owner, impatient: None) -> None:
    await owner.change()
    owner.fake.script("change_meeting", [loses_its_answer, fails, fails])

    assert await told(owner.change(title="Lost")) == "UNAVAILABLE"
    assert await told(owner.change(title="Found")) == YES
    assert owner.fake.meeting.content.title == "Found"
    await owner.cancel()
    await owner.ended()
    assert [sequence for sequence, _ in owner.fake.mailed] == [0, 1, 2, 3, 4]


async def test_a_step_that_is_done_after_it_was_given_up_is_found(owner: Owner, impatient: None) -> None:
    """By a worker that stood still in it, which nobody waits for any more."""
    standing_still = Late()
    owner.fake.script("cancel_meeting", [standing_still, fails, fails])
    await owner.open()
    assert await told(owner.cancel()) == "UNAVAILABLE"
    await standing_still.go_on()

    assert (await owner.ended()).status == "Cancelled"
    history = await owner.run.fetch_history()
    took = history.events[-1].event_time.ToDatetime() - history.events[0].event_time.ToDatetime()
    assert took < timedelta(minutes=1)


async def test_a_meeting_that_was_withdrawn(owner: Owner) -> None:
    owner.fake.is_withdrawn = True
    await owner.open()

    assert (await owner.ended()).status == "Withdrawn"


async def test_cancelling_the_run_cancels_the_meeting(owner: Owner) -> None:
    await owner.open()
    await owner.change()
    await owner.run.cancel()

    assert (await owner.ended()).status == "Cancelled"
    assert owner.fake.meeting.cancelled_at is not None
    assert owner.fake.mailed[-1] == (2, ())


@pytest.mark.parametrize("most_requests", [1, 100])
async def test_cancelling_the_run_while_a_step_is_taken(real_owner: Owner, most_requests: int) -> None:
    """The step is done and told, then the meeting is cancelled: also by a run that is about to go on as a new one."""
    owner, changing = real_owner, Hangs()
    owner.most_requests = most_requests
    owner.fake.script("change_meeting", [changing])
    await owner.open()
    asking = asyncio.create_task(told(owner.change(sequence=0)))
    await changing.has_started.wait()
    await owner.run.cancel()
    changing.go_on.set()
    assert await asking == YES

    assert (await owner.run.result()).status == "Cancelled"
    assert owner.fake.meeting.cancelled_at is not None


async def test_invitations_that_cannot_be_delivered_leave_the_meeting(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    retry = RetryPolicy(initial_interval=timedelta(milliseconds=10), maximum_attempts=3)
    monkeypatch.setitem(options.MAILING, "retry_policy", retry)
    owner.fake.script("send_invitations", [fails, fails, fails])
    await owner.open()

    assert (await owner.ended()).status == "Over"
    assert owner.fake.undeliverable == [0]
    assert "needs an operator" in await owner.details()


async def test_one_that_is_refused_for_good_calls_an_operator(owner: Owner) -> None:
    refused = InvitationsSent(sent=1, failures=("employee 2: 550",))
    owner.fake.script("send_invitations", [answers(refused)])
    await owner.open()

    assert (await owner.ended()).status == "Over"
    assert "employee 2: 550" in await owner.details()


REFUSED: Final = answers(InvitationsSent(sent=1, failures=("employee 2: 550",)))


@pytest.mark.parametrize("real_owner", [100], indirect=True)
async def test_an_operator_is_called_until_what_was_told_is_over(real_owner: Owner) -> None:
    owner = real_owner
    owner.fake.script("send_invitations", [REFUSED])
    await owner.open()
    await until(owner.needs_operator)
    assert await told(owner.change()) == YES

    async def is_over() -> bool:
        return not await owner.needs_operator()

    await until(is_over)
    assert "needs no operator any more" in await owner.details()


async def test_an_operator_acknowledges(real_owner: Owner) -> None:
    owner = real_owner
    owner.fake.script("send_invitations", [REFUSED])
    await owner.open()
    await until(owner.needs_operator)
    await owner.run.execute_update(MeetingWorkflow.acknowledge)
    assert not await owner.needs_operator()
    await owner.run.execute_update(MeetingWorkflow.acknowledge)
    assert (await owner.details()).count("needs no operator any more") == 1
    await owner.cancel()


async def test_mails_are_sent_again_when_an_operator_asks(real_owner: Owner) -> None:
    owner = real_owner
    owner.fake.script("send_invitations", [REFUSED])
    await owner.open()
    await until(owner.needs_operator)
    mails = SendInvitations(meeting_id=owner.fake.meeting.id, sequence=owner.fake.meeting.sequence)
    await owner.run.signal(MeetingWorkflow.send_again, mails)

    async def is_over() -> bool:
        return not await owner.needs_operator()

    await until(is_over)
    assert owner.fake.tries.count("send_invitations") == 2
    await owner.cancel()


@pytest.mark.parametrize("real_owner", [100], indirect=True)
async def test_no_operator_is_called_to_a_cancelled_meeting(real_owner: Owner) -> None:
    """The first mail is refused for good, and so is the one that cancels."""
    owner = real_owner
    owner.fake.script("send_invitations", [REFUSED, REFUSED])
    await owner.open()
    await until(owner.needs_operator)
    await owner.cancel()

    assert (await owner.run.result()).status == "Cancelled"
    assert not await owner.needs_operator()
    assert (await owner.details()).count("employee 2: 550") == 2


async def test_a_mail_server_that_hangs_stops_nothing_else(owner: Owner) -> None:
    sending = Hangs()
    owner.fake.script("send_invitations", [sending])
    await owner.open()
    await sending.has_started.wait()

    assert await told(owner.change()) == YES
    sending.go_on.set()
    await owner.cancel()
    await owner.ended()
    assert [sequence for sequence, _ in owner.fake.mailed] == [0, 1, 2]


@pytest.mark.ci
async def test_a_run_that_grows_long_goes_on_as_a_new_one(owner: Owner) -> None:
    owner.most_requests = 3
    for number in range(8):
        assert await told(owner.change(title=f"Title {number}")) == YES
    assert (await owner.cancel()).meeting.sequence == 9

    assert (await owner.ended()).status == "Cancelled"
    assert len((await owner.run.fetch_history()).events) < 80
    assert [sequence for sequence, _ in owner.fake.mailed] == list(range(10))


@pytest.fixture
async def doubted(owner: Owner, impatient: None) -> Late:
    """A step that its run, which is long, has given up."""
    standing_still = Late()
    owner.most_requests = 1
    owner.fake.script("cancel_meeting", [standing_still, fails, fails])
    await owner.open()
    assert await told(owner.cancel()) == "UNAVAILABLE"
    return standing_still


async def test_a_long_run_in_doubt_looks_again_before_it_goes_on(owner: Owner, doubted: Late) -> None:
    """A new run would look for the step as it begins, and not again."""
    given_up = await owner.fake.clock()
    await owner.until(given_up + CHECK_DELAYS[0] + A_MOMENT)
    await doubted.go_on()

    assert (await owner.ended()).status == "Cancelled"
    assert not await owner.has_gone_on()


async def test_a_long_run_goes_on_when_it_has_looked_again(owner: Owner, doubted: Late) -> None:
    given_up = await owner.fake.clock()
    await owner.until(given_up + CHECK_DELAYS[-1] / 2)
    assert not await owner.has_gone_on()
    await owner.until(given_up + CHECK_DELAYS[-1])

    assert await owner.goes_on()
    await owner.cancel()
    assert (await owner.ended()).status == "Cancelled"


@pytest.mark.ci
async def test_a_database_that_is_down_for_long(owner: Owner, impatient: None) -> None:
    owner.fake.script("read_meeting", [fails] * 5)
    owner.fake.script("remind_of", [fails] * 5)
    await owner.open()

    assert (await owner.ended()).status == "Over"
    assert [before for before, _ in owner.fake.given] == ["P30D", "P1D", "PT1H"]


async def test_an_operator_reads_what_happens(owner: Owner) -> None:
    await owner.open()
    await owner.change(CARL)
    text = await owner.details()
    assert text.startswith("### ")
    assert text.splitlines()[0].endswith(f"· employee {ANN} · bank")
    assert text.splitlines()[2].startswith("**Waiting for** the reminder 30 days before, at ")
    assert "**Planned**, version 1: " in text
    await owner.cancel()
    await owner.ended()
    assert "**Cancelled**, version 2" in await owner.details()


async def test_in_a_sandbox_due_work_is_done_however_often_the_clock_is_moved(real_owner: Owner) -> None:
    """Each signal would begin the timer of the reminders anew, which would never fire."""
    meeting = real_owner.fake.meeting
    ahead = meeting.start - timedelta(hours=12) - datetime.now(UTC)
    real_owner.fake.meeting = meeting.model_copy(update={"clock_ahead": ahead})
    await real_owner.open()

    async def is_reminded() -> bool:
        await real_owner.run.signal(MeetingWorkflow.clock_moved)
        return len(real_owner.fake.given) == len(BEFORES) - 1

    await until(is_reminded)
    await real_owner.run.terminate("the test is over")
