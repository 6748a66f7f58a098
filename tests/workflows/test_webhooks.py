"""The runs that publish and deliver: in order, with retries over days, and without losing a wake-up."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from activities.signatures import RelaySteps, WebhookSteps
from activities.webhook_messages import (
    DeliverEvent,
    DeliverEvents,
    Ended,
    EventDelivered,
    EventsRelayed,
    RelayEvents,
)
from activities.webhook_requests import Answer
from activities.webhooks import BACK_OFF, what_follows
from bookme.engine import data_converter
from bookme.settings import Settings
from bookme.stack.processes import until
from tests.workflows.sandbox import SANDBOX
from workflows.names import WAKE, delivery_workflow_id
from workflows.relay import RelayWorkflow
from workflows.webhooks import WebhookDeliveryWorkflow

REPLAY: Final = Path(__file__).parents[1] / "replay"
WEBHOOK: Final = UUID(int=1)
BOOKING: Final = UUID(int=2)
NO: Final = Answer(12, status=500, text="")
YES: Final = Answer(12, status=204, text="")

Run = WorkflowHandle[WebhookDeliveryWorkflow, DeliverEvents]


class FakeReceiver(WebhookSteps, RelaySteps):
    """Events that are pending, and how often the receiver refuses each. Keeps back-off as the real step does."""

    def __init__(self, environment: WorkflowEnvironment) -> None:
        self.pending: list[str] = []
        self.refusals: dict[str, int] = {}
        self.tries: list[tuple[str, datetime]] = []
        self.given_up: list[str] = []
        self.looks = 0
        self.relayed = 0
        self._environment = environment
        self._retries = 0
        self._due: datetime | None = None
        self.before_answer: asyncio.Event | None = None
        self.is_asked = asyncio.Event()

    @activity.defn
    async def deliver_event(self, step: DeliverEvent) -> EventDelivered:
        assert step == DeliverEvent(webhook_id=WEBHOOK, booking_key=BOOKING)
        self.looks += 1
        outcome = await self._next()
        self.is_asked.set()
        if self.before_answer:
            await self.before_answer.wait()
        return outcome

    async def _next(self) -> EventDelivered:
        if not self.pending:
            return EventDelivered(ended=Ended.NOTHING_PENDING)
        now = await self._environment.get_current_time()
        if self._due and self._due > now:
            return EventDelivered(ended=Ended.TO_BE_RETRIED, kind=self.pending[0], retry_after=self._due - now)
        return self._try(self.pending[0], now)

    def _try(self, event: str, now: datetime) -> EventDelivered:
        self.tries.append((event, now))
        answer = NO if self.refusals.get(event, 0) >= sum(each == event for each, _ in self.tries) else YES
        ended, retry_after = what_follows(answer, self._retries)
        self._retries, self._due = (self._retries + 1, now + retry_after) if retry_after else (0, None)
        if ended is not Ended.TO_BE_RETRIED:
            self.pending.pop(0)
        if ended is Ended.FAILED:
            self.given_up.append(event)
        return EventDelivered(
            ended=ended, event_id=event, kind=event, attempts=1, answer=answer.in_words, retry_after=retry_after
        )

    @activity.defn
    async def relay_events(self, step: RelayEvents) -> EventsRelayed:
        assert step.longest == timedelta(minutes=10)
        self.relayed += 1
        return EventsRelayed(published=3, handed_over=2)

    async def until(self, condition: Callable[[], bool]) -> None:
        async def is_so() -> bool:
            return condition()

        await until(is_so, 20)

    @property
    def order(self) -> list[str]:
        return [event for event, _ in self.tries]

    @property
    def waits(self) -> list[float]:
        """Seconds between the tries."""
        return [(later - earlier).total_seconds() for (_, earlier), (_, later) in itertools.pairwise(self.tries)]


@pytest.fixture
def fake(skipping: WorkflowEnvironment) -> FakeReceiver:
    return FakeReceiver(skipping)


@asynccontextmanager
async def working(client: Client, fake: FakeReceiver) -> AsyncIterator[str]:
    """The task queue of a worker with these steps."""
    name = f"test-{uuid4()}"
    async with Worker(
        client,
        task_queue=name,
        workflows=[WebhookDeliveryWorkflow, RelayWorkflow],
        activities=[fake.deliver_event, fake.relay_events],
        workflow_runner=SANDBOX,
        graceful_shutdown_timeout=timedelta(0),
    ):
        yield name


@pytest.fixture
async def task_queue(skipping: WorkflowEnvironment, fake: FakeReceiver) -> AsyncIterator[str]:
    async with working(skipping.client, fake) as name:
        yield name


async def wake(client: Client, task_queue: str) -> Run:
    """As the relay does."""
    return await client.start_workflow(
        WebhookDeliveryWorkflow.run,
        DeliverEvents(webhook_id=WEBHOOK, booking_key=BOOKING),
        id=delivery_workflow_id(WEBHOOK, BOOKING),
        task_queue=task_queue,
        start_signal=WAKE,
    )


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
        assert (fake.order, fake.looks) == (["late"], 3)

    async def test_wake_ups_at_any_moment_are_never_lost(self, temporal: WorkflowEnvironment) -> None:
        """On a real server, as runs end and begin: some come as the run has decided to end."""
        fake, events = FakeReceiver(temporal), [str(number) for number in range(100)]
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
