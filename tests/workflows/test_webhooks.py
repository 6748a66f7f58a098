"""The runs that publish and deliver: in order, with retries over days, and without losing a wake-up."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from activities.webhooks import BACK_OFF
from config.settings import Settings
from config.temporal import data_converter
from domain.messages.webhooks import RelayEvents
from tests.support.effort import repetitions
from tests.workflows.support.fake_receiver import FakeReceiver, wake, working
from tests.workflows.support.sandbox import SANDBOX
from workflows.notifications.relay import RelayWorkflow
from workflows.notifications.webhooks import WebhookDeliveryWorkflow

REPLAY: Final = Path(__file__).parents[1] / "replay"


@pytest.fixture
def fake(skipping: WorkflowEnvironment) -> FakeReceiver:
    return FakeReceiver(skipping)


@pytest.fixture
async def task_queue(skipping: WorkflowEnvironment, fake: FakeReceiver) -> AsyncIterator[str]:
    async with working(skipping.client, fake) as name:
        yield name


class TestDelivering:
    async def test_goes_in_order_until_nothing_is_pending(
        self, skipping: WorkflowEnvironment, fake: FakeReceiver, task_queue: str
    ) -> None:
        fake.pending = ["a", "b", "c"]
        done = await (await wake(skipping.client, task_queue)).result()
        assert (done.delivered, done.failed, fake.order) == (3, 0, ["a", "b", "c"])

    async def test_the_next_ones_wait_for_one_that_fails(
        self, skipping: WorkflowEnvironment, fake: FakeReceiver, task_queue: str
    ) -> None:
        fake.pending, fake.refusals = ["a", "b"], {"a": 4}
        await (await wake(skipping.client, task_queue)).result()
        assert fake.order == ["a"] * 5 + ["b"]
        wanted = [each.total_seconds() for each in BACK_OFF[:4]]
        assert fake.waits[:4] == [pytest.approx(each, abs=2) for each in wanted]

    async def test_one_is_given_up_after_three_days_and_the_next_goes_out(
        self, skipping: WorkflowEnvironment, fake: FakeReceiver, task_queue: str
    ) -> None:
        fake.pending, fake.refusals = ["a", "b"], {"a": 1_000}
        done = await (await wake(skipping.client, task_queue)).result()
        assert (done.delivered, done.failed, fake.given_up) == (1, 1, ["a"])
        assert fake.order == ["a"] * (len(BACK_OFF) + 1) + ["b"]
        assert timedelta(days=2, hours=22) < fake.tries[-1][1] - fake.tries[0][1] < timedelta(days=3)

    async def test_a_wake_up_ends_no_back_off_that_the_step_insists_on(
        self, skipping: WorkflowEnvironment, fake: FakeReceiver, task_queue: str
    ) -> None:
        fake.pending, fake.refusals = ["a"], {"a": 1}
        with skipping.auto_time_skipping_disabled():
            run = await wake(skipping.client, task_queue)
            await fake.is_asked.wait()
            fake.pending.append("b")
            looks = fake.looks
            await wake(skipping.client, task_queue)
            await fake.until(lambda: fake.looks > looks)
            assert fake.order == ["a"]
        await run.result()
        assert fake.order == ["a", "a", "b"]

    async def test_a_wake_up_ends_the_wait_for_what_is_due_now(
        self, skipping: WorkflowEnvironment, fake: FakeReceiver, task_queue: str
    ) -> None:
        fake.pending, fake.refusals = ["a"], {"a": 1}
        with skipping.auto_time_skipping_disabled():
            run = await wake(skipping.client, task_queue)
            await fake.is_asked.wait()
            fake._due = None
            await wake(skipping.client, task_queue)
            assert (await run.result()).delivered == 1
        assert fake.order == ["a", "a"]

    async def test_a_wake_up_while_it_finds_nothing_is_not_lost(
        self, skipping: WorkflowEnvironment, fake: FakeReceiver, task_queue: str
    ) -> None:
        fake.before_answer = asyncio.Event()
        with skipping.auto_time_skipping_disabled():
            run = await wake(skipping.client, task_queue)
            await fake.is_asked.wait()
            fake.pending.append("late")
            await wake(skipping.client, task_queue)
            fake.before_answer.set()
            assert (await run.result()).delivered == 1
        assert (fake.order, fake.looks) == (["late"], 2)

    async def test_no_history_grows_without_end(
        self, skipping: WorkflowEnvironment, fake: FakeReceiver, task_queue: str
    ) -> None:
        """After some rounds a run goes on as the next one, which counts on."""
        fake.pending = [str(number) for number in range(7)]
        run = await wake(skipping.client, task_queue, rounds=3)
        assert (await run.result()).delivered == 7
        first = skipping.client.get_workflow_handle(run.id, run_id=run.result_run_id)
        kinds = [event.event_type async for event in first.fetch_history_events()]
        assert kinds.count(EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED) == 3
        assert kinds[-1] is EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW

    async def test_wake_ups_at_any_moment_are_never_lost(self, temporal: WorkflowEnvironment) -> None:
        """On a real server, as runs end and begin: some come as the run has decided to end."""
        fake, events = FakeReceiver(temporal), [str(number) for number in range(repetitions(40))]
        async with working(temporal.client, fake) as task_queue:
            for number, event in enumerate(events):
                fake.pending.append(event)
                run = await wake(temporal.client, task_queue)
                if number % 3 == 0:
                    await fake.until(lambda: not fake.pending)
            await run.result()
        assert fake.order == events


async def test_the_relay_goes_on_in_run_after_run(
    skipping: WorkflowEnvironment, fake: FakeReceiver, task_queue: str
) -> None:
    run = await skipping.client.start_workflow(
        RelayWorkflow.run, RelayEvents(rounds=2), id=f"relay-{uuid4()}", task_queue=task_queue
    )
    await fake.until(lambda: fake.relayed > 4)
    await skipping.client.get_workflow_handle(run.id).terminate("the test is over")


@pytest.mark.parametrize(
    ("name", "workflow"),
    [("delivered_to_a_webhook", WebhookDeliveryWorkflow), ("relayed_events", RelayWorkflow)],
)
async def test_a_stored_run_can_be_replayed(name: str, workflow: type) -> None:
    history = WorkflowHistory.from_json(name, (REPLAY / f"{name}.json").read_text())
    replayer = Replayer(workflows=[workflow], workflow_runner=SANDBOX, data_converter=data_converter(Settings()))
    await replayer.replay_workflow(history)
