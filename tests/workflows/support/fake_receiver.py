"""A worker whose steps deliver to a receiver that does not exist, for tests of the runs that publish and deliver."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.signatures import RelaySteps, WebhookSteps
from activities.webhooks import next_attempt_after
from devstack.processes import until
from domain.messages.webhooks import (
    AttemptMade,
    DeliverDue,
    DeliverEvents,
    Ended,
    EventsDelivered,
    EventsRelayed,
    RelayEvents,
)
from integrations.webhooks.requests import Answer
from tests.workflows.support.sandbox import SANDBOX
from workflows.common.runs import WAKE, delivery_workflow_id
from workflows.notifications.relay import RelayWorkflow
from workflows.notifications.webhooks import WebhookDeliveryWorkflow

CLIENT: Final = "client"
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
    async def deliver_events(self, step: DeliverDue) -> EventsDelivered:
        """One attempt a round. The events are of one booking: each waits for the one before it."""
        assert step == DeliverDue(client_id=CLIENT)
        self.looks += 1
        outcome = await self._next()
        self.is_asked.set()
        if self.before_answer:
            await self.before_answer.wait()
        return outcome

    async def _next(self) -> EventsDelivered:
        if not self.pending:
            return EventsDelivered()
        now = await self._environment.get_current_time()
        if self._due and self._due > now:
            return EventsDelivered(retry_after=self._due - now)
        return self._try(self.pending[0], now)

    def _try(self, event: str, now: datetime) -> EventsDelivered:
        self.tries.append((event, now))
        answer = NO if self.refusals.get(event, 0) >= sum(each == event for each, _ in self.tries) else YES
        ended, retry_after = next_attempt_after(answer, self._retries)
        self._retries, self._due = (self._retries + 1, now + retry_after) if retry_after else (0, None)
        if ended is not Ended.TO_BE_RETRIED:
            self.pending.pop(0)
        if ended is Ended.FAILED:
            self.given_up.append(event)
        attempt = AttemptMade(ended=ended, event_id=event, kind=event, number=1, answer=answer.in_words)
        return EventsDelivered(
            delivered=ended is Ended.DELIVERED,
            failed=ended is Ended.FAILED,
            attempts=(attempt,),
            retry_after=(retry_after or timedelta(milliseconds=1)) if self.pending else None,
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


@asynccontextmanager
async def working(client: Client, fake: FakeReceiver) -> AsyncIterator[str]:
    """The task queue of a worker with these steps."""
    name = f"test-{uuid4()}"
    async with Worker(
        client,
        task_queue=name,
        workflows=[WebhookDeliveryWorkflow, RelayWorkflow],
        activities=[fake.deliver_events, fake.relay_events],
        workflow_runner=SANDBOX,
        graceful_shutdown_timeout=timedelta(0),
    ):
        yield name


async def wake(client: Client, task_queue: str, rounds: int = 100) -> Run:
    """As the relay does."""
    return await client.start_workflow(
        WebhookDeliveryWorkflow.run,
        DeliverEvents(client_id=CLIENT, rounds=rounds),
        id=delivery_workflow_id(CLIENT),
        task_queue=task_queue,
        start_signal=WAKE,
    )
