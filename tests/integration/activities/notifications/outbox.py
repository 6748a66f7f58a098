"""The deliveries of one webhook, made and attempted by the steps."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from temporalio.testing import ActivityEnvironment

from activities.webhooks import WebhookActivities
from domain.messages.webhooks import AttemptMade, DeliverDue, EventsDelivered
from integrations.http.outbound import outbound_client
from integrations.webhooks.payloads import public_id
from integrations.webhooks.requests import WebhookRequests
from storage.bookings.time_slots import NOW
from storage.database import Database
from storage.notifications.event_log import publish
from storage.notifications.webhooks import add_webhook
from storage.tables.booking import BookingEventRow
from storage.tables.notifications import WebhookAttemptRow, WebhookDeliveryRow, WebhookRow

START: Final = datetime(2030, 1, 7, 9, tzinfo=UTC)
SECRET: Final = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
BOOKING: Final = UUID(int=7)


class Outbox:
    """A webhook with events of one booking, and the step that delivers them."""

    def __init__(self, database: Database, webhook_id: UUID, steps: WebhookActivities) -> None:
        self.database = database
        self.webhook_id = webhook_id
        self.steps = steps

    async def tell(self, *kinds: str, booking: UUID = BOOKING) -> list[str]:
        """Publish these events of one booking. Answers their public ids."""
        async with self.database.transaction() as session:
            ids = await _written(session, kinds, booking)
            await publish(session)
        return ids

    async def write(self, *kinds: str) -> None:
        """Write these events of one booking, for the relay to publish."""
        async with self.database.transaction() as session:
            await _written(session, kinds, BOOKING)

    async def deliver(self, client_id: str = "client") -> EventsDelivered:
        """One round."""
        outcome: EventsDelivered = await ActivityEnvironment().run(
            self.steps.deliver_events, DeliverDue(client_id=client_id)
        )
        return outcome

    async def attempt(self, client_id: str = "client") -> AttemptMade:
        """A round in which one attempt is made."""
        (attempt,) = (await self.deliver(client_id)).attempts
        return attempt

    async def be_due(self) -> None:
        """Let the time come at which the next attempt is made."""
        await self.change(WebhookDeliveryRow, next_attempt_at=None)
        async with self.database.transaction() as session:
            is_paused = col(WebhookRow.paused_until).is_not(None)
            await session.execute(sa.update(WebhookRow).where(is_paused).values(paused_until=NOW))

    async def wait(self) -> timedelta:
        """How long the delivery waits that was attempted last: between the attempt and the next one."""
        attempt = (await self.attempts())[-1]
        due = next(each.next_attempt_at for each in await self.stored() if each.id == attempt.delivery_id)
        assert due is not None
        return due - attempt.at

    async def change(self, table: type[Any], **values: object) -> None:
        async with self.database.transaction() as session:
            await session.execute(sa.update(table).values(**values))

    async def stored(self) -> Sequence[WebhookDeliveryRow]:
        async with self.database.transaction() as session:
            query = sa.select(WebhookDeliveryRow).order_by(col(WebhookDeliveryRow.position))
            return (await session.scalars(query)).all()

    async def attempts(self) -> Sequence[WebhookAttemptRow]:
        async with self.database.transaction() as session:
            return (await session.scalars(sa.select(WebhookAttemptRow).order_by(col(WebhookAttemptRow.number)))).all()


@asynccontextmanager
async def outbox_of(
    database: Database, url: str, *, private_too: bool = True, patience: float = 5
) -> AsyncIterator[Outbox]:
    values = {"id": uuid4(), "client_id": "client", "url": url, "secret": SECRET}
    async with database.transaction() as session:
        webhook = await add_webhook(session, {**values, "event_types": [], "every_client": False})
    async with outbound_client(private_too=private_too) as outside:
        yield Outbox(database, webhook.id, WebhookActivities(database, WebhookRequests(outside, patience)))


async def _written(session: AsyncSession, kinds: Sequence[str], booking: UUID) -> list[str]:
    rows = [
        {
            "at": START,
            "kind": kind,
            "client_id": "client",
            "reservation_token": "order-1",
            "time_slot_id": BOOKING,
            "booking_key": booking,
            "facts": {"employeeId": str(BOOKING), "start": START.isoformat(), "cause": "because"},
        }
        for kind in kinds
    ]
    told = sa.insert(BookingEventRow).returning(BookingEventRow, sort_by_parameter_order=True)
    return [public_id(each) for each in await session.scalars(told, rows)]
