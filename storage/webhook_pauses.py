"""Pauses of webhooks: after several failed attempts in a row, one attempt at a time probes the receiver."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.notification_tables import WebhookDeliveryRow, WebhookRow
from storage.statements import AS_STORED
from storage.time_slots import NOW
from storage.webhooks import IS_PENDING, DeliveryStatus

PAUSED_AFTER: Final = 5
"""Failed attempts in a row, of all deliveries of a webhook together."""

FIRST_PAUSE: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(minutes=5)
"""Each failed probe doubles the pause, up to this."""

GIVEN_UP_AFTER: Final = timedelta(days=3)
"""How long a delivery waits for a webhook that fails all the time."""

MOST_DOUBLINGS: Final = 10
"""Far more than lead to `LONGEST_PAUSE`; the power of two stays small."""

NOT_FAILING: Final = {"failures": 0, "failing_since": None, "paused_until": None}
"""The columns of a webhook whose receiver takes what it is sent, or that points elsewhere now."""


async def note_success(session: AsyncSession, webhook_id: UUID) -> None:
    """End the pause, if there is one."""
    has_failed = sa.and_(col(WebhookRow.id) == webhook_id, col(WebhookRow.failures) > 0)
    await session.execute(sa.update(WebhookRow).where(has_failed).values(**NOT_FAILING))


async def note_failure(session: AsyncSession, webhook_id: UUID) -> None:
    """Count a failed attempt, and begin the next pause if there were enough in a row.

    An attempt that ends while the webhook is paused is not counted: it began before the pause.
    """
    failures = col(WebhookRow.failures) + 1
    doublings = sa.func.least(failures - PAUSED_AFTER, MOST_DOUBLINGS)
    seconds = sa.func.least(FIRST_PAUSE.total_seconds() * sa.func.power(2, doublings), LONGEST_PAUSE.total_seconds())
    pause = sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds, type_=sa.Interval)
    is_paused = sa.func.coalesce(col(WebhookRow.paused_until) > NOW, sa.false())
    await session.execute(
        sa.update(WebhookRow)
        .where(col(WebhookRow.id) == webhook_id, ~is_paused)
        .values(
            failures=failures,
            failing_since=sa.func.coalesce(col(WebhookRow.failing_since), NOW),
            paused_until=sa.case((failures >= PAUSED_AFTER, NOW + pause), else_=None),
        )
    )


async def give_up_waiting(session: AsyncSession, client_id: str) -> int:
    """Mark as failed what has waited for three days for a webhook that has failed all the time since.

    Returns:
        How many deliveries these are.

    """
    long_ago = NOW - GIVEN_UP_AFTER
    asked_at = sa.func.coalesce(col(WebhookDeliveryRow.asked_again_at), col(WebhookDeliveryRow.created_at))
    given_up = (
        sa.update(WebhookDeliveryRow)
        .where(
            col(WebhookRow.client_id) == client_id,
            col(WebhookRow.paused_until).is_not(None),
            col(WebhookRow.failing_since) < long_ago,
            col(WebhookDeliveryRow.webhook_id) == col(WebhookRow.id),
            IS_PENDING,
            asked_at < long_ago,
        )
        .values(status=DeliveryStatus.FAILED, next_attempt_at=None)
    )
    found = await session.scalars(given_up.returning(col(WebhookDeliveryRow.id)), execution_options=AS_STORED)
    return len(found.all())
