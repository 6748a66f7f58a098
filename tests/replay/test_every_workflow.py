"""No workflow is without a stored history: else a change that breaks its runs would be found by nobody."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from activities.signatures import SIGNATURES
from config.settings import Settings
from config.temporal import data_converter
from tests.replay import sweep_scenarios
from tests.replay.record import SWEEPS
from tests.replay.test_replay import load
from tests.workflows.support.sandbox import SANDBOX
from workers.main import VERSIONED_WORKFLOWS, WORKFLOWS
from workflows.booking.workflow import BookingWorkflow

STORED: Final = sorted(Path(__file__).parent.rglob("*.json"))
ENDINGS: Final = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
}


def type_of(history: WorkflowHistory) -> str:
    return history.events[0].workflow_execution_started_event_attributes.workflow_type.name


def of_type(name: str) -> list[WorkflowHistory]:
    return [history for history in map(load, STORED) if type_of(history) == name]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.__name__)
async def test_has_histories_which_can_be_replayed(workflow: type) -> None:
    """By a worker of all workflows, as it is in production."""
    histories = of_type(workflow.__name__)
    assert histories
    replayer = Replayer(workflows=WORKFLOWS, workflow_runner=SANDBOX, data_converter=data_converter(Settings()))
    for history in histories:
        await replayer.replay_workflow(history)


def test_each_history_is_of_a_workflow() -> None:
    assert {type_of(load(path)) for path in STORED} == {workflow.__name__ for workflow in WORKFLOWS}


def test_each_step_that_a_workflow_can_take_is_in_a_history() -> None:
    """Else a workflow could take a new step, and no stored run would say whether its order may change."""
    steps = {name for protocol in SIGNATURES for name in vars(protocol) if not name.startswith("_")}
    assert steps == {step for path in STORED for step in steps_of(load(path))}


def steps_of(history: WorkflowHistory) -> Iterator[str]:
    """The activities of the run, regular and local ones."""
    for event in history.events:
        if event.HasField("activity_task_scheduled_event_attributes"):
            yield event.activity_task_scheduled_event_attributes.activity_type.name
        elif event.marker_recorded_event_attributes.marker_name == "core_local_activity":
            data = event.marker_recorded_event_attributes.details["data"].payloads[0].data
            yield json.loads(data)["activity_type"]


@pytest.mark.ci
async def test_a_worker_with_a_version_continues_the_runs_of_one_without() -> None:
    replayer = Replayer(
        workflows=VERSIONED_WORKFLOWS, workflow_runner=SANDBOX, data_converter=data_converter(Settings())
    )
    for history in of_type(BookingWorkflow.__name__):
        await replayer.replay_workflow(history)


def test_each_way_of_a_sweep_has_its_history() -> None:
    assert {path.stem for path in SWEEPS.glob("*.json")} == set(sweep_scenarios.SCENARIOS)
    assert {history.events[-1].event_type for history in of_type("OpenMeetingsWorkflow")} == ENDINGS
