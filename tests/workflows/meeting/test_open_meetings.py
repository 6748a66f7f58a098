"""The sweep: every page is taken, whatever happens on the way, and what cannot be done is counted."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from domain.messages.meeting import MeetingsOpened, NearMeetings
from tests.workflows.support.fake_steps import always, fails, loses_its_answer
from tests.workflows.support.fake_sweep import PAGE, FakeSweep
from tests.workflows.support.sandbox import make_worker
from workflows.meeting.messages import OpenMeetings
from workflows.meeting.openings import OpenMeetingsWorkflow

Sweep = WorkflowHandle[OpenMeetingsWorkflow, MeetingsOpened]


@pytest.fixture
def fake() -> FakeSweep:
    return FakeSweep()


@pytest.fixture
async def task_queue(skipping: WorkflowEnvironment, fake: FakeSweep) -> AsyncIterator[str]:
    name = f"test-{uuid4()}"
    async with make_worker(skipping.client, name, fake, workflow=OpenMeetingsWorkflow):
        yield name


async def begin(client: Client, task_queue: str, *, limit: int = PAGE, pages: int = 100) -> Sweep:
    return await client.start_workflow(
        OpenMeetingsWorkflow.run,
        OpenMeetings(first=NearMeetings(limit=limit), pages=pages),
        id=f"sweep-{uuid4()}",
        task_queue=task_queue,
    )


@pytest.mark.parametrize("limit", [1, 2, 5, 100], ids=["one-by-one", "pages", "one-full-page", "one-page"])
@pytest.mark.parametrize("pages", [1, 2, 100], ids=["a-run-a-page", "several-runs", "one-run"])
async def test_opens_every_meeting_once(
    skipping: WorkflowEnvironment, fake: FakeSweep, task_queue: str, limit: int, pages: int
) -> None:
    sweep = await begin(skipping.client, task_queue, limit=limit, pages=pages)
    assert await sweep.result() == MeetingsOpened(opened=5)
    assert fake.opened == fake.meetings
    assert (fake.tries[0], fake.looked_back) == ("find_lost_runs", [OpenMeetings().looking_back]), "first, and once"


async def test_counts_what_cannot_be_opened_and_goes_on(
    skipping: WorkflowEnvironment, fake: FakeSweep, task_queue: str
) -> None:
    fake.broken = {fake.meetings[0], fake.meetings[3]}
    assert await (await begin(skipping.client, task_queue)).result() == MeetingsOpened(opened=3, failed=2)


async def test_a_page_is_tried_until_it_is_done(
    skipping: WorkflowEnvironment, fake: FakeSweep, task_queue: str
) -> None:
    fake.script("open_near_meetings", [fails] * 12 + [loses_its_answer])
    assert (await (await begin(skipping.client, task_queue)).result()).opened == 5
    assert set(fake.opened) == set(fake.meetings)


async def test_an_engine_that_cannot_tell_which_runs_are_lost_stands_in_nobodys_way(
    skipping: WorkflowEnvironment, fake: FakeSweep, task_queue: str
) -> None:
    fake.script("find_lost_runs", always(fails))
    assert (await (await begin(skipping.client, task_queue)).result()).opened == 5
    assert fake.tries.count("find_lost_runs") == 3
