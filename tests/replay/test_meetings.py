"""Meetings' runs live for months, through many deployments: their stored histories are replayed as they are now."""

from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType

from tests.replay.meeting_scenarios import SCENARIOS
from tests.replay.record import MEETINGS
from tests.replay.test_replay import last_status, load, replayer
from workflows.meeting.messages import MeetingStatus
from workflows.meeting.workflow import MeetingWorkflow

STORED = sorted(MEETINGS.glob("*.json"))


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
async def test_a_stored_run_can_be_replayed(path: Path) -> None:
    await replayer(MeetingWorkflow).replay_workflow(load(path))


def test_each_scenario_has_its_history() -> None:
    assert {path.stem for path in STORED} >= set(SCENARIOS)


def test_each_ending_has_a_history() -> None:
    assert {last_status(load(path), "MeetingStatus") for path in STORED} == set(MeetingStatus)
    last_events = {load(path).events[-1].event_type for path in STORED}
    assert EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW in last_events
