"""What an operator reads of a meeting in the Temporal UI: its versions, who cancelled it, and how its run ended."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from admin.story.runs import read_runs
from domain.meeting_errors import MeetingOver
from tests.integration.activities.booking_fixture import until
from tests.workflows.meeting.test_meeting import owner_on
from tests.workflows.support.booking_caller import YES, told
from tests.workflows.support.fake_meeting import ANN, CARL
from tests.workflows.support.fake_steps import always, fails, refuses
from tests.workflows.support.meeting_caller import Owner
from workflows.common.status_view import clock
from workflows.meeting.messages import CancelMeetingRequest

REASON = "Mrs Jensen is ill"


@pytest.fixture
async def owner(skipping: WorkflowEnvironment) -> AsyncIterator[Owner]:
    async with owner_on(skipping) as owner:
        yield owner


async def test_a_moved_meeting_has_its_old_and_its_new_time(owner: Owner) -> None:
    await owner.open()
    before = owner.fake.meeting.start
    after, hour = before + timedelta(days=60), timedelta(hours=1)
    await owner.move(after, employee_id=CARL)

    now = f"now {clock(after)} to {clock(after + hour)} with employee `{CARL}` and 1 more"
    old = f"before {clock(before)} to {clock(before + hour)} with employee `{ANN}` and 1 more"
    assert (await owner.details()).endswith(f"**Moved**, version 1: {now}; {old}")
    await owner.change()
    assert "**Planned**, version 2: " in await owner.details(), "it was changed, and not moved again"


@pytest.mark.parametrize(
    ("by", "reason", "words"),
    [
        (None, None, ""),
        ("client", None, " by the client"),
        ("staff", REASON, " by staff, with a reason that `bookme admin find` shows"),
        ("operator", REASON, " by an operator, with a reason that `bookme admin find` shows"),
    ],
)
async def test_who_cancelled_a_meeting(owner: Owner, by: str | None, reason: str | None, words: str) -> None:
    """A reason is free text, which may have personal data."""
    await owner.open()
    await owner.ask(CancelMeetingRequest.model_validate({"asked": uuid4().hex, "cancelled_by": by, "reason": reason}))
    assert (await owner.ended()).status == "Cancelled"

    details = await owner.details()
    assert f"**Cancelled**{words}, version 1: " in details
    assert REASON not in details
    assert state_of(details) == "**Ended**: Cancelled"


async def cancel_the_run(owner: Owner) -> None:
    await owner.run.cancel()


async def cancel_the_run_of_one_that_has_begun(owner: Owner) -> None:
    owner.fake.script("cancel_meeting", [refuses(MeetingOver(owner.fake.meeting.id))])
    await owner.run.cancel()


async def be_withdrawn(owner: Owner) -> None:
    owner.fake.is_withdrawn = True


async def go_by(owner: Owner) -> None:
    pass


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (cancel_the_run, "Cancelled"),
        (cancel_the_run_of_one_that_has_begun, "an operator cancelled the run; the meeting stays as it is"),
        (be_withdrawn, "Withdrawn"),
        (go_by, "Over"),
    ],
)
async def test_a_run_that_has_ended_waits_for_nothing(
    owner: Owner, end: Callable[[Owner], Awaitable[None]], state: str
) -> None:
    if end is be_withdrawn:
        await end(owner)
    await owner.open()
    await end(owner)
    await owner.ended()

    details = await owner.details()
    assert state_of(details) == f"**Ended**: {state}"
    assert ("**Cancelled** by an operator, version 1" in details) == (end is cancel_the_run)


async def test_a_run_that_goes_on_as_a_new_one_has_ended(owner: Owner, skipping: WorkflowEnvironment) -> None:
    owner.most_requests = 1
    await owner.open()
    first = (await owner.run.fetch_history()).events[0].workflow_execution_started_event_attributes
    assert await told(owner.change()) == YES
    assert await owner.goes_on()

    run = skipping.client.get_workflow_handle(owner.run.id, run_id=first.original_execution_run_id)
    metadata: WorkflowMetadata = await run.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    assert state_of(metadata.current_details) == "**Ended**: a new run continues"
    await owner.cancel()


async def test_a_meeting_that_cannot_be_read(temporal: WorkflowEnvironment, engine: Client) -> None:
    async with owner_on(temporal) as owner:
        owner.fake.script("read_meeting", always(fails))
        await owner.open()

        async def is_shown() -> bool:
            (run,) = await read_runs(engine, owner.run.id, with_history=False)
            return any(each.name == "Read the meeting from the database" for each in run.pending)

        await until(is_shown)
        assert (await owner.details()).startswith('**Waiting for** the step "Read the meeting", which fails')
        owner.fake.script("read_meeting", ())

        async def is_read() -> bool:
            return "**Waiting for** the reminder" in await owner.details()

        await until(is_read)
        await owner.cancel()
        assert (await owner.run.result()).status == "Cancelled"


def state_of(details: str) -> str:
    """What the run does, waits for, or how it ended. A withdrawn meeting has no title above it."""
    lines = details.splitlines()
    return lines[2] if lines[0].startswith("### ") else lines[0]
