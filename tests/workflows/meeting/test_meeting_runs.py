"""The step by which a booking gives its meeting a run, on a real server."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle

from domain.messages.meeting import OpenMeeting
from services.meeting.run_schedule import NotificationSettings
from storage.database import Database
from workers.meeting_runs import MeetingRuns
from workflows.common.runs import meeting_workflow_id
from workflows.meeting.messages import MeetingEnding
from workflows.meeting.workflow import MeetingWorkflow

Run = WorkflowHandle[MeetingWorkflow, MeetingEnding]


@pytest.fixture
def meeting() -> OpenMeeting:
    """Far ahead: its run has nothing to do yet, and no worker is needed."""
    start = datetime.now(UTC) + timedelta(days=30)
    return OpenMeeting(
        meeting_id=uuid4(), client_id="demo", employee_id=uuid4(), start=start, end=start + timedelta(hours=1)
    )


@pytest.fixture
def runs(engine: Client, seeded: Database) -> MeetingRuns:
    return MeetingRuns(engine, seeded, f"test-{uuid4()}", NotificationSettings())


@pytest.fixture
def run(engine: Client, meeting: OpenMeeting) -> Run:
    return engine.get_workflow_handle(meeting_workflow_id(meeting.meeting_id), result_type=MeetingEnding)


async def test_a_repeat_finds_the_run_that_is_there(runs: MeetingRuns, meeting: OpenMeeting, run: Run) -> None:
    await runs.open_meeting(meeting)
    first = (await run.describe()).run_id
    await runs.open_meeting(meeting)
    assert ((await run.describe()).run_id, (await run.describe()).status) == (first, WorkflowExecutionStatus.RUNNING)


async def test_a_late_repeat_gives_a_meeting_that_is_over_no_other_run(
    runs: MeetingRuns, meeting: OpenMeeting, run: Run
) -> None:
    """As when the worker died before it could report, and the meeting was cancelled meanwhile."""
    await runs.open_meeting(meeting)
    await run.terminate("it is cancelled")
    await runs.open_meeting(meeting)
    assert (await run.describe()).status is WorkflowExecutionStatus.TERMINATED
