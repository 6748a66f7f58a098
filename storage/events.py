"""The booking log: every change of a booking, told in the transaction that makes it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.booking_tables import BookingEventRow, TimeSlotRow
from storage.statements import AS_STORED, given, table_of


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
SLOTS: Final = table_of(TimeSlotRow)
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
SHARED_WITH_COMPANIONS: Final = ("status", "hold_expires_at", "client_id", "modified_at")
"""The columns that the companions of a time slot always share with it."""

APPEND: Final = sa.insert(EVENTS).values(at=sa.func.clock_timestamp(), **given(EVENTS, TOLD))
APPEND_FIRST: Final = (
    sa.insert(EVENTS)
    .from_select(
        ["at", *TOLD],
        sa.select(sa.func.clock_timestamp(), *(sa.bindparam(each, type_=EVENTS.c[each].type) for each in TOLD)),
    )
    .cte("event")
)
"""The same as a part of another statement, whose parameters may have the names of other columns of an event."""

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


def with_event(kind: EventKind, change: sa.Insert | sa.Update) -> sa.Select[TimeSlotRow, datetime]:
    """Build one statement that changes time slots and appends an event of this kind for each.

    An update gives the companions of each time slot what they share with it, too. The statement returns each time
    slot as changed, with the time of its event by the database's clock. The parameters of an update must not have the
    names of columns: SQLAlchemy would set these columns of the companions.
    """
    changed = change.returning(SLOTS).cte("changed")
    facts = sa.func.jsonb_build_object("employeeId", changed.c.employee_id, "start", changed.c.start_at)
    values = {
        "at": sa.func.clock_timestamp(),
        "kind": sa.literal(kind.value),
        "client_id": changed.c.client_id,
        "reservation_token": changed.c.reservation_token,
        "time_slot_id": changed.c.id,
        "booking_key": changed.c.booking_key,
        "facts": facts,
    }
    event = sa.insert(EVENTS).from_select(list(values), sa.select(*values.values())).returning(EVENTS.c.at).cte("event")
    both: sa.Select[TimeSlotRow, datetime] = sa.select(aliased(TimeSlotRow, changed), event.c.at)
    answered = both.join(event, sa.true()).execution_options(**AS_STORED)
    if isinstance(change, sa.Insert):
        return answered
    same = {name: changed.c[name] for name in SHARED_WITH_COMPANIONS}
    companions = sa.update(SLOTS).where(SLOTS.c.companion_of == changed.c.id)
    return answered.add_cte(companions.values(**same, version=SLOTS.c.version + 1).cte("companions"))


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
    values = event_values(kind, slot, meeting_id, step_id, **facts)
    at: datetime = (await session.execute(TELL, values)).scalar_one()
    return at


async def has_told(session: AsyncSession, meeting_id: UUID, step_id: UUID) -> bool:
    """Whether the step of this id has changed the meeting."""
    return bool(await session.scalar(HAS_TOLD, {"meeting_id": meeting_id, "step_id": step_id}))


async def append_expired(session: AsyncSession, slots: Sequence[TimeSlotRow]) -> None:
    """Append one `booking.expired` event for each of these time slots, with one round trip."""
    if slots:
        await session.execute(APPEND, [event_values(EventKind.EXPIRED, each) for each in slots])


def event_values(
    kind: EventKind, slot: TimeSlotRow, meeting_id: UUID | None = None, step_id: UUID | None = None, **facts: str
) -> dict[str, object]:
    """Return the parameters of `APPEND` for an event of `slot`; its public id is `step_id`, else random."""
    if kind is EventKind.EXPIRED and slot.hold_expires_at is not None:
        facts[EXPIRED_AT] = slot.hold_expires_at.isoformat()
    return {
        "kind": kind,
        "client_id": slot.client_id,
        "reservation_token": slot.reservation_token,
        "time_slot_id": slot.id,
        "meeting_id": meeting_id,
        "booking_key": slot.booking_key,
        "public_id": step_id or uuid4(),
        "facts": {"employeeId": str(slot.employee_id), "start": slot.start_at.isoformat(), **facts},
    }


async def last_event(session: AsyncSession, time_slot_id: UUID) -> BookingEventRow | None:
    """What happened last to a time slot, which may be gone by now."""
    return await session.scalar(LAST, {"time_slot_id": time_slot_id})


def expired_at(event: BookingEventRow) -> datetime:
    """The deadline that had passed."""
    told = event.facts.get(EXPIRED_AT)
    return event.at if told is None else datetime.fromisoformat(told)
