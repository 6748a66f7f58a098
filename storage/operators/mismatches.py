"""Queries that compare rows with each other, or that give pages of rows to compare with workflow runs."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from storage.bookings.events import SHARED_WITH_ATTENDEES
from storage.bookings.time_slots import IS_HOLD, NOW, SLOTS
from storage.notifications.invitations import IS_PENDING as IS_PENDING_MAIL
from storage.notifications.webhooks import IS_PENDING as IS_PENDING_DELIVERY
from storage.statements import IDS
from storage.tables.booking import BookingEventRow, MeetingRow, TimeSlotRow
from storage.tables.notifications import InvitationRow, WebhookDeliveryRow, WebhookRow

SLOT, MEETING, MAIL, DELIVERY = TimeSlotRow, MeetingRow, InvitationRow, WebhookDeliveryRow

A_MOMENT: Final = timedelta(seconds=10)
"""Age from which a meeting must have a run. The run of its booking creates the meeting first, and then starts the run.

Holds and attendee slots need no such age. The run of a hold is older than its row, and one transaction writes a time
slot with its attendee slots.
"""

LATE: Final = timedelta(minutes=1)
"""Delay after which events and deliveries count as late. The relay looks for late deliveries every 15 seconds."""

MAIL_LATE: Final = timedelta(minutes=15)

SAME: Final = ("start_at", "end_at", "booking_key", *(each for each in SHARED_WITH_ATTENDEES if each != "modified_at"))
"""Columns that a time slot and its attendee slots have in common."""


class LateDeliveries(NamedTuple):
    """The late deliveries of one client: their number, and the time at which the first one was due."""

    client_id: str
    number: int
    due_at: datetime


async def page_of_holds(
    session: AsyncSession, after: tuple[str, str] | None, limit: int
) -> Sequence[tuple[TimeSlotRow, datetime]]:
    """Return the main time slots with a deadline, and the time of the query, in the order of client and token.

    `after` is the client and the token of the last one of the previous page.
    """
    order = (col(SLOT.client_id), col(SLOT.reservation_token))
    query = sa.select(SLOT, NOW).where(IS_HOLD, col(SLOT.companion_of).is_(None)).order_by(*order).limit(limit)
    if after is not None:
        query = query.where(sa.tuple_(*order) > sa.tuple_(*map(sa.literal, after)))
    return [(slot, now) for slot, now in await session.execute(query)]


async def held_bookings(session: AsyncSession, bookings: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of these bookings, pairs of client and token, that have a time slot with a deadline."""
    key = (col(SLOT.client_id), col(SLOT.reservation_token))
    query = sa.select(*key).where(IS_HOLD, sa.tuple_(*key).in_(list(bookings)))
    return {(client, token) for client, token in await session.execute(query) if client and token is not None}


