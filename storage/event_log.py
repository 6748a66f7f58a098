"""The published event log: events in an order that never changes, which a reader can go on from without missing one.

An event's id is given when it is written, and transactions commit in another order; its position is given when it is
published, by one publisher at a time. So whoever has read up to a position has read everything before it. The events
of one booking are written one after another, under its locks: their positions are in the order in which they happened.
"""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.booking_tables import BookingEventRow
from storage.notification_tables import WebhookDeliveryRow, WebhookRow
from storage.time_slots import NOW, lock
from storage.webhook_rights import SEES_EVERY_CLIENT
from storage.webhooks import DeliveryStatus

EVENT = BookingEventRow
IS_UNPUBLISHED = col(EVENT.position).is_(None)

ONE_AT_A_TIME: Final = "publish-events"
"""The lock of whoever publishes, until that is committed."""

MOST_AT_ONCE: Final = 500
"""Events that one statement publishes."""


async def publish(session: AsyncSession, limit: int = MOST_AT_ONCE) -> int:
    """Publish the next events, with a delivery for each webhook that wants one. Answers how many events it were."""
    if not await session.scalar(sa.select(sa.exists().where(IS_UNPUBLISHED))):
        return 0
    await lock(session, [ONE_AT_A_TIME])
    published = await _give_positions(session, limit)
    if published:
        await _make_deliveries(session, published)
    return len(published)


async def publish_all(session: AsyncSession) -> None:
    """Publish whatever is there, and keep others from publishing until the transaction ends."""
    await lock(session, [ONE_AT_A_TIME])
    while await publish(session):
        pass


async def read_events(
    session: AsyncSession, *, client_id: str | None, kinds: Collection[str], after: int, limit: int
) -> Sequence[BookingEventRow]:
    """At most `limit` published events after that position: of one client or all, of these kinds or all."""
    query = sa.select(EVENT).where(col(EVENT.position) > after).order_by(col(EVENT.position)).limit(limit)
    if client_id is not None:
        query = query.where(col(EVENT.client_id) == client_id)
    if kinds:
        query = query.where(col(EVENT.kind).in_(kinds))
    return (await session.scalars(query)).all()


async def is_published_at(session: AsyncSession, position: int, public_id: UUID) -> bool:
    """Whether the log has this event at this position, and so also every event that a reader saw before it."""
    has_it = sa.exists().where(col(EVENT.position) == position, col(EVENT.public_id) == public_id)
    return bool(await session.scalar(sa.select(has_it)))


async def _give_positions(session: AsyncSession, limit: int) -> Sequence[int]:
    """The ids of the events that have a position now."""
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
        # A webhook that is being deleted gets nothing more, and is in nobody's way.
        .with_for_update(read=True, key_share=True, of=WebhookRow)
    )
    columns = (
        *("id", "webhook_id", "event_id", "position", "booking_key", "status"),
        *("attempts", "retries", "created_at"),
    )
    await session.execute(sa.insert(WebhookDeliveryRow).from_select(columns, wanted, include_defaults=False))
