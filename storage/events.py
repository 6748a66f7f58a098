"""The booking log: every change of a booking, told in the transaction that makes it."""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.tables import BookingEventRow, TimeSlotRow


class EventKind(StrEnum):
    """The published event types."""

    RESERVED = "booking.reserved"
    BOOKED = "booking.booked"
    EXPIRED = "booking.expired"
    RELEASED = "booking.released"
    MEETING_CREATED = "meeting.created"
    MEETING_CHANGED = "meeting.changed"
    MEETING_MOVED = "meeting.moved"
    MEETING_CANCELLED = "meeting.cancelled"
    MEETING_REMINDER = "meeting.reminder"


EXPIRED_AT: Final = "expiredAt"
"""The fact that an expiry tells: when the deadline was, which is before anybody noticed."""


async def tell(
    session: AsyncSession, kind: EventKind, slot: TimeSlotRow, *, meeting_id: UUID | None = None, **facts: str
) -> datetime:
    """Append to the log what has happened to `slot`. Answers when that was, by the database's clock."""
    if kind is EventKind.EXPIRED and slot.hold_expires_at is not None:
        facts[EXPIRED_AT] = slot.hold_expires_at.isoformat()
    told = await session.execute(
        sa.insert(BookingEventRow)
        .values(
            at=sa.func.clock_timestamp(),
            kind=kind,
            client_id=slot.client_id,
            reservation_token=slot.reservation_token,
            time_slot_id=slot.id,
            meeting_id=meeting_id,
            booking_key=slot.booking_key,
            facts={"employeeId": str(slot.employee_id), "start": slot.start_at.isoformat(), **facts},
        )
        .returning(col(BookingEventRow.at))
    )
    return told.scalar_one()


async def last_event(session: AsyncSession, time_slot_id: UUID) -> BookingEventRow | None:
    """What happened last to a time slot, which may be gone by now."""
    newest = col(BookingEventRow.id).desc()
    return await session.scalar(
        sa.select(BookingEventRow).where(col(BookingEventRow.time_slot_id) == time_slot_id).order_by(newest).limit(1)
    )


def expired_at(event: BookingEventRow) -> datetime:
    """The deadline that had passed."""
    told = event.facts.get(EXPIRED_AT)
    return event.at if told is None else datetime.fromisoformat(told)
