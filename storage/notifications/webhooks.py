"""Queries and changes of webhooks and their deliveries."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.bookings.time_slots import NOW
from storage.statements import AS_STORED
from storage.tables.booking import BookingEventRow
from storage.tables.notifications import WebhookAttemptRow, WebhookDeliveryRow, WebhookRow

DELIVERY = WebhookDeliveryRow


class DeliveryStatus(StrEnum):
    """Status of the delivery of one event to one webhook."""

    PENDING = "Pending"
    DELIVERED = "Delivered"
    FAILED = "Failed"


IS_PENDING = col(DELIVERY.status) == DeliveryStatus.PENDING


class Delivery(NamedTuple):
    """A delivery with its event and its last attempt, if there was one."""

    row: WebhookDeliveryRow
    event: BookingEventRow
    last_attempt: WebhookAttemptRow | None


async def find_webhook(session: AsyncSession, webhook_id: UUID, *, for_update: bool = False) -> WebhookRow | None:
    query = sa.select(WebhookRow).where(col(WebhookRow.id) == webhook_id)
    return await session.scalar(
        query.with_for_update(key_share=True) if for_update else query, execution_options=AS_STORED
    )


async def list_webhooks(
    session: AsyncSession, client_id: str | None, after: UUID | None, limit: int
) -> Sequence[WebhookRow]:
    """Return at most `limit` webhooks by id, after the id `after`.

    With a `client_id`: only webhooks of this client that receive the client's own events. None means all webhooks.
    """
    query = sa.select(WebhookRow).order_by(col(WebhookRow.id)).limit(limit)
    if client_id is not None:
        query = query.where(col(WebhookRow.client_id) == client_id, ~col(WebhookRow.every_client))
    return (await session.scalars(query if after is None else query.where(col(WebhookRow.id) > after))).all()


async def count_webhooks(session: AsyncSession, client_id: str) -> int:
    mine = sa.select(sa.func.count()).select_from(WebhookRow).where(col(WebhookRow.client_id) == client_id)
    return (await session.execute(mine)).scalar_one()


async def add_webhook(session: AsyncSession, values: Mapping[str, object]) -> WebhookRow:
    made = sa.insert(WebhookRow).values(former_secrets=[], **values, created_at=NOW, modified_at=NOW)
    return (await session.execute(made.returning(WebhookRow))).scalar_one()


async def change_webhook(session: AsyncSession, webhook_id: UUID, values: Mapping[str, object]) -> WebhookRow:
    """Set column values of the locked webhook, and return the changed row."""
    change = sa.update(WebhookRow).where(col(WebhookRow.id) == webhook_id).values(**values, modified_at=NOW)
    return (await session.execute(change.returning(WebhookRow), execution_options=AS_STORED)).scalar_one()


async def remove_webhook(session: AsyncSession, webhook_id: UUID) -> None:
    """Delete the webhook with all its deliveries."""
    await session.execute(sa.delete(WebhookRow).where(col(WebhookRow.id) == webhook_id))


async def list_deliveries(
    session: AsyncSession, webhook_id: UUID, status: DeliveryStatus | None, before: int | None, limit: int
) -> Sequence[Delivery]:
    """Return at most `limit` deliveries of a webhook before the position `before`, newest event first."""
    query = _deliveries().where(col(DELIVERY.webhook_id) == webhook_id)
    if status is not None:
        query = query.where(col(DELIVERY.status) == status)
    if before is not None:
        query = query.where(col(DELIVERY.position) < before)
    found = await session.execute(query.order_by(col(DELIVERY.position).desc()).limit(limit))
    return [Delivery(*each) for each in found]


async def find_delivery(session: AsyncSession, webhook_id: UUID, delivery_id: UUID) -> Delivery | None:
    is_it = sa.and_(col(DELIVERY.webhook_id) == webhook_id, col(DELIVERY.id) == delivery_id)
    found = (await session.execute(_deliveries().where(is_it), execution_options=AS_STORED)).one_or_none()
    return None if found is None else Delivery(*found)


async def list_attempts(session: AsyncSession, delivery_id: UUID) -> Sequence[WebhookAttemptRow]:
    query = sa.select(WebhookAttemptRow).where(col(WebhookAttemptRow.delivery_id) == delivery_id)
    return (await session.scalars(query.order_by(col(WebhookAttemptRow.number)))).all()


async def count_failed(session: AsyncSession, webhook_ids: Sequence[UUID]) -> int:
    """Return the number of failed deliveries of these webhooks."""
    is_failed = sa.and_(col(DELIVERY.webhook_id).in_(webhook_ids), col(DELIVERY.status) == DeliveryStatus.FAILED)
    return (await session.execute(sa.select(sa.func.count()).select_from(DELIVERY).where(is_failed))).scalar_one()


async def deliver_again(session: AsyncSession, *deliveries: WebhookDeliveryRow) -> None:
    """Make the deliveries of one webhook pending and due now, whatever their status is. A pause of the webhook ends.

    The retries of a delivery that is not pending are counted from zero again.
    """
    # First the webhook, then its deliveries: all transactions that change both must lock them in this order.
    webhook_ids = {each.webhook_id for each in deliveries}
    is_paused = sa.and_(col(WebhookRow.id).in_(webhook_ids), col(WebhookRow.paused_until) > NOW)
    await session.execute(sa.update(WebhookRow).where(is_paused).values(paused_until=NOW))
    begun_anew = sa.case((IS_PENDING, col(DELIVERY.retries)), else_=0)
    await session.execute(
        sa.update(DELIVERY)
        .where(col(DELIVERY.id).in_([each.id for each in deliveries]))
        .values(
            status=DeliveryStatus.PENDING,
            retries=begun_anew,
            next_attempt_at=None,
            handed_over_at=None,
            delivered_at=None,
            asked_again_at=NOW,
        )
    )


def _deliveries() -> sa.Select[WebhookDeliveryRow, BookingEventRow, WebhookAttemptRow | None]:
    is_last = sa.and_(
        col(WebhookAttemptRow.delivery_id) == col(DELIVERY.id),
        col(WebhookAttemptRow.number) == col(DELIVERY.attempts),
    )
    return (
        sa.select(DELIVERY, BookingEventRow, WebhookAttemptRow)
        .join(BookingEventRow, col(BookingEventRow.id) == col(DELIVERY.event_id))
        .outerjoin(WebhookAttemptRow, is_last)
    )
