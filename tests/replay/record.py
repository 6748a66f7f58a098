"""Records the histories that the replay test replays: `uv run python -m tests.replay.record [kind/scenario ...]`.

The beginning of a name is enough: `bookings/` are all of them. Record a scenario when it is new. Never record one anew
because its replay fails: then the change breaks the runs that are under way, and belongs behind `workflow.patched`.
"""

import asyncio
import json
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from temporalio.client import WorkflowHistory
from temporalio.common import RetryPolicy
from temporalio.testing import WorkflowEnvironment

from config.settings import Settings
from config.temporal import data_converter
from tests.conftest import SCRIPTS
from tests.replay import meeting_scenarios, sweep_scenarios
from tests.replay.scenarios import SCENARIOS
from tests.workflows.support.booking_caller import Caller
from tests.workflows.support.fake_meeting import FakeMeeting
from tests.workflows.support.fake_receiver import FakeReceiver, wake, working
from tests.workflows.support.fake_retention import FakeRetention
from tests.workflows.support.fake_steps import FakeSteps
from tests.workflows.support.fake_sweep import FakeSweep
from tests.workflows.support.meeting_caller import Owner
from tests.workflows.support.sandbox import make_worker
from workflows.common import options, search_attributes
from workflows.meeting.openings import OpenMeetingsWorkflow
from workflows.meeting.workflow import MeetingWorkflow
from workflows.retention import RetentionWorkflow

HISTORIES: Final = Path(__file__).parent / "histories"
MEETINGS: Final = Path(__file__).parent / "meetings"
SWEEPS: Final = Path(__file__).parent / "sweeps"

SOON: Final = timedelta(seconds=2)


async def record(names: Iterable[str]) -> None:
    make_impatient()
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(SCRIPTS / "temporal"),
        search_attributes=search_attributes.ALL,
        data_converter=data_converter(Settings()),
    )
    async with environment:
        for name in names:
            kind, scenario = name.rsplit("/", 1)
            directory, recorded = KINDS[kind]
            (directory / f"{scenario}.json").write_text(await recorded(environment, scenario))


def make_impatient() -> None:
    options.FORWARD["start_to_close_timeout"] = timedelta(seconds=3)
    twice = RetryPolicy(initial_interval=timedelta(milliseconds=10), maximum_attempts=2)
    options.FORWARD["retry_policy"] = options.MAILING["retry_policy"] = twice


async def history_of(environment: WorkflowEnvironment, name: str) -> str:
    fake = FakeSteps(environment.get_current_time)
    fake.reservation_ttl = fake.booked_ttl = timedelta(seconds=1)
    task_queue = f"record-{uuid4()}"
    caller = Caller(environment, task_queue)
    async with make_worker(environment.client, task_queue, fake):
        await SCENARIOS[name](caller, fake)
        await caller.ended()
        return as_json(await caller.run.fetch_history())


async def history_of_meeting(environment: WorkflowEnvironment, name: str) -> str:
    """Of one that begins in two seconds and is over one second later; it is reminded of a second before."""
    start, second = await environment.get_current_time() + SOON, timedelta(seconds=1)
    fake, task_queue = FakeMeeting(environment.get_current_time, start, [second]), f"record-{uuid4()}"
    fake.meeting = fake.meeting.model_copy(update={"end": start + second})
    owner = Owner(environment, task_queue, fake)
    async with make_worker(environment.client, task_queue, fake, workflow=MeetingWorkflow):
        await meeting_scenarios.SCENARIOS[name](owner)
        await owner.run.result()
        run = environment.client.get_workflow_handle(owner.run.id, run_id=owner.run_id)
        return as_json(await run.fetch_history())


async def history_of_sweep(environment: WorkflowEnvironment, name: str) -> str:
    """Of one of five meetings."""
    fake, task_queue = FakeSweep(), f"record-{uuid4()}"
    sweep = sweep_scenarios.SCENARIOS[name](fake)
    async with make_worker(environment.client, task_queue, fake, workflow=OpenMeetingsWorkflow):
        run = await environment.client.start_workflow(
            OpenMeetingsWorkflow.run, sweep, id=task_queue, task_queue=task_queue
        )
        await run.result()
        first = environment.client.get_workflow_handle(run.id, run_id=run.first_execution_run_id)
        return as_json(await first.fetch_history())


async def history_of_deliveries(environment: WorkflowEnvironment, _: str) -> str:
    """Of two events of one booking, of which the first is taken at the second attempt."""
    fake = FakeReceiver(environment)
    fake.pending, fake.refusals = ["booking.reserved", "booking.booked"], {"booking.reserved": 1}
    async with working(environment.client, fake) as task_queue:
        run = await wake(environment.client, task_queue)
        await run.result()
        return as_json(await run.fetch_history())


async def history_of_retention(environment: WorkflowEnvironment, _: str) -> str:
    """Of one with old events for two steps, and old mails for one."""
    fake, task_queue = FakeRetention(events=3, mails=1), f"record-{uuid4()}"
    async with make_worker(environment.client, task_queue, fake, workflow=RetentionWorkflow):
        run = await environment.client.start_workflow(RetentionWorkflow.run, id=task_queue, task_queue=task_queue)
        await run.result()
        return as_json(await run.fetch_history())


def as_json(history: WorkflowHistory) -> str:
    return json.dumps(without(history.to_json_dict(), "stackTrace", "identity"), indent=1) + "\n"


def without(value: Any, *keys: str) -> Any:  # noqa: ANN401 - JSON
    """What a replay does not need, and what tells of the machine it was recorded on."""
    if isinstance(value, dict):
        return {key: without(inner, *keys) for key, inner in value.items() if key not in keys}
    if isinstance(value, list):
        return [without(inner, *keys) for inner in value]
    return value


KINDS: Final = {
    "bookings": (HISTORIES, history_of),
    "meetings": (MEETINGS, history_of_meeting),
    "sweeps": (SWEEPS, history_of_sweep),
    "deliveries": (Path(__file__).parent, history_of_deliveries),
    "retention": (Path(__file__).parent, history_of_retention),
}
ALL: Final[dict[str, Iterable[str]]] = {
    "bookings": SCENARIOS,
    "meetings": meeting_scenarios.SCENARIOS,
    "sweeps": sweep_scenarios.SCENARIOS,
    "deliveries": ("delivered_to_a_webhook",),
    "retention": ("deleted_old_rows",),
}

if __name__ == "__main__":
    every = [f"{kind}/{scenario}" for kind, scenarios in ALL.items() for scenario in scenarios]
    asyncio.run(record([each for each in every if each.startswith(tuple(sys.argv[1:] or [""]))]))
