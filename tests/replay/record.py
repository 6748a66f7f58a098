"""Records the histories that the replay test replays: `uv run python -m tests.replay.record [scenario ...]`.

Record a scenario when it is new. Never record one anew because its replay fails: then the change would break the runs
that are under way, and belongs behind `workflow.patched`.
"""

import asyncio
import json
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from temporalio.common import RetryPolicy
from temporalio.testing import WorkflowEnvironment

from bookme.engine import data_converter
from bookme.settings import Settings
from tests.conftest import SCRIPTS
from tests.replay.scenarios import SCENARIOS
from tests.workflows.caller import Caller
from tests.workflows.fake_steps import FakeSteps
from tests.workflows.sandbox import make_worker
from workflows import options, search_attributes

HISTORIES: Final = Path(__file__).parent / "histories"


async def record(names: Iterable[str]) -> None:
    make_impatient()
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(SCRIPTS / "temporal"),
        search_attributes=search_attributes.ALL,
        data_converter=data_converter(Settings()),
    )
    async with environment:
        for name in names:
            (HISTORIES / f"{name}.json").write_text(await history_of(environment, name))


def make_impatient() -> None:
    options.FORWARD["start_to_close_timeout"] = timedelta(seconds=3)
    options.FORWARD["retry_policy"] = RetryPolicy(initial_interval=timedelta(milliseconds=10), maximum_attempts=2)


async def history_of(environment: WorkflowEnvironment, name: str) -> str:
    fake = FakeSteps(environment.get_current_time)
    fake.reservation_ttl = fake.booked_ttl = timedelta(seconds=1)
    task_queue = f"record-{uuid4()}"
    caller = Caller(environment, task_queue)
    async with make_worker(environment.client, task_queue, fake):
        await SCENARIOS[name](caller, fake)
        await caller.ended()
        history = (await caller.run.fetch_history()).to_json_dict()
    return json.dumps(without(history, "stackTrace", "identity"), indent=1) + "\n"


def without(value: Any, *keys: str) -> Any:  # noqa: ANN401 - JSON
    """What a replay does not need, and what tells of the machine it was recorded on."""
    if isinstance(value, dict):
        return {key: without(inner, *keys) for key, inner in value.items() if key not in keys}
    if isinstance(value, list):
        return [without(inner, *keys) for inner in value]
    return value


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1:] or SCENARIOS))
