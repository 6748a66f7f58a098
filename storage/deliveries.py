"""Deliveries that are due, what became of each attempt, and the deliveries that no run knows of."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from storage.booking_tables import BookingEventRow
from storage.notification_tables import WebhookAttemptRow, WebhookDeliveryRow, WebhookRow
from storage.time_slots import NOW
from storage.webhooks import IS_PENDING, DeliveryStatus

DELIVERY = WebhookDeliveryRow
EARLIER = aliased(WebhookDeliveryRow)

OVERLOOKED_AFTER: Final = timedelta(seconds=30)
"""How much too late a delivery is when its run may have been lost."""

MOST_OVERLOOKED: Final = 1000
"""Clients whose runs are woken anew at a time."""

IS_HEAD = ~(
    sa.exists()
    .where(
        col(EARLIER.webhook_id) == col(DELIVERY.webhook_id),
        col(EARLIER.booking_key) == col(DELIVERY.booking_key),
        col(EARLIER.status) == DeliveryStatus.PENDING,
        col(EARLIER.position) < col(DELIVERY.position),
    )
    .correlate(DELIVERY)
)
"""Events of one booking go out in their order: the first one that is pending is next."""

IS_DUE = sa.or_(col(DELIVERY.next_attempt_at).is_(None), col(DELIVERY.next_attempt_at) <= NOW)
IS_PAUSED = col(WebhookRow.paused_until).is_not(None)
MAY_BE_PROBED = col(WebhookRow.paused_until) <= NOW


class Due(NamedTuple):
    """A delivery that is to be attempted now."""

    delivery: WebhookDeliveryRow
    event: BookingEventRow
    webhook: WebhookRow


class UnderWay(NamedTuple):
    """What is being attempted: these deliveries, and webhooks of which no more may be attempted at once."""

    deliveries: Collection[UUID] = ()
    full: Collection[UUID] = ()


async def list_due(
    session: AsyncSession, client_id: str, under_way: UnderWay, *, of_each: int, limit: int
) -> Sequence[Due]:
    """At most `limit` deliveries of the client's webhooks that are due, at most `of_each` of one webhook.

    The oldest events come first, those of webhooks that work before those of webhooks that fail. A paused webhook has
    none, and one when its pause is over: the probe, which is a delivery with as few retries as possible, so that one
    event that its receiver cannot take is not the only one that is ever tried.
    """
    ready = _due(client_id, under_way, ~IS_PAUSED, of_each, col(DELIVERY.position))
    probes = _due(client_id, under_way, MAY_BE_PROBED, 1, col(DELIVERY.retries), col(DELIVERY.position))
    found = [Due(*each) for query in (ready, probes) for each in await session.execute(query.limit(limit))]
    return found[:limit]


def _due(
    client_id: str, under_way: UnderWay, of: sa.ColumnElement[bool], of_each: int, *order: sa.SQLColumnExpression[int]
) -> sa.Select[WebhookDeliveryRow, BookingEventRow, WebhookRow]:
    is_webhooks = col(DELIVERY.webhook_id) == col(WebhookRow.id)
    is_free = col(DELIVERY.id) != sa.all_(_ids(under_way.deliveries))
    next_ones = (
        sa.select(col(DELIVERY.id))
        .where(is_webhooks, IS_PENDING, IS_DUE, is_free, IS_HEAD)
        .order_by(*order)
        .limit(of_each)
        .correlate(WebhookRow)
        .lateral("next_ones")
    )
    chosen = aliased(WebhookDeliveryRow)
    return (
        sa.select(chosen, BookingEventRow, WebhookRow)
        .select_from(WebhookRow)
        .join(next_ones, sa.true())
        .join(chosen, col(chosen.id) == next_ones.c.id)
        .join(BookingEventRow, col(BookingEventRow.id) == col(chosen.event_id))
        .where(col(WebhookRow.client_id) == client_id, of, col(WebhookRow.id) != sa.all_(_ids(under_way.full)))
        .order_by(col(WebhookRow.failures), col(chosen.position))
    )


def _ids(ids: Collection[UUID]) -> sa.BindParameter[Sequence[UUID]]:
    return sa.literal(list(ids), sa.ARRAY(sa.Uuid))


async def wait_of(session: AsyncSession, client_id: str) -> timedelta | None:
    """How long until one of the client's deliveries is due, at least zero; None if none is pending."""
    due_at = sa.func.greatest(col(DELIVERY.next_attempt_at), col(WebhookRow.paused_until), NOW)
    query = (
        sa.select(sa.func.min(due_at) - NOW)
        .join_from(DELIVERY, WebhookRow, col(WebhookRow.id) == col(DELIVERY.webhook_id))
        .where(col(WebhookRow.client_id) == client_id, IS_PENDING, IS_HEAD)
    )
    wait: timedelta | None = await session.scalar(query)
    return None if wait is None else max(wait, timedelta(0))


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


async def list_not_handed_over(session: AsyncSession, limit: int) -> Sequence[tuple[WebhookDeliveryRow, str]]:
    """At most `limit` deliveries whose runs have not been told of them, each with the client of its webhook."""
    query = (
        sa.select(DELIVERY, col(WebhookRow.client_id))
        .join(WebhookRow, col(WebhookRow.id) == col(DELIVERY.webhook_id))
        .where(IS_PENDING, col(DELIVERY.handed_over_at).is_(None))
    )
    found = await session.execute(query.order_by(col(DELIVERY.position)).limit(limit))
    return [(delivery, client_id) for delivery, client_id in found]


async def note_handed_over(session: AsyncSession, told: Collection[WebhookDeliveryRow]) -> None:
    """Their runs were told. One that was attempted, and asked for again, in between is not meant."""
    as_seen = sa.tuple_(col(DELIVERY.id), col(DELIVERY.attempts)).in_([(each.id, each.attempts) for each in told])
    await session.execute(sa.update(DELIVERY).where(as_seen).values(handed_over_at=NOW))


async def find_overlooked(session: AsyncSession) -> None:
    """Hand over anew one delivery of each client that has one which should have been attempted before.

    The client's run was terminated, or lost with the engine. A run that is there and is busy is woken in vain.
    """
    due_at = sa.func.greatest(
        col(DELIVERY.next_attempt_at), col(DELIVERY.handed_over_at), col(WebhookRow.paused_until)
    ).label("due_at")
    heads = (
        sa.select(col(DELIVERY.id), col(WebhookRow.client_id), due_at)
        .join_from(DELIVERY, WebhookRow, col(WebhookRow.id) == col(DELIVERY.webhook_id))
        .ext(distinct_on(col(DELIVERY.webhook_id), col(DELIVERY.booking_key)))
        .where(IS_PENDING)
        .order_by(col(DELIVERY.webhook_id), col(DELIVERY.booking_key), col(DELIVERY.position))
        .subquery("heads")
    )
    late = (
        sa.select(heads.c.id)
        .ext(distinct_on(heads.c.client_id))
        .where(heads.c.due_at < NOW - OVERLOOKED_AFTER)
        .order_by(heads.c.client_id, heads.c.due_at)
        .limit(MOST_OVERLOOKED)
    )
    await session.execute(sa.update(DELIVERY).where(col(DELIVERY.id).in_(late)).values(handed_over_at=None))
