"""Webhooks and what is to be delivered to each."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.booking_tables import BookingEventRow
from storage.notification_tables import WebhookAttemptRow, WebhookDeliveryRow, WebhookRow
from storage.statements import AS_STORED
from storage.time_slots import NOW

DELIVERY = WebhookDeliveryRow
OVERLOOKED_AFTER: Final = timedelta(seconds=30)
"""How much too late a delivery is when its run may have been lost."""

MOST_OVERLOOKED: Final = 1000
"""Deliveries that are handed over anew at a time: many receivers may just be slow."""


class DeliveryStatus(StrEnum):
    """What has become of one event for one webhook."""

    PENDING = "Pending"
    DELIVERED = "Delivered"
    FAILED = "Failed"


IS_PENDING = col(DELIVERY.status) == DeliveryStatus.PENDING


class Delivery(NamedTuple):
    """One event for one webhook, and the last attempt to deliver it if there was one."""

    row: WebhookDeliveryRow
    event: BookingEventRow
    last_attempt: WebhookAttemptRow | None


class Due(NamedTuple):
    """A delivery that is next, and how long it still has to wait."""

    delivery: WebhookDeliveryRow
    event: BookingEventRow
    webhook: WebhookRow
    wait: timedelta


async def find_webhook(session: AsyncSession, webhook_id: UUID, *, for_update: bool = False) -> WebhookRow | None:
    query = sa.select(WebhookRow).where(col(WebhookRow.id) == webhook_id)
    return await session.scalar(
        query.with_for_update(key_share=True) if for_update else query, execution_options=AS_STORED
    )


async def list_webhooks(
    session: AsyncSession, client_id: str | None, after: UUID | None, limit: int
) -> Sequence[WebhookRow]:
    """At most `limit` webhooks by id: every one, or those that tell one client of its own events."""
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
    """The locked webhook with these column values."""
    change = sa.update(WebhookRow).where(col(WebhookRow.id) == webhook_id).values(**values, modified_at=NOW)
    return (await session.execute(change.returning(WebhookRow), execution_options=AS_STORED)).scalar_one()


async def remove_webhook(session: AsyncSession, webhook_id: UUID) -> Sequence[UUID]:
    """Delete it with all its deliveries. Answers the bookings of those that were still pending."""
    pending = sa.select(col(DELIVERY.booking_key)).where(col(DELIVERY.webhook_id) == webhook_id, IS_PENDING)
    bookings = (await session.scalars(pending.distinct())).all()
    await session.execute(sa.delete(WebhookRow).where(col(WebhookRow.id) == webhook_id))
    return bookings


async def list_deliveries(
    session: AsyncSession, webhook_id: UUID, status: DeliveryStatus | None, before: int | None, limit: int
) -> Sequence[Delivery]:
    """At most `limit` deliveries of a webhook, the newest event first, before that position."""
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


async def deliver_again(session: AsyncSession, delivery_id: UUID) -> None:
    """Have it delivered as soon as can be, whatever became of it before."""
    change = sa.update(DELIVERY).where(col(DELIVERY.id) == delivery_id)
    begun_anew = sa.case((IS_PENDING, col(DELIVERY.retries)), else_=0)
    await session.execute(
        change.values(
            status=DeliveryStatus.PENDING,
            retries=begun_anew,
            next_attempt_at=None,
            handed_over_at=None,
            delivered_at=None,
        )
    )


async def next_due(session: AsyncSession, webhook_id: UUID, booking_key: UUID) -> Due | None:
    """What is to be delivered next to this webhook of this booking: events go out in their order."""
    wait = sa.func.greatest(col(DELIVERY.next_attempt_at) - NOW, sa.literal(timedelta(0), sa.Interval))
    query = (
        sa.select(DELIVERY, BookingEventRow, WebhookRow, wait)
        .join(BookingEventRow, col(BookingEventRow.id) == col(DELIVERY.event_id))
        .join(WebhookRow, col(WebhookRow.id) == col(DELIVERY.webhook_id))
        .where(col(DELIVERY.webhook_id) == webhook_id, col(DELIVERY.booking_key) == booking_key, IS_PENDING)
    )
    found = (await session.execute(query.order_by(col(DELIVERY.position)).limit(1))).one_or_none()
    return None if found is None else Due(*found)


async def record_attempt(
    session: AsyncSession, seen: WebhookDeliveryRow, attempt: WebhookAttemptRow, change: Mapping[str, object]
) -> bool:
    """Note an attempt and what the delivery is after it; nothing if another attempt was noted since it was seen."""
    is_as_seen = sa.and_(col(DELIVERY.id) == seen.id, IS_PENDING, col(DELIVERY.attempts) == seen.attempts)
    noted = sa.update(DELIVERY).where(is_as_seen).values(attempts=seen.attempts + 1, **change)
    if await session.scalar(noted.returning(col(DELIVERY.id))) is None:
        return False
    session.add(attempt)
    return True


async def list_not_handed_over(session: AsyncSession, limit: int) -> Sequence[WebhookDeliveryRow]:
    """At most `limit` deliveries whose runs have not been told of them."""
    query = sa.select(DELIVERY).where(IS_PENDING, col(DELIVERY.handed_over_at).is_(None))
    return (await session.scalars(query.order_by(col(DELIVERY.position)).limit(limit))).all()


async def note_handed_over(session: AsyncSession, told: Sequence[WebhookDeliveryRow]) -> None:
    """Their runs were told. One that was attempted, and asked for again, in between is not meant."""
    as_seen = sa.tuple_(col(DELIVERY.id), col(DELIVERY.attempts)).in_([(each.id, each.attempts) for each in told])
    await session.execute(sa.update(DELIVERY).where(as_seen).values(handed_over_at=NOW))


async def find_overlooked(session: AsyncSession) -> None:
    """Hand over anew what should have been attempted before: its run was terminated, or lost with the engine.

    A run that is there is woken in vain, at most once in `OVERLOOKED_AFTER`.
    """
    due_at = sa.func.greatest(col(DELIVERY.next_attempt_at), col(DELIVERY.handed_over_at)).label("due_at")
    heads = (
        sa.select(col(DELIVERY.id), due_at)
        .ext(distinct_on(col(DELIVERY.webhook_id), col(DELIVERY.booking_key)))
        .where(IS_PENDING)
        .order_by(col(DELIVERY.webhook_id), col(DELIVERY.booking_key), col(DELIVERY.position))
        .subquery("heads")
    )
    is_late = heads.c.due_at < NOW - OVERLOOKED_AFTER
    late = sa.select(heads.c.id).where(is_late).order_by(heads.c.due_at).limit(MOST_OVERLOOKED)
    await session.execute(sa.update(DELIVERY).where(col(DELIVERY.id).in_(late)).values(handed_over_at=None))


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
