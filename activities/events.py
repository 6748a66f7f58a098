"""Publishes events, and hands due deliveries over to the workflow runs that send them."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from temporalio import activity

from activities.heartbeats import heartbeats
from activities.signatures import RelaySteps
from activities.step_metrics import count
from domain.messages.webhooks import EventsRelayed, RelayEvents
from storage.bookings.lapsed_holds import PAGE, remove_lapsed_holds
from storage.database import Database
from storage.notifications.deliveries import list_not_handed_over, mark_overlooked, note_handed_over
from storage.notifications.event_log import MOST_AT_ONCE, publish
from storage.notifications.relay_work import find_relay_work
from storage.tables.notifications import WebhookDeliveryRow

PAUSE: Final = 0.5
"""Seconds between two looks when there is nothing to do."""

BREATH: Final = 0.1
"""Seconds between two looks while events arrive. Without a pause, each event would cost several transactions."""

SEARCH_INTERVAL: Final = 15.0
"""Seconds between two queries for deliveries whose run is gone."""

BATCH: Final = 200
"""Maximum number of deliveries that are handed over at a time."""

AT_ONCE: Final = 20
"""Maximum number of runs that are woken at the same time."""

HandOver = Callable[[str], Awaitable[None]]
"""Wakes the workflow run that delivers to the webhooks of this client, or starts the run if there is none."""


class RelayActivities(RelaySteps):
    """Activity of the event relay that the worker registers. The activity also ends when its worker shuts down."""

    def __init__(self, database: Database, hand_over: HandOver) -> None:
        self._database = database
        self._hand_over = hand_over

    @activity.defn
    async def relay_events(self, step: RelayEvents) -> EventsRelayed:
        ends = time.monotonic() + step.longest.total_seconds()
        done = EventsRelayed()
        async with heartbeats():
            looked_at = -math.inf
            while True:
                if time.monotonic() >= looked_at + SEARCH_INTERVAL:
                    looked_at = time.monotonic()
                    await self._mark_overlooked()
                more = await self.relay()
                done = done.plus(more)
                _count(more)
                if await _is_to_stop(_pause_after(more)) or time.monotonic() >= ends:
                    return done

    async def relay(self) -> EventsRelayed:
        """Remove expired holds, publish events, and hand deliveries over to their runs: a batch of each."""
        async with self._database.autocommit() as session:
            work = await find_relay_work(session)
        expired = await self._remove_lapsed_holds() if work.has_lapsed_holds else 0
        published = await self._publish() if work.has_unpublished_events or expired else 0
        handed_over = await self._hand_over_deliveries() if work.has_waiting_deliveries or published else 0
        return EventsRelayed(published=published, handed_over=handed_over, expired=expired)

    async def _remove_lapsed_holds(self) -> int:
        async with self._database.transaction() as session:
            return await remove_lapsed_holds(session)

    async def _publish(self) -> int:
        async with self._database.transaction() as session:
            return await publish(session)

    async def _hand_over_deliveries(self) -> int:
        async with self._database.autocommit() as session:
            waiting = await list_not_handed_over(session, BATCH)
        if waiting:
            await self._wake_runs(waiting)
        return len(waiting)

    async def _wake_runs(self, waiting: Sequence[tuple[WebhookDeliveryRow, str]]) -> None:
        """Wake the runs, and then record the handover. If the worker dies in between, the runs are woken again."""
        places = asyncio.Semaphore(AT_ONCE)

        async def wake(client_id: str) -> None:
            async with places:
                await self._hand_over(client_id)

        await asyncio.gather(*map(wake, {client_id for _, client_id in waiting}))
        async with self._database.transaction() as session:
            await note_handed_over(session, [delivery for delivery, _ in waiting])

    async def _mark_overlooked(self) -> None:
        async with self._database.transaction() as session:
            await mark_overlooked(session)


def _pause_after(more: EventsRelayed) -> float:
    """Return the seconds to pause: none after a full batch, because there is probably more."""
    if more == EventsRelayed():
        return PAUSE
    is_full = more.published >= MOST_AT_ONCE or more.handed_over >= BATCH or more.expired >= PAGE
    return 0 if is_full else BREATH


def _count(more: EventsRelayed) -> None:
    count("bookme_published_events_total", "Events that the relay has published.", more.published)
    count("bookme_lapsed_holds_total", "Overdue holds that the relay has ended, because no run did.", more.expired)


async def _is_to_stop(within: float) -> bool:
    """Return whether the worker is shutting down, or begins to shut down within this many seconds."""
    if activity.is_worker_shutdown():
        return True
    try:
        await asyncio.wait_for(activity.wait_for_worker_shutdown(), within)
    except TimeoutError:
        return False
    return True
