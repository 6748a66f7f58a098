"""Finds and erases the personal data of one customer in all tables.

A customer is the name that clients give it (`customerId`). The same name of two clients is the same customer here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from domain.messages.booking import BookingKey
from storage.bookings.time_slots import NOW
from storage.statements import IDS, table_of
from storage.tables.booking import BookingEventRow, MeetingRow, TimeSlotRow
from storage.tables.notifications import InvitationRow, WebhookAttemptRow, WebhookDeliveryRow

ERASED: Final = "erased"
"""Customer of a meeting whose customer was erased. The column cannot be empty."""

MEETINGS: Final = table_of(MeetingRow)
EVENTS: Final = table_of(BookingEventRow)
SLOTS: Final = table_of(TimeSlotRow)
MAILS: Final = table_of(InvitationRow)
DELIVERIES: Final = table_of(WebhookDeliveryRow)
ATTEMPTS: Final = table_of(WebhookAttemptRow)


@dataclass(frozen=True, slots=True)
class CustomerData:
    """Rows with data of one customer.

    `coming` are meetings that are not over and not cancelled, and `holds` are time slots that are held: both must end
    before the erasure. `bookings` name the workflow runs of the customer's bookings.
    """

    meetings: Sequence[UUID]
    coming: Sequence[UUID]
    holds: Sequence[UUID]
    time_slots: Sequence[UUID]
    events: Sequence[int]
    bookings: Sequence[BookingKey]

    @property
    def is_empty(self) -> bool:
        return not self.meetings and not self.events


async def find_customer_data(session: AsyncSession, customer_id: str) -> CustomerData:
    """Return the rows of the customer: meetings, their events, and events of holds that never became a meeting."""
    is_coming = sa.and_(MEETINGS.c.cancelled_at.is_(None), MEETINGS.c.end_at > NOW)
    found = (
        await session.execute(sa.select(MEETINGS.c.id, is_coming).where(MEETINGS.c.customer_id == customer_id))
    ).all()
    meetings = [row[0] for row in found]
    is_theirs = sa.or_(EVENTS.c.customer_id == customer_id, EVENTS.c.meeting_id == sa.any_(sa.literal(meetings, IDS)))
    about = sa.select(EVENTS.c.id, EVENTS.c.time_slot_id, EVENTS.c.client_id, EVENTS.c.reservation_token)
    events = (await session.execute(about.where(is_theirs))).all()
    slots = list({row.time_slot_id for row in events})
    is_held = sa.and_(SLOTS.c.id == sa.any_(sa.literal(slots, IDS)), SLOTS.c.hold_expires_at > NOW)
    return CustomerData(
        meetings=meetings,
        coming=[row[0] for row in found if row[1]],
        holds=list(await session.scalars(sa.select(SLOTS.c.id).where(is_held))),
        time_slots=slots,
        events=[row.id for row in events],
        bookings=[
            BookingKey(client_id=client, token=token)
            for client, token in sorted({(row.client_id, row.reservation_token) for row in events})
        ],
    )


async def erase_rows(session: AsyncSession, data: CustomerData) -> None:
    """Clear the customer's name and all texts about the customer. The bookings stay, without a customer.

    Answers of webhook receivers and of mail servers are cleared too, because they may repeat what they were sent.
    """
    of_meetings = sa.any_(sa.literal(list(data.meetings), IDS))
    of_events = sa.any_(sa.literal(list(data.events), sa.ARRAY(sa.BigInteger)))
    texts = ("title", "description", "video_link", "cancel_reason", "salesforce_id")
    deliveries = sa.select(DELIVERIES.c.id).where(DELIVERIES.c.event_id == of_events)
    for change in (
        sa.update(MEETINGS)
        .where(MEETINGS.c.id == of_meetings)
        .values({"customer_id": ERASED, **dict.fromkeys(texts, None)}),
        sa.update(SLOTS).where(SLOTS.c.id == sa.any_(sa.literal(list(data.time_slots), IDS))).values(customer_id=None),
        sa.update(MAILS).where(MAILS.c.meeting_id == of_meetings).values(failure=None),
        sa.update(ATTEMPTS).where(ATTEMPTS.c.delivery_id.in_(deliveries)).values(response=None, failure=None),
        sa.update(EVENTS)
        .where(EVENTS.c.id == of_events)
        .values(customer_id=None, facts=EVENTS.c.facts.op("-")(sa.literal("reason", sa.Text))),
    ):
        await session.execute(change)
