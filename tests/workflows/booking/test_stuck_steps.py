"""A step that must succeed in the end and fails: operators see what the run waits for and why, until it succeeds."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from admin.story.runs import read_runs
from tests.integration.activities.booking_fixture import until
from tests.workflows.support.booking_caller import CANCELED, Caller
from tests.workflows.support.fake_steps import FakeSteps, always, fails
from workflows.common.options import FIRST_ATTEMPTS
from workflows.common.saved_queries import saved_queries

pytestmark = pytest.mark.ci

READ, OPEN, RELEASE = "read_booking", "open_meeting", "release_time_slot"
SCHEDULED = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
STARTED_TIMER = EventType.EVENT_TYPE_TIMER_STARTED


async def until_it_fails(client: Client, caller: Caller, step: str) -> None:
    """Wait until `bookme admin find` and the UI show the step as pending, with its failure."""

    async def is_shown() -> bool:
        (run,) = await read_runs(client, caller.run.id, with_history=False)
        return any(each.name == step and "ConnectionLost" in each.failure for each in run.pending)

    await until(is_shown)


async def steps_of(caller: Caller) -> list[str]:
    """The regular activities of the run."""
    events = (await caller.run.fetch_history()).events
    return [each.activity_task_scheduled_event_attributes.activity_type.name for each in events
            if each.event_type == SCHEDULED]  # fmt: skip


async def titles_of(client: Client, caller: Caller) -> set[str]:
    """The saved queries that find the run now."""
    now = datetime.now(UTC)
    return {
        each.title for each in saved_queries(now)
        if [run async for run in client.list_workflows(f"({each.query}) AND WorkflowId='{caller.run.id}'")]
    }  # fmt: skip


@pytest.fixture
async def overdue(real_caller: Caller, real_fake: FakeSteps) -> Caller:
    """A booking whose hold has expired, and the database does not answer."""
    real_fake.reservation_ttl = timedelta(seconds=0.3)
    real_fake.script(READ, always(fails))
    await real_caller.reserve()
    return real_caller


async def test_a_deadline_that_cannot_be_read(overdue: Caller, real_fake: FakeSteps, engine: Client) -> None:
    await until_it_fails(engine, overdue, "Read the booking from the database")
    state = (await overdue.details()).splitlines()[2]
    assert state.startswith('**Waiting for** the step "Read whether the hold has expired", which fails')

    async def is_found() -> bool:
        return "Holds overdue" in await titles_of(engine, overdue)

    await until(is_found)
    real_fake.script(READ, ())
    assert await overdue.ended() == "Expired"
    assert [name for name, _ in real_fake.undone] == [RELEASE]
    assert await steps_of(overdue) == [READ, RELEASE]
    assert (await overdue.details()).splitlines()[2] == "**Ended**: Expired"


async def test_an_operator_cancels_a_run_that_cannot_read(
    overdue: Caller, real_fake: FakeSteps, engine: Client
) -> None:
    await until_it_fails(engine, overdue, "Read the booking from the database")
    await overdue.run.cancel()

    assert await overdue.ended() == CANCELED
    assert [name for name, _ in real_fake.undone] == [RELEASE]


async def test_a_meeting_whose_run_cannot_be_started(real_caller: Caller, real_fake: FakeSteps, engine: Client) -> None:
    real_fake.script(OPEN, always(fails))
    slot = await real_caller.reserve()
    await real_caller.book(slot.id)
    await real_caller.create_meeting(slot.id)
    await until_it_fails(engine, real_caller, "Start the meeting's run")
    assert '**Waiting for** the step "Start the meeting\'s run", which fails' in await real_caller.details()

    async def is_found() -> bool:
        return "Run does not finish" in await titles_of(engine, real_caller)

    await until(is_found)
    real_fake.script(OPEN, ())
    assert await real_caller.ended() == "MeetingCreated"
    assert len(real_fake.opened) == 1
    assert (await real_caller.details()).splitlines()[2] == "**Ended**: MeetingCreated"


@pytest.mark.parametrize("failures", [0, 1, 2])
async def test_a_step_that_soon_succeeds_stays_cheap(real_caller: Caller, real_fake: FakeSteps, failures: int) -> None:
    """Thousands of runs may read at the same time after an outage: neither an activity nor a timer for each."""
    assert (policy := FIRST_ATTEMPTS["retry_policy"]) is not None
    assert failures < policy.maximum_attempts
    real_fake.reservation_ttl = timedelta(seconds=0.3)
    real_fake.script(READ, [fails] * failures)
    await real_caller.reserve()

    assert await real_caller.ended() == "Expired"
    assert await steps_of(real_caller) == [RELEASE]
    events = (await real_caller.run.fetch_history()).events
    assert sum(each.event_type == STARTED_TIMER for each in events) == 1, "that of the deadline"


async def test_each_timer_has_a_summary(overdue: Caller, real_fake: FakeSteps, engine: Client) -> None:
    """Also after failures: a local activity with many attempts would wait by timers without a summary."""
    await until_it_fails(engine, overdue, "Read the booking from the database")
    real_fake.script(READ, ())
    await overdue.ended()

    events = (await overdue.run.fetch_history()).events
    timers = [each for each in events if each.event_type == STARTED_TIMER]
    assert timers
    assert all(each.user_metadata.HasField("summary") for each in timers)
