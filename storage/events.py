"""The booking log: every change of a booking, told in the transaction that makes it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from storage.booking_tables import BookingEventRow, TimeSlotRow
from storage.statements import given, table_of


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

EVENTS: Final = table_of(BookingEventRow)
TOLD: Final = (
    "kind",
    "client_id",
    "reservation_token",
    "time_slot_id",
    "meeting_id",
    "booking_key",
    "public_id",
    "facts",
)
APPEND: Final = sa.insert(EVENTS).values(at=sa.func.clock_timestamp(), **given(EVENTS, TOLD))
TELL: Final = APPEND.returning(EVENTS.c.at)
HAS_TOLD: Final = sa.select(
    sa.exists().where(
        EVENTS.c.meeting_id == sa.bindparam("meeting_id", type_=sa.Uuid),
        EVENTS.c.public_id == sa.bindparam("step_id", type_=sa.Uuid),
    )
)
LAST: Final = (
    sa.select(BookingEventRow)
    .where(EVENTS.c.time_slot_id == sa.bindparam("time_slot_id", type_=sa.Uuid))
    .order_by(EVENTS.c.id.desc())
    .limit(1)
)


async def tell(
    session: AsyncSession,
    kind: EventKind,
    slot: TimeSlotRow,
    *,
    meeting_id: UUID | None = None,
    step_id: UUID | None = None,
    **facts: str,
) -> datetime:
    """Append to the log what has happened to `slot`. Answers when that was, by the database's clock.

    With `step_id`, `has_told` knows later that this step was taken.
    """
    values = _values(kind, slot, meeting_id, facts) | {"public_id": step_id or uuid4()}
    at: datetime = (await session.execute(TELL, values)).scalar_one()
    return at


async def has_told(session: AsyncSession, meeting_id: UUID, step_id: UUID) -> bool:
    """Whether the step of this id has changed the meeting."""
    return bool(await session.scalar(HAS_TOLD, {"meeting_id": meeting_id, "step_id": step_id}))


async def append_expired(session: AsyncSession, slots: Sequence[TimeSlotRow]) -> None:
    """Append one `booking.expired` event for each of these time slots, with one round trip."""
    if slots:
        expired = [_values(EventKind.EXPIRED, each, None, {}) | {"public_id": uuid4()} for each in slots]
        await session.execute(APPEND, expired)


def _values(kind: EventKind, slot: TimeSlotRow, meeting_id: UUID | None, facts: dict[str, str]) -> dict[str, object]:
    if kind is EventKind.EXPIRED and slot.hold_expires_at is not None:
        facts[EXPIRED_AT] = slot.hold_expires_at.isoformat()
    return {
        "kind": kind,
        "client_id": slot.client_id,
        "reservation_token": slot.reservation_token,
        "time_slot_id": slot.id,
        "meeting_id": meeting_id,
        "booking_key": slot.booking_key,
        "facts": {"employeeId": str(slot.employee_id), "start": slot.start_at.isoformat(), **facts},
    }


async def last_event(session: AsyncSession, time_slot_id: UUID) -> BookingEventRow | None:
    """What happened last to a time slot, which may be gone by now."""
    return await session.scalar(LAST, {"time_slot_id": time_slot_id})


def expired_at(event: BookingEventRow) -> datetime:
    """The deadline that had passed."""
    told = event.facts.get(EXPIRED_AT)
    return event.at if told is None else datetime.fromisoformat(told)
