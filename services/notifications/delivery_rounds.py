"""One round of deliveries to the webhooks of one client, with limits on concurrent requests."""

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from temporalio import activity

from domain.messages.webhooks import AttemptMade, DeliverDue, Ended, EventsDelivered
from storage.database import Database
from storage.notifications.deliveries import Due, Times, UnderWay, list_due, read_times, time_until_next_due
from storage.notifications.webhook_pauses import fail_overdue_deliveries

QUERY_INTERVAL: Final = 1.0
"""Seconds between two queries for more due deliveries, while requests are in progress."""

MIN_WAIT: Final = timedelta(seconds=1)
"""Minimum wait between two rounds while deliveries are pending."""

MAX_SHOWN_ATTEMPTS: Final = 20
"""Maximum number of attempts that the result of a round lists: the last ones."""

Attempt = Callable[[Due, Times], Awaitable[AttemptMade]]
"""Sends one event once, and records the outcome."""


@dataclass(frozen=True, slots=True)
class DeliveryLimits:
    """Maximum numbers of concurrent requests: to all webhooks of a client, and to one webhook."""

    per_client: int = 10
    per_webhook: int = 5


class DeliveryRound:
    """Attempts due deliveries until none is left, or until the time of the round is over.

    A round is one activity. All webhooks of a client together occupy only one of the worker's activity slots. A client
    has one round at a time, so the round itself knows all deliveries in progress. If a worker was paused and another
    worker has begun the round again, both may send an event. The outcome of this event is recorded once.
    """

    def __init__(self, database: Database, attempt: Attempt, limits: DeliveryLimits, step: DeliverDue) -> None:
        self._database = database
        self._attempt = attempt
        self._limits = limits
        self._client_id = step.client_id
        self._ends = time.monotonic() + step.longest.total_seconds()
        self._under_way: dict[asyncio.Future[AttemptMade], Due] = {}
        self._count: Counter[Ended] = Counter()
        self._last: deque[AttemptMade] = deque(maxlen=MAX_SHOWN_ATTEMPTS)

    async def run(self) -> EventsDelivered:
        async with self._database.transaction() as session:
            self._count[Ended.FAILED] += await fail_overdue_deliveries(session, self._client_id)
        async with self._cancelling_attempts():
            await self._start_due()
            while self._under_way:
                await self._wait()
                await self._start_due()
        async with self._database.transaction() as session:
            wait = await time_until_next_due(session, self._client_id)
        return EventsDelivered(
            delivered=self._count[Ended.DELIVERED],
            failed=self._count[Ended.FAILED],
            attempts=tuple(self._last),
            retry_after=None if wait is None else max(wait, MIN_WAIT),
        )

    @contextlib.asynccontextmanager
    async def _cancelling_attempts(self) -> AsyncIterator[None]:
        """Cancel the attempts in progress if the round fails, for example because an outcome cannot be recorded."""
        try:
            yield
        finally:
            for each in self._under_way:
                each.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _start_due(self) -> None:
        """Start due attempts within the limits, but none after the round's time is over or at worker shutdown."""
        free = self._limits.per_client - len(self._under_way)
        if free <= 0 or time.monotonic() >= self._ends or activity.is_worker_shutdown():
            return
        each = Counter(due.webhook.id for due in self._under_way.values())
        full = [webhook for webhook, count in each.items() if count >= self._limits.per_webhook]
        under_way = UnderWay([due.delivery.id for due in self._under_way.values()], full)
        async with self._database.transaction() as session:
            found = await list_due(session, self._client_id, under_way, of_each=self._limits.per_webhook, limit=free)
            times = await read_times(session)
        for due in found:
            if each[due.webhook.id] < self._limit_of(due):
                each[due.webhook.id] += 1
                self._under_way[asyncio.ensure_future(self._attempt(due, times))] = due

    def _limit_of(self, due: Due) -> int:
        """Return the request limit of the webhook. A paused webhook is probed by one request at a time."""
        return 1 if due.webhook.paused_until else self._limits.per_webhook

    async def _wait(self) -> None:
        """Wait until an attempt has ended, or until it is time for the next query."""
        done, _ = await asyncio.wait(self._under_way, timeout=QUERY_INTERVAL, return_when=asyncio.FIRST_COMPLETED)
        for each in done:
            del self._under_way[each]
            attempt = each.result()
            self._count[attempt.ended] += 1
            self._last.append(attempt)
