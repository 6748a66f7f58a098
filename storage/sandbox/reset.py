"""Deletes the bookings, meetings and events of a sandbox. The configuration, busy times and webhooks stay."""

from typing import Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from domain.messages.booking import BookingKey
from storage.notifications.webhook_pauses import NOT_FAILING
from storage.statements import table_of
from storage.tables.booking import (
    BookingEventRow,
    EndUserHoldRow,
    IdempotencyKeyRow,
    MeetingRow,
    TimeSlotRow,
)
from storage.tables.notifications import WebhookRow

EVENTS: Final = table_of(BookingEventRow)
MEETINGS: Final = table_of(MeetingRow)
SLOTS: Final = table_of(TimeSlotRow)
KEYS: Final = table_of(IdempotencyKeyRow)
END_USERS: Final = table_of(EndUserHoldRow)
WEBHOOKS: Final = table_of(WebhookRow)


class Removed(NamedTuple):
    """Bookings and meetings that were deleted, and whose runs must end."""

    bookings: frozenset[BookingKey]
    meetings: frozenset[UUID]


async def remove_bookings(session: AsyncSession, client_id: str | None) -> Removed:
    """Delete the time slots of bookings, the meetings and the events of one client, or of all clients (None).

    Their mails, deliveries, idempotency keys and faults go too. Webhooks count as never failed.
    """

    def of(table: sa.Table) -> sa.ColumnElement[bool]:
        return table.c.client_id.is_not(None) if client_id is None else table.c.client_id == client_id

    slots = sa.select(EVENTS.c.time_slot_id).where(of(EVENTS))
    made = sa.union_all(slots, sa.select(EVENTS.c.meeting_id).where(of(EVENTS))).subquery("made")
    # A key is a digest, so the keys of refused requests cannot be told by client.
    is_forgotten = sa.or_(KEYS.c.refused.is_not(None), KEYS.c.made["id"].astext.in_(sa.select(made.c[0].cast(sa.Text))))
    await session.execute(sa.delete(KEYS).where(sa.true() if client_id is None else is_forgotten))
    await session.execute(sa.delete(END_USERS).where(END_USERS.c.time_slot_id.in_(slots)))
    named = sa.select(EVENTS.c.client_id, EVENTS.c.reservation_token).where(of(EVENTS)).distinct()
    bookings = [BookingKey(client_id=client, token=token) for client, token in await session.execute(named)]
    meetings = await session.scalars(sa.delete(MEETINGS).where(of(MEETINGS)).returning(MEETINGS.c.id))
    removed = Removed(frozenset(bookings), frozenset(meetings))
    await session.execute(sa.delete(SLOTS).where(of(SLOTS)))
    await session.execute(sa.delete(EVENTS).where(of(EVENTS)))
    await session.execute(sa.update(WEBHOOKS).where(of(WEBHOOKS)).values(**NOT_FAILING))
    faults = "DELETE FROM sandbox.fault WHERE client_id = coalesce(:client_id, client_id)"
    await session.execute(sa.text(faults).bindparams(sa.bindparam("client_id", client_id, sa.Text)))
    return removed
