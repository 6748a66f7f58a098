"""After a rollback, the run of a meeting may have recorded a patch of the newer release: it fails until terminated."""

from functools import partial
from uuid import UUID

import httpx
import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from admin.check import runs
from admin.check.common import Checking
from admin.connections import Connections
from admin.documents import Outcome
from admin.story.find import Finder
from admin.story.question import Question
from config.settings import Settings
from tests.integration.admin.reading.newer_release import NewerMeetingWorkflow
from tests.integration.admin.reading.support import made, story_of
from tests.integration.api.support import answered, eventually, problem
from tests.support.clients import ApiClient, Json
from workers import main
from workflows.common.runs import meeting_workflow_id
from workflows.meeting.workflow import MeetingWorkflow

pytestmark = [pytest.mark.ci, pytest.mark.timeout(240)]


@pytest.fixture
def worker() -> None:
    """None at first: the test starts the workers of both releases."""


@pytest.fixture
async def newer(
    engine: Client, settings: Settings, all_steps: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> Worker:
    """A worker of the newer release."""
    workflows = [NewerMeetingWorkflow if each is MeetingWorkflow else each for each in main.BOOKING_WORKFLOWS]
    with monkeypatch.context() as release:
        release.setattr(main, "BOOKING_WORKFLOWS", workflows)
        return main.make_worker(engine, settings.task_queue, *all_steps)


async def renamed(client: ApiClient, meeting: Json, title: str) -> httpx.Response:
    operations = [{"op": "replace", "path": "/title", "value": title}]
    return await client.http.patch(f"/bookme/meetings/{meeting['id']}", json=operations, headers=client.headers)


async def test_a_meeting_whose_run_has_a_patch_of_the_newer_release(
    client: ApiClient,
    finder: Finder,
    engine: Client,
    settings: Settings,
    newer: Worker,
    all_steps: tuple[object, ...],
) -> None:
    async with newer:
        meeting = await made(client)
        await answered(partial(renamed, client, meeting, "By the newer release"))
    name = meeting_workflow_id(UUID(meeting["id"]))
    checking = Checking(Connections(finder.connections.database, engine), settings)
    asked = Question(meeting_id=UUID(meeting["id"]))

    async def fails() -> bool:
        found = [each.finding async for each in runs.failing_tasks(checking)]
        return [(each.kind, each.can_repair) for each in found if each.subject == name] == [
            ("workflow-task-failing", False)
        ]

    async with main.make_worker(engine, settings.task_queue, *all_steps):
        problem(await renamed(client, meeting, "While the run fails"), 503)
        await eventually(fails, patience=90)
        story = await story_of(finder, asked)
        assert story.outcome is Outcome.BUG
        assert f"the workflow task of {name} is at attempt " in story.conclusion
        await engine.get_workflow_handle(name).terminate(reason="its release was rolled back")
        changed = await answered(partial(renamed, client, meeting, "By the former release"))
        assert changed["title"] == "By the former release"
        story = await story_of(finder, asked)
        assert [each.status for each in story.runs if each.workflow_id == name] == ["Running", "Terminated"]
        assert story.outcome is Outcome.PLANNED
        kinds = [each.kind for each in story.entries if each.source == "event"]
        assert kinds[-2:] == ["meeting.changed", "meeting.changed"], "the change of the newer release, and the last one"
        assert not await fails()
