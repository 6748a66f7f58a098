"""Queries of what waits for the clock: holds for their deadlines, deliveries for their next attempts, and meetings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.messages.booking import BookingKey
from storage.bookings.time_slots import IS_HOLD, IS_OVERDUE, NOW, SLOTS
from storage.notifications.deliveries import DELIVERY, IS_HEAD
from storage.notifications.invitations import IS_PENDING as IS_UNSENT
from storage.notifications.webhooks import IS_PENDING
from storage.tables.booking import MeetingRow
from storage.tables.columns import INSTANT
from storage.tables.notifications import InvitationRow, WebhookRow

ALWAYS: Final = sa.literal("-infinity").cast(INSTANT)
DUE_AT: Final = sa.func.coalesce(sa.func.greatest(col(DELIVERY.next_attempt_at), col(WebhookRow.paused_until)), ALWAYS)
DELIVERIES: Final = (
    sa.select(col(WebhookRow.client_id), DUE_AT.label("at"))
    .join_from(DELIVERY, WebhookRow, col(WebhookRow.id) == col(DELIVERY.webhook_id))
    .where(IS_PENDING, IS_HEAD)
    .subquery("pending")
)
HOLDS: Final = sa.select(SLOTS.c.client_id, SLOTS.c.reservation_token).where(IS_HOLD, SLOTS.c.companion_of.is_(None))
DEADLINES: Final = sa.union_all(
    sa.select(SLOTS.c.hold_expires_at.label("at")).where(IS_HOLD), sa.select(DELIVERIES.c.at)
).subquery("deadline")


class Waiting(NamedTuple):
    """Bookings whose holds, and clients whose deliveries, wait for the clock. `deliveries` counts for each client."""

    holds: frozenset[BookingKey]
    deliveries: frozenset[tuple[str, int]]

    def __bool__(self) -> bool:
        return bool(self.holds or self.deliveries)


async def list_due(session: AsyncSession) -> Waiting:
    """Return the holds that are overdue and the deliveries that are due, both by the clock of the sandbox."""
    return await _waiting(session, HOLDS.where(IS_OVERDUE), DELIVERIES.c.at <= NOW)


async def list_waiting(session: AsyncSession) -> Waiting:
    """Return all holds and all pending deliveries, due or not."""
    return await _waiting(session, HOLDS, sa.true())


async def _waiting(
    session: AsyncSession, holds: sa.Select[str | None, str | None], is_wanted: sa.ColumnElement[bool]
) -> Waiting:
    counted = sa.select(DELIVERIES.c.client_id, sa.func.count()).where(is_wanted).group_by(DELIVERIES.c.client_id)
    found = [BookingKey(client_id=str(client), token=str(token)) for client, token in await session.execute(holds)]
    return Waiting(frozenset(found), frozenset((client, count) for client, count in await session.execute(counted)))


async def next_deadline(session: AsyncSession, until: datetime) -> datetime | None:
    """Return the next time until `until` at which a hold expires or a delivery is due. None if there is none."""
    at = DEADLINES.c.at
    found: datetime | None = await session.scalar(sa.select(sa.func.min(at)).where(at > NOW, at <= until))
    return found


async def list_meetings_after(session: AsyncSession, since: datetime) -> Sequence[MeetingRow]:
    """Return the meetings that end after this time, without cancelled ones."""
    query = sa.select(MeetingRow).where(col(MeetingRow.cancelled_at).is_(None), col(MeetingRow.end_at) > since)
    return (await session.scalars(query)).all()


async def list_meetings_with_unsent_mails(session: AsyncSession) -> Sequence[UUID]:
    return (await session.scalars(sa.select(col(InvitationRow.meeting_id)).where(IS_UNSENT).distinct())).all()
