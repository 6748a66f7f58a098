"""Pauses of webhooks. After `PAUSED_AFTER` failed attempts in a row, only single attempts probe the receiver."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.bookings.time_slots import NOW
from storage.notifications.webhooks import IS_PENDING, DeliveryStatus
from storage.statements import AS_STORED
from storage.tables.notifications import WebhookDeliveryRow, WebhookRow

PAUSED_AFTER: Final = 5
"""Failed attempts in a row after which a webhook is paused, counted over all its deliveries."""

FIRST_PAUSE: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(minutes=5)
"""Maximum pause. Each failed probe doubles the pause up to this value."""

GIVEN_UP_AFTER: Final = timedelta(days=3)
"""Time after which a delivery is given up if its webhook has failed all the time."""

MOST_DOUBLINGS: Final = 10
"""Limit of the exponent. It is reached long after `LONGEST_PAUSE`, and keeps the power of two small."""

NOT_FAILING: Final = {"failures": 0, "failing_since": None, "paused_until": None}
"""Column values of a webhook after a success, or after a change of its URL."""


async def note_success(session: AsyncSession, webhook_id: UUID) -> None:
    """Reset the failures of the webhook and end its pause."""
    has_failed = sa.and_(col(WebhookRow.id) == webhook_id, col(WebhookRow.failures) > 0)
    await session.execute(sa.update(WebhookRow).where(has_failed).values(**NOT_FAILING))


async def note_failure(session: AsyncSession, webhook_id: UUID) -> None:
    """Count a failed attempt. If at least `PAUSED_AFTER` attempts in a row have failed now, pause the webhook.

    The first pause lasts `FIRST_PAUSE`. Each later pause lasts twice as long as the one before, up to `LONGEST_PAUSE`.
    An attempt that ends during a pause is not counted, because the attempt began before the pause.
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


async def fail_overdue_deliveries(session: AsyncSession, client_id: str) -> int:
    """Mark pending deliveries of the client's paused webhooks as failed.

    The webhook must have been failing for longer than `GIVEN_UP_AFTER`. The delivery must have been created, or last
    requested again, before that period.

    Returns:
        The number of deliveries that were marked.

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