async def page_of_coming_meetings(
    session: AsyncSession, within: timedelta, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[MeetingRow]:
    """Return meetings older than `A_MOMENT` that begin within this time and are not cancelled, by start and id."""
    order = (col(MEETING.start_at), col(MEETING.id))
    is_near = sa.and_(col(MEETING.start_at) > sa.func.now(), col(MEETING.start_at) <= sa.func.now() + within)
    is_settled = sa.and_(col(MEETING.cancelled_at).is_(None), col(MEETING.created_at) < NOW - A_MOMENT)
    query = sa.select(MEETING).where(is_near, is_settled).order_by(*order).limit(limit)
    if after is not None:
        query = query.where(sa.tuple_(*order) > sa.tuple_(*map(sa.literal, after)))
    return (await session.scalars(query)).all()


async def find_meetings(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, MeetingRow]:
    query = sa.select(MEETING).where(col(MEETING.id) == sa.any_(sa.literal(list(ids), IDS)))
    return {each.id: each for each in await session.scalars(query)}


async def meetings_to_end(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    """Return those of these meetings that are gone, or cancelled for longer than `LATE` and without pending mails."""
    found = await find_meetings(session, ids)
    has_mails = sa.exists().where(col(MAIL.meeting_id) == col(MEETING.id), IS_PENDING_MAIL)
    is_over = sa.and_(col(MEETING.cancelled_at) < NOW - LATE, ~has_mails)
    query = sa.select(col(MEETING.id)).where(col(MEETING.id) == sa.any_(sa.literal(list(found), IDS)), is_over)
    return {*(set(ids) - set(found)), *(await session.scalars(query))}


async def slots_out_of_step(session: AsyncSession, after: UUID | None, limit: int) -> Sequence[TimeSlotRow]:
    """Return time slots whose attendee slots do not fit their additional employees or their values, by id.

    `after` is the id of the last one of the previous page.
    """
    attendee = aliased(TimeSlotRow)
    is_theirs = col(attendee.companion_of) == SLOTS.c.id
    differs = sa.or_(*(col(getattr(attendee, name)).is_distinct_from(SLOTS.c[name]) for name in SAME))
    fits = sa.and_(is_theirs, ~differs, col(attendee.employee_id) == sa.any_(SLOTS.c.additional_employees))
    number = sa.select(sa.func.count()).select_from(attendee).where(is_theirs).correlate(SLOTS).scalar_subquery()
    fitting = sa.select(sa.func.count()).select_from(attendee).where(fits).correlate(SLOTS).scalar_subquery()
    size = sa.func.cardinality(SLOTS.c.additional_employees)
    is_future = sa.and_(SLOTS.c.end_at > sa.func.now(), SLOTS.c.companion_of.is_(None), SLOTS.c.client_id.is_not(None))
    wrong = sa.or_(fitting != size, number != size)
    query = sa.select(TimeSlotRow).where(is_future, wrong)
    query = query if after is None else query.where(SLOTS.c.id > after)
    return (await session.scalars(query.order_by(SLOTS.c.id).limit(limit))).all()


async def clients_with_late_deliveries(session: AsyncSession) -> Sequence[LateDeliveries]:
    """Return the clients that have a delivery which was due for longer than `LATE`, in the order of clients.

    Only the first pending delivery of a booking to a webhook can be due: the others wait for it.
    """
    due_at = sa.func.greatest(
        col(DELIVERY.created_at),
        col(DELIVERY.next_attempt_at),
        col(DELIVERY.asked_again_at),
        col(WebhookRow.paused_until),
    ).label("due_at")
    heads = (
        sa.select(col(WebhookRow.client_id), due_at)
        .join_from(DELIVERY, WebhookRow, col(WebhookRow.id) == col(DELIVERY.webhook_id))
        .ext(distinct_on(col(DELIVERY.webhook_id), col(DELIVERY.booking_key)))
        .where(IS_PENDING_DELIVERY)
        .order_by(col(DELIVERY.webhook_id), col(DELIVERY.booking_key), col(DELIVERY.position))
        .subquery("heads")
    )
    query = (
        sa.select(heads.c.client_id, sa.func.count(), sa.func.min(heads.c.due_at))
        .where(heads.c.due_at < NOW - LATE)
        .group_by(heads.c.client_id)
        .order_by(heads.c.client_id)
    )
    return [LateDeliveries(*row) for row in await session.execute(query)]


async def late_events(session: AsyncSession) -> tuple[int, datetime | None]:
    """Return the number of events that wait to be published for longer than `LATE`, and the time of the first one."""
    is_late = sa.and_(col(BookingEventRow.position).is_(None), col(BookingEventRow.at) < NOW - LATE)
    row = (await session.execute(sa.select(sa.func.count(), sa.func.min(col(BookingEventRow.at))).where(is_late))).one()
    return row[0], row[1]


async def late_mails(session: AsyncSession, after: str | None, limit: int) -> Sequence[InvitationRow]:
    """Return pending mails that were created and last claimed longer than `MAIL_LATE` ago, by message id.

    `after` is the message id of the last one of the previous page.
    """
    touched = sa.func.greatest(col(MAIL.created_at), col(MAIL.claimed_until))
    query = sa.select(MAIL).where(IS_PENDING_MAIL, touched < NOW - MAIL_LATE).order_by(col(MAIL.message_id))
    query = query if after is None else query.where(col(MAIL.message_id) > after)
    return (await session.scalars(query.limit(limit))).all()


async def find_slots(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, Any]:
    """Return these time slots with a deadline by id."""
    query = sa.select(SLOT).where(IS_HOLD, col(SLOT.id) == sa.any_(sa.literal(list(ids), IDS)))
    return {each.id: each for each in await session.scalars(query)}
