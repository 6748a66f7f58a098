"""Queries of due deliveries, records of attempts, and the handover of deliveries to workflow runs."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from storage.bookings.time_slots import NOW
from storage.notifications.webhooks import IS_PENDING, DeliveryStatus
from storage.tables.booking import BookingEventRow
from storage.tables.columns import INSTANT
from storage.tables.notifications import WebhookAttemptRow, WebhookDeliveryRow, WebhookRow

DELIVERY = WebhookDeliveryRow
EARLIER = aliased(WebhookDeliveryRow)

OVERLOOKED_AFTER: Final = timedelta(seconds=30)
"""Delay after the due time from which the run of a delivery counts as lost."""

MOST_OVERLOOKED: Final = 1000
"""Clients whose runs one call of `mark_overlooked` wakes again."""

TIMES: Final = sa.select(NOW, sa.func.pg_catalog.clock_timestamp(type_=INSTANT))

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
"""Match the first pending delivery of a booking to a webhook: events of one booking are delivered in order."""

IS_NOT_HANDED_OVER = sa.and_(IS_PENDING, col(DELIVERY.handed_over_at).is_(None))
IS_DUE = sa.or_(col(DELIVERY.next_attempt_at).is_(None), col(DELIVERY.next_attempt_at) <= NOW)
IS_PAUSED = col(WebhookRow.paused_until).is_not(None)
MAY_BE_PROBED = col(WebhookRow.paused_until) <= NOW


class Due(NamedTuple):
    """A delivery that is due, with its event and its webhook."""

    delivery: WebhookDeliveryRow
    event: BookingEventRow
    webhook: WebhookRow


class Times(NamedTuple):
    """Time by the database's clock, and real time. They differ only in a sandbox, whose clock its users move."""

    now: datetime
    real: datetime


class UnderWay(NamedTuple):
    """Ids of the deliveries that are being attempted, and of webhooks that have no free place for another attempt."""

    deliveries: Collection[UUID] = ()
    full: Collection[UUID] = ()


async def read_times(session: AsyncSession) -> Times:
    return Times(*(await session.execute(TIMES)).one())


async def list_due(
    session: AsyncSession, client_id: str, under_way: UnderWay, *, of_each: int, limit: int
) -> Sequence[Due]:
    """Return at most `limit` due deliveries of the client's webhooks, at most `of_each` per webhook.

    Webhooks with fewer failures come first, then older events. Deliveries under way are excluded.

    A paused webhook has no due delivery during its pause, and one after the pause: the probe. The probe is a delivery
    with the fewest retries. Otherwise one event that the receiver always refuses would be the only probe.
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


async def time_until_next_due(session: AsyncSession, client_id: str) -> timedelta | None:
    """Return the time until the next delivery of the client is due, at least zero, or None if none is pending."""
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
    """Record an attempt and the changed columns of the delivery. Return whether they were recorded.

    Nothing is recorded if another attempt was recorded since `seen` was read, or if the delivery is not pending.
    """
    is_as_seen = sa.and_(col(DELIVERY.id) == seen.id, IS_PENDING, col(DELIVERY.attempts) == seen.attempts)
    noted = sa.update(DELIVERY).where(is_as_seen).values(attempts=seen.attempts + 1, **change)
    if await session.scalar(noted.returning(col(DELIVERY.id))) is None:
        return False
    session.add(attempt)
    return True


async def list_not_handed_over(session: AsyncSession, limit: int) -> Sequence[tuple[WebhookDeliveryRow, str]]:
    """Return at most `limit` pending deliveries that were not handed over to a run, with the client of the webhook."""
    query = (
        sa.select(DELIVERY, col(WebhookRow.client_id))
        .join(WebhookRow, col(WebhookRow.id) == col(DELIVERY.webhook_id))
        .where(IS_NOT_HANDED_OVER)
    )
    found = await session.execute(query.order_by(col(DELIVERY.position)).limit(limit))
    return [(delivery, client_id) for delivery, client_id in found]


async def note_handed_over(session: AsyncSession, told: Collection[WebhookDeliveryRow]) -> None:
    """Record that these deliveries were handed over to their runs.

    A delivery with another number of attempts by now is skipped: a redelivery may have been requested meanwhile.
    """
    as_seen = sa.tuple_(col(DELIVERY.id), col(DELIVERY.attempts)).in_([(each.id, each.attempts) for each in told])
    await session.execute(sa.update(DELIVERY).where(as_seen).values(handed_over_at=NOW))


async def mark_overlooked(session: AsyncSession) -> None:
    """Mark the most overdue delivery of each client for a new handover, for at most `MOST_OVERLOOKED` clients.

    Only the first pending delivery of each webhook and booking counts. The delivery is overdue if `OVERLOOKED_AFTER`
    has passed since the latest of three times: its due time, its last handover, and the end of its webhook's pause.

    The usual cause is that the workflow run that delivers for the client was terminated, or was lost with Temporal's
    database. If the run exists and is only busy, it is woken needlessly, which does no harm.
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
