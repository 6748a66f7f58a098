"""The right of a webhook to the events of every client: it ends unless its client goes on to show the scope for it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.booking_tables import BookingEventRow
from storage.notification_tables import WebhookRow
from storage.time_slots import NOW

LEFT = sa.cast(col(WebhookRow.every_client_until) - NOW, sa.Interval)
SEES_EVERY_CLIENT = sa.and_(col(WebhookRow.every_client), col(WebhookRow.every_client_until) > NOW)


def may_see(webhook: WebhookRow, event: BookingEventRow, now: datetime) -> bool:
    """Return whether the webhook may be sent this event at `now`, by the database's clock."""
    until = webhook.every_client_until
    return webhook.client_id == event.client_id or (webhook.every_client and until is not None and until > now)


async def time_left(session: AsyncSession) -> Mapping[str, timedelta]:
    """Return how long the right still lasts of each client that has such a webhook."""
    query = sa.select(col(WebhookRow.client_id), sa.func.max(LEFT)).where(
        col(WebhookRow.every_client), col(WebhookRow.every_client_until).is_not(None)
    )
    found = await session.execute(query.group_by(col(WebhookRow.client_id)))
    return {row[0]: row[1] for row in found}


async def renew(session: AsyncSession, client_id: str, lasts: timedelta) -> None:
    """Have the right of this client's webhooks last so long from now."""
    await _set(session, client_id, NOW + lasts)


async def end(session: AsyncSession, client_id: str) -> None:
    """End the right of this client's webhooks now."""
    await _set(session, client_id, NOW)


async def _set(session: AsyncSession, client_id: str, until: sa.ColumnElement[datetime]) -> None:
    change = sa.update(WebhookRow).where(col(WebhookRow.client_id) == client_id, col(WebhookRow.every_client))
    await session.execute(change.values(every_client_until=until), execution_options={"synchronize_session": False})
