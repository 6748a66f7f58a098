"""Where steps are taken as a worker takes them: its own activities, over a wire to which something may happen."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import httpx
import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy import make_url
from sqlalchemy.pool import AsyncAdaptedQueuePool
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.booking import BookingActivities
from activities.calendars import CalendarActivities, Calendars
from activities.events import RelayActivities
from activities.retention import RetentionActivities
from activities.webhooks import WebhookActivities
from config.settings import Settings
from devstack.postgres import EmbeddedPostgres
from domain.errors import BookMeError
from domain.messages.retention import OldRows
from integrations.calendars.feeds import Feeds
from integrations.http.outbound import outbound_client
from integrations.webhooks.requests import WebhookRequests
from services.booking.reservations import BookingLimits
from storage.database import Database
from tests.integration.activities.booking_fixture import BookingFixture
from tests.model_based.steps.rows import Rows
from tests.model_based.steps.wire import Wire
from tests.support.feed_server import FeedServer, feed_server
from tests.support.mail_server import LOOPBACK, MailServer, mail_server
from tests.support.webhook_receiver import WebhookReceiver, webhook_receiver
from workers.main import Activity, activities_of, booking_steps

MOST_HOLDS: Final = 50

Answer = object
"""What a step told, without what no two tries have in common."""

TOLD_OF_THE_CLOCK: Final = frozenset(
    {"kept_for", "kept_until", "date_created", "date_modified", "cancelled_at", "retry_after"}
)


@dataclass
class Outside:
    """Everything that steps speak to besides the database, and what each of them has been told."""

    mails: MailServer
    feed: FeedServer
    receiver: WebhookReceiver
    woken: list[str] = field(default_factory=list)

    async def wake(self, client_id: str) -> None:
        self.woken.append(client_id)

    def be_as_usual(self) -> None:
        self.feed.status, self.receiver.status = "200 OK", "204 No Content"
        self.forget()

    def forget(self) -> None:
        self.mails.taken.clear()
        self.receiver.received.clear()
        self.woken.clear()

    @property
    def told(self) -> list[str]:
        """Each thing that was told, by the name by which whoever is told knows it again."""
        mails = [f"mail {each.id} to {each.recipient}" for each in self.mails.taken]
        events = [f"event {each.id}" for each in self.receiver.received]
        return sorted([*mails, *events, *(f"wake {client}" for client in self.woken)])


@dataclass
class Scene:
    """`near` is over the wire and has one connection; `far` is not, and stands for another worker."""

    bookings: BookingFixture
    rows: Rows
    wire: Wire
    outside: Outside
    database: Database
    near: Mapping[str, Activity]
    far: Mapping[str, Activity]

    async def take(self, name: str, step: BaseModel, *, by: Mapping[str, Activity] | None = None) -> Answer:
        """As a worker does: a refusal is an answer, everything else that is raised is a failure."""
        try:
            return lasting(await ActivityEnvironment().run((by or self.near)[name], step))
        except BookMeError as refused:
            return refused.reason

    async def be_connected(self) -> None:
        """A connection that was lost is replaced by one that works."""
        async with self.database.transaction() as session:
            await session.execute(sa.text("SELECT 1"))

    def nothing_is_left_open(self) -> bool:
        pool = self.database.engine.pool
        assert isinstance(pool, AsyncAdaptedQueuePool)
        return pool.checkedout() == 0

    async def begin_anew(self) -> None:
        """As it was before the first try; whatever that one has left behind is over."""
        await self.rows.put_back()
        self.outside.forget()
        await self.be_connected()


def lasting(answer: Any) -> Answer:  # noqa: ANN401 - of any activity
    """The answer without how the clock stood."""
    return _without_the_clock(answer.model_dump(mode="json")) if isinstance(answer, BaseModel) else answer


def _without_the_clock(value: Any) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(value, dict):
        return value
    return {
        name: each is not None if name in TOLD_OF_THE_CLOCK else _without_the_clock(each)
        for name, each in value.items()
    }


@asynccontextmanager
async def scene_of(
    settings: Settings, postgres: EmbeddedPostgres, far: Database, client: Client
) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        wire = await stack.enter_async_context(Wire.to(postgres.port))
        outside = await stack.enter_async_context(outside_world())
        near = Database(over(wire, postgres.running_url), pool_size=1)
        stack.push_async_callback(near.close)
        requests = await stack.enter_async_context(outbound_client(private_too=True))
        rows = await stack.enter_async_context(Rows.of(postgres.url))
        workers = [worker_of(settings, client, each, outside, requests) for each in (near, far)]
        terms = BookingLimits(settings.reservation_ttl, settings.booked_ttl, MOST_HOLDS)
        yield Scene(BookingFixture(far, BookingActivities(far, terms)), rows, wire, outside, near, *workers)


@asynccontextmanager
async def outside_world() -> AsyncIterator[Outside]:
    async with mail_server() as mails, feed_server() as feed, webhook_receiver() as receiver:
        yield Outside(mails, feed, receiver)


def worker_of(
    settings: Settings, client: Client, database: Database, outside: Outside, requests: httpx.AsyncClient
) -> dict[str, Activity]:
    """All that a worker registers, by name: the same objects, made of the same settings."""
    everything = (
        *booking_steps(with_mails(settings, outside.mails), client, database),
        CalendarActivities(database, Calendars(database, Feeds(requests, settings.max_calendar_bytes))),
        RelayActivities(database, outside.wake),
        RetentionActivities(database, dict.fromkeys(OldRows, timedelta(days=1))),
        WebhookActivities(database, WebhookRequests(requests)),
    )
    return {each.__name__: each for steps in everything for each in activities_of(steps)}


def with_mails(settings: Settings, server: MailServer) -> Settings:
    mails = {"smtp_host": LOOPBACK, "smtp_port": server.port, "smtp_security": "none"}
    return settings.model_copy(update={**mails, "max_holds": MOST_HOLDS})


def over(wire: Wire, url: str) -> str:
    return make_url(url).set(port=wire.port).render_as_string(hide_password=False)
