"""Published event log: events in a fixed order, which a reader can resume at any position without missing an event.

An event gets its id when it is written, but transactions may commit in another order. An event gets its position when
it is published, and only one transaction publishes at a time. So a reader of a position has read all events before it.
The events of one booking are written one after another under its locks. So their positions are in the order in which
they happened.
"""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage import locks
from storage.bookings.time_slots import NOW
from storage.notifications.webhook_rights import SEES_EVERY_CLIENT
from storage.notifications.webhooks import DeliveryStatus
from storage.tables.booking import BookingEventRow
from storage.tables.notifications import WebhookDeliveryRow, WebhookRow

EVENT = BookingEventRow
IS_UNPUBLISHED = col(EVENT.position).is_(None)


MOST_AT_ONCE: Final = 500
"""Events that one statement publishes."""


async def publish(session: AsyncSession, limit: int = MOST_AT_ONCE) -> int:
    """Publish at most `limit` events, by id, and insert a delivery for each matching webhook.

    Return the number of published events.
    """
    if not await session.scalar(sa.select(sa.exists().where(IS_UNPUBLISHED))):
        return 0
    await locks.lock(session, [locks.PUBLISHED_EVENTS])
    published = await _give_positions(session, limit)
    if published:
        await _make_deliveries(session, published)
    return len(published)


async def publish_all(session: AsyncSession) -> None:
    """Publish all unpublished events, and lock out other publishers until the transaction ends."""
    await locks.lock(session, [locks.PUBLISHED_EVENTS])
    while await publish(session):
        pass


async def read_events(
    session: AsyncSession, *, client_id: str | None, kinds: Collection[str], after: int, limit: int
) -> Sequence[BookingEventRow]:
    """Return at most `limit` published events after the position `after`, by position.

    None as `client_id` means all clients. Empty `kinds` means all kinds.
    """
    query = sa.select(EVENT).where(col(EVENT.position) > after).order_by(col(EVENT.position)).limit(limit)
    if client_id is not None:
        query = query.where(col(EVENT.client_id) == client_id)
    if kinds:
        query = query.where(col(EVENT.kind).in_(kinds))
    return (await session.scalars(query)).all()


async def is_published_at(session: AsyncSession, position: int, public_id: UUID) -> bool:
    """Return whether the log has this event at this position.

    A log that was restored to an earlier moment may have lost the event, or have another one there. If the log has this
    event, it also has all events before it, because positions are given in order.
    """
    has_it = sa.exists().where(col(EVENT.position) == position, col(EVENT.public_id) == public_id)
    return bool(await session.scalar(sa.select(has_it)))


async def is_before_log(session: AsyncSession, position: int) -> bool:
    """Return whether the log begins after this position, because older events were deleted."""
    first: int | None = await session.scalar(sa.select(sa.func.min(col(EVENT.position))))
    return first is not None and position < first


async def _give_positions(session: AsyncSession, limit: int) -> Sequence[int]:
    """Give positions to the next unpublished events, in the order of their ids. Return these ids."""
    last = sa.select(sa.func.coalesce(sa.func.max(col(EVENT.position)), 0)).scalar_subquery()
    place = last + sa.func.row_number().over(order_by=col(EVENT.id))
    waiting = sa.select(col(EVENT.id), place.label("place")).where(IS_UNPUBLISHED).order_by(col(EVENT.id)).limit(limit)
    following = waiting.cte("following")
    given = sa.update(EVENT).where(col(EVENT.id) == following.c.id).values(position=following.c.place)
    published = await session.scalars(given.returning(col(EVENT.id)), execution_options={"synchronize_session": False})
    return [identity for identity in published if identity is not None]


async def _make_deliveries(session: AsyncSession, published: Sequence[int]) -> None:
    wants = sa.and_(
        sa.or_(SEES_EVERY_CLIENT, col(WebhookRow.client_id) == col(EVENT.client_id)),
        sa.or_(
            sa.func.cardinality(col(WebhookRow.event_types)) == 0,
            col(EVENT.kind) == sa.func.any(col(WebhookRow.event_types)),
        ),
    )
    wanted = (
        sa.select(
            sa.func.gen_random_uuid(),
            col(WebhookRow.id),
            col(EVENT.id),
            col(EVENT.position),
            col(EVENT.booking_key),
            sa.literal(DeliveryStatus.PENDING.value),
            sa.literal(0),
            sa.literal(0),
            NOW,
        )
        .join_from(EVENT, WebhookRow, wants)
        .where(col(EVENT.id) == sa.any_(sa.literal(list(published), sa.ARRAY(sa.BigInteger))))
        # The lock waits for a concurrent deletion of the webhook. Without it, the foreign key could refuse all rows.
        .with_for_update(read=True, key_share=True, of=WebhookRow)
    )
    columns = (
        *("id", "webhook_id", "event_id", "position", "booking_key", "status"),
        *("attempts", "retries", "created_at"),
    )
    await session.execute(sa.insert(WebhookDeliveryRow).from_select(columns, wanted, include_defaults=False))
