"""Runs that started before a deployment go on after it: every stored history is replayed with the workflow of today."""

from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from config.settings import Settings
from config.temporal import data_converter
from tests.replay.record import HISTORIES
from tests.replay.reordered import ReorderedBookingWorkflow
from tests.replay.scenarios import SCENARIOS
from tests.workflows.support.sandbox import SANDBOX
from workflows.booking.messages import BookingStatus
from workflows.booking.workflow import BookingWorkflow

STORED = sorted(HISTORIES.glob("*.json"))
ENDINGS = set(BookingStatus) - {BookingStatus.RESERVING, BookingStatus.RESERVED, BookingStatus.BOOKED}


def replayer(workflow: type) -> Replayer:
    return Replayer(workflows=[workflow], workflow_runner=SANDBOX, data_converter=data_converter(Settings()))


def load(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text())


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
async def test_a_stored_run_can_be_replayed(path: Path) -> None:
    await replayer(BookingWorkflow).replay_workflow(load(path))


def test_each_scenario_has_its_history() -> None:
    assert {path.stem for path in STORED} >= set(SCENARIOS)


def test_each_ending_has_a_history() -> None:
    assert {last_status(load(path), "BookingStatus") for path in STORED} == ENDINGS


def last_status(history: WorkflowHistory, attribute: str) -> str:
    """As this search attribute told last."""
    told = [
        event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields[attribute].data
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES
    ]
    return next(status.decode().strip('"') for status in reversed(told) if status)


async def test_steps_in_another_order_are_found_out() -> None:
    history = load(HISTORIES / "expired_while_reserved.json")

    with pytest.raises(NondeterminismError):
        await replayer(ReorderedBookingWorkflow).replay_workflow(history)
