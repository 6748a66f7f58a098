"""Log of booking events. Each event is appended in the transaction that makes the change."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.messages.booking import Cancellation
from domain.request_context import TRACEPARENT
from storage.statements import AS_STORED, given, table_of
from storage.tables.booking import BookingEventRow, TimeSlotRow


class EventKind(StrEnum):
    """Published event types."""

    RESERVED = "booking.reserved"
    BOOKED = "booking.booked"
    EXTENDED = "booking.extended"
    EXPIRED = "booking.expired"
    RELEASED = "booking.released"
    MEETING_CREATED = "meeting.created"
    MEETING_CHANGED = "meeting.changed"
    MEETING_MOVED = "meeting.moved"
    MEETING_CANCELLED = "meeting.cancelled"
    MEETING_REMINDER = "meeting.reminder"


EXPIRED_AT: Final = "expiredAt"
"""Key in `facts` of a `booking.expired` event: the deadline, which is earlier than the time of the event."""

EVENTS: Final = table_of(BookingEventRow)
SLOTS: Final = table_of(TimeSlotRow)
COLUMNS: Final = (
    "kind",
    "client_id",
    "reservation_token",
    "time_slot_id",
    "meeting_id",
    "booking_key",
    "public_id",
    "customer_id",
    "facts",
)
SHARED_WITH_ATTENDEES: Final = ("status", "hold_expires_at", "client_id", "modified_at")
"""Columns that always have the same values in a time slot and in its attendee slots."""

TRACE: Final[sa.BindParameter[str | None]] = sa.bindparam(
    None, callable_=TRACEPARENT.get, type_=EVENTS.c.traceparent.type, unique=True
)
"""Place of the current work in its trace, read when the statement is executed."""

APPEND: Final = sa.insert(EVENTS).values(at=sa.func.clock_timestamp(), traceparent=TRACE, **given(EVENTS, COLUMNS))
APPEND_FIRST: Final = (
    sa.insert(EVENTS)
    .from_select(
        ["at", "traceparent", *COLUMNS],
        sa.select(
            sa.func.clock_timestamp(), TRACE, *(sa.bindparam(each, type_=EVENTS.c[each].type) for each in COLUMNS)
        ),
    )
    .cte("event")
)
"""`APPEND` as a CTE of another statement.

It has parameters only for the columns in `COLUMNS`, so the other statement may use the names of other event columns.
"""

APPEND_AND_READ_TIME: Final = APPEND.returning(EVENTS.c.at)
HAS_EVENT: Final = sa.select(
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

    An update also sets the columns `SHARED_WITH_ATTENDEES` of the attendee slots. The statement returns each changed
    time slot and the time of its event by the database's clock. The parameters of an update must not have the names of
    columns: SQLAlchemy would set these columns of the attendee slots.
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
        "customer_id": changed.c.customer_id,
        "facts": facts,
        "traceparent": TRACE,
    }
    event = sa.insert(EVENTS).from_select(list(values), sa.select(*values.values())).returning(EVENTS.c.at).cte("event")
    both: sa.Select[TimeSlotRow, datetime] = sa.select(aliased(TimeSlotRow, changed), event.c.at)
    answered = both.join(event, sa.true()).execution_options(**AS_STORED)
    if isinstance(change, sa.Insert):
        return answered
    same = {name: changed.c[name] for name in SHARED_WITH_ATTENDEES}
    attendee_slots = sa.update(SLOTS).where(SLOTS.c.companion_of == changed.c.id)
    return answered.add_cte(attendee_slots.values(**same, version=SLOTS.c.version + 1).cte("attendee_slots"))


async def append_event(
    session: AsyncSession,
    kind: EventKind,
    slot: TimeSlotRow,
    *,
    meeting_id: UUID | None = None,
    customer_id: str | None = None,
    step_id: UUID | None = None,
    cancellation: Cancellation | None = None,
    **facts: str,
) -> datetime:
    """Append an event about `slot`. Return the time of the event by the database's clock.

    `customer_id` is the meeting's, or by default that of the slot. `step_id` becomes the public id of the event, by
    which `has_event` finds later that the step was completed. `cancellation` adds its facts.
    """
    values = event_values(kind, slot, meeting_id, step_id, **facts, **(cancellation.facts if cancellation else {}))
    if customer_id is not None:
        values["customer_id"] = customer_id
    at: datetime = (await session.execute(APPEND_AND_READ_TIME, values)).scalar_one()
    return at


async def has_event(session: AsyncSession, meeting_id: UUID, step_id: UUID) -> bool:
    """Return whether the step with this id has changed the meeting."""
    return bool(await session.scalar(HAS_EVENT, {"meeting_id": meeting_id, "step_id": step_id}))


async def append_expired(session: AsyncSession, slots: Sequence[TimeSlotRow]) -> None:
    """Append one `booking.expired` event for each of these time slots, in one round trip."""
    if slots:
        await session.execute(APPEND, [event_values(EventKind.EXPIRED, each) for each in slots])


def event_values(
    kind: EventKind, slot: TimeSlotRow, meeting_id: UUID | None = None, step_id: UUID | None = None, **facts: str
) -> dict[str, object]:
    """Return the parameters of `APPEND` for an event about `slot`. The public id is `step_id`, or random without it."""
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
        "customer_id": slot.customer_id,
        "facts": {"employeeId": str(slot.employee_id), "start": slot.start_at.isoformat(), **facts},
    }


async def last_event(session: AsyncSession, time_slot_id: UUID) -> BookingEventRow | None:
    """Return the last event about the time slot, which may be deleted by now."""
    return await session.scalar(LAST, {"time_slot_id": time_slot_id})


async def last_events_of_token(session: AsyncSession, token: str, client_id: str | None) -> Sequence[BookingEventRow]:
    """Return the last event under this token for each client that has used the token, or for one client."""
    query = (
        sa.select(BookingEventRow)
        .ext(distinct_on(EVENTS.c.client_id))
        .where(EVENTS.c.reservation_token == token)
        .order_by(EVENTS.c.client_id, EVENTS.c.id.desc())
    )
    return (await session.scalars(query if client_id is None else query.where(EVENTS.c.client_id == client_id))).all()


def expired_at(event: BookingEventRow) -> datetime:
    """Return the deadline of the expired hold, or the time of the event if the event does not record the deadline."""
    deadline = event.facts.get(EXPIRED_AT)
    return event.at if deadline is None else datetime.fromisoformat(deadline)
