"""Right of a webhook to the events of every client.

The right expires unless its client continues to present the scope for it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.bookings.time_slots import NOW
from storage.tables.booking import BookingEventRow
from storage.tables.notifications import WebhookRow

LEFT = sa.cast(col(WebhookRow.every_client_until) - NOW, sa.Interval)
SEES_EVERY_CLIENT = sa.and_(col(WebhookRow.every_client), col(WebhookRow.every_client_until) > NOW)


def may_see(webhook: WebhookRow, event: BookingEventRow, now: datetime) -> bool:
    """Return whether the webhook may receive this event. `now` is the time by the database's clock."""
    until = webhook.every_client_until
    return webhook.client_id == event.client_id or (webhook.every_client and until is not None and until > now)


async def time_left(session: AsyncSession) -> Mapping[str, timedelta]:
    """Return the longest remaining time of the right, for each client with such a webhook.

    The time is zero or negative if the right has expired.
    """
    query = sa.select(col(WebhookRow.client_id), sa.func.max(LEFT)).where(
        col(WebhookRow.every_client), col(WebhookRow.every_client_until).is_not(None)
    )
    found = await session.execute(query.group_by(col(WebhookRow.client_id)))
    return {row[0]: row[1] for row in found}


async def renew(session: AsyncSession, client_id: str, lasts: timedelta) -> None:
    """Let this client's webhooks receive the events of every client until `lasts` from now."""
    await _set_end_of_right(session, client_id, NOW + lasts)


async def end(session: AsyncSession, client_id: str) -> None:
    """End the right of this client's webhooks to the events of every client now."""
    await _set_end_of_right(session, client_id, NOW)


async def _set_end_of_right(session: AsyncSession, client_id: str, until: sa.ColumnElement[datetime]) -> None:
    change = sa.update(WebhookRow).where(col(WebhookRow.client_id) == client_id, col(WebhookRow.every_client))
    await session.execute(change.values(every_client_until=until), execution_options={"synchronize_session": False})
