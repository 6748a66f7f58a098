"""Queries of time slots, and the conditions that statements about time slots share. The clock is the database's.

Attendee slots are the rows that hold the time of the additional employees of a time slot. An attendee slot is deleted
with its time slot. A transaction must lock the row of the time slot before it changes or removes the time slot. So no
transaction waits for the row of an attendee slot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.errors import BookMeError, HoldExpired, HoldReleased, NotFound
from domain.messages.booking import CancelledBy
from domain.time_slots import Interval
from storage.bookings.events import EventKind, expired_at, last_event
from storage.statements import AS_STORED, IDS, table_of, unseen
from storage.tables.booking import TimeSlotRow
from storage.tables.columns import INSTANT
from storage.tables.organisation import EmployeeRow

NOW: sa.Function[datetime] = sa.func.clock_timestamp(type_=INSTANT)
"""Time at which the database evaluates the expression, not the time at which the transaction began."""

SLOT = TimeSlotRow
SLOTS: Final = table_of(TimeSlotRow)

IS_HOLD = SLOTS.c.hold_expires_at.is_not(None)
IS_KEPT = SLOTS.c.hold_expires_at > NOW
IS_LIVE = sa.or_(~IS_HOLD, IS_KEPT)
IS_OVERDUE = SLOTS.c.hold_expires_at <= NOW

IS_IT: Final = SLOTS.c.id == sa.bindparam("time_slot_id", type_=sa.Uuid)
IS_CLIENTS: Final = SLOTS.c.client_id == unseen("client_id", sa.Text())
IS_OF: Final = sa.and_(IS_CLIENTS, SLOTS.c.reservation_token == unseen("token", sa.Text()))


def _touching(start: sa.ColumnElement[datetime], end: sa.ColumnElement[datetime]) -> sa.ColumnElement[bool]:
    return sa.and_(SLOTS.c.start_at < end, SLOTS.c.end_at > start)


def _concerning(employees: sa.ColumnElement[Any], rooms: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.or_(SLOTS.c.employee_id == sa.any_(employees), SLOTS.c.room_id == sa.any_(rooms))


TOUCHES: Final = _touching(sa.bindparam("window_start", type_=INSTANT), sa.bindparam("window_end", type_=INSTANT))
TOUCHES_UNSEEN: Final = _touching(unseen("window_start", INSTANT), unseen("window_end", INSTANT))
OVERLAPS: Final = _touching(sa.bindparam("start", type_=INSTANT), sa.bindparam("end", type_=INSTANT))
CONCERNS: Final = _concerning(sa.bindparam("employees", type_=IDS), sa.bindparam("rooms", type_=IDS))
CONCERNS_UNSEEN: Final = _concerning(unseen("employees", IDS), unseen("rooms", IDS))

EMPLOYEE_NAME: Final = (
    sa.select(col(EmployeeRow.display_name)).where(col(EmployeeRow.id) == SLOTS.c.employee_id).scalar_subquery()
)

FIND: Final = sa.select(TimeSlotRow).where(IS_IT)
FIND_AND_LOCK: Final = FIND.with_for_update()
READ_WITH_TIME: Final = sa.select(TimeSlotRow, NOW, EMPLOYEE_NAME).where(IS_IT)
READ_WITH_SHARE_LOCK: Final = sa.select(TimeSlotRow, NOW).where(IS_IT).with_for_update(read=True)
LIVE_HOLD: Final = sa.select(TimeSlotRow).where(IS_OF, IS_KEPT)
AT_THAT_TIME: Final = sa.and_(
    ~IS_HOLD,
    SLOTS.c.start_at == sa.bindparam("start", type_=INSTANT),
    SLOTS.c.end_at == sa.bindparam("end", type_=INSTANT),
)
ASKED_BEFORE: Final = (
    sa.select(TimeSlotRow)
    .where(IS_OF, sa.or_(IS_KEPT, AT_THAT_TIME))
    .order_by(SLOTS.c.hold_expires_at.asc().nulls_last())
    .limit(1)
)
IS_OWN_HOLD: Final = sa.and_(IS_OF, IS_HOLD)
OF_BOOKING: Final = (
    sa.select(TimeSlotRow, NOW, EMPLOYEE_NAME).where(sa.or_(IS_OWN_HOLD, IS_IT)).order_by(IS_OWN_HOLD.desc()).limit(1)
)
LIVE_HOLDS: Final = sa.select(sa.func.count()).where(IS_CLIENTS, IS_KEPT)
TIME: Final = sa.select(NOW)
REAL_TIME: Final = sa.select(sa.func.pg_catalog.clock_timestamp(type_=INSTANT))


@dataclass(frozen=True, slots=True)
class TimedSlot:
    """A time slot, and the time of the query or change by the database's clock.

    `employee_name` is the display name of its employee, if the query has read it.
    """

    slot: TimeSlotRow
    at: datetime
    employee_name: str | None = None

    @property
    def is_overdue(self) -> bool:
        """True if the deadline of the time slot had passed at that time."""
        return self.slot.hold_expires_at is not None and self.slot.hold_expires_at <= self.at


async def database_time(session: AsyncSession) -> datetime:
    """Return the current time of the database's clock."""
    return (await session.execute(TIME)).scalar_one()


async def real_time(session: AsyncSession) -> datetime:
    """Return the real time by the clock of the database's server. In a sandbox, `database_time` may be ahead of it."""
    return (await session.execute(REAL_TIME)).scalar_one()


async def find(session: AsyncSession, time_slot_id: UUID, *, for_update: bool = False) -> TimeSlotRow | None:
    query = FIND_AND_LOCK if for_update else FIND
    return await session.scalar(query, {"time_slot_id": time_slot_id}, execution_options=AS_STORED)


async def read_with_time(session: AsyncSession, time_slot_id: UUID) -> TimedSlot | None:
    """Return the time slot and the current time, or None if there is no such time slot."""
    return await _read_timed(session, READ_WITH_TIME, time_slot_id=time_slot_id)


async def read_with_share_lock(session: AsyncSession, time_slot_id: UUID) -> TimedSlot | None:
    """Return the time slot and the current time, once no other transaction is changing the time slot.

    The share lock is necessary because a step that began before a deadline may be committed after the deadline.
    """
    return await _read_timed(session, READ_WITH_SHARE_LOCK, time_slot_id=time_slot_id)


async def is_over(session: AsyncSession, seen: TimedSlot) -> bool:
    """Return whether the deadline of this time slot has finally passed.

    If it has passed, a share lock waits for a step that began in time and is not committed yet. Such a step may
    have extended the deadline. A step that begins later is refused.
    """
    if not seen.is_overdue:
        return False
    settled = await read_with_share_lock(session, seen.slot.id)
    return settled is None or settled.is_overdue


async def find_live_hold(session: AsyncSession, client_id: str, token: str) -> TimeSlotRow | None:
    """Return the hold of this booking that is not overdue, or None. A time slot with a meeting is not a hold."""
    return await session.scalar(LIVE_HOLD, {"client_id": client_id, "token": token}, execution_options=AS_STORED)


async def find_asked_before(session: AsyncSession, client_id: str, token: str, asked: Interval) -> TimeSlotRow | None:
    """Return the live hold of this booking, else its time slot at exactly the interval `asked` that has no deadline.

    A time slot without a deadline has a meeting. Return None if there is neither.
    """
    what = {"client_id": client_id, "token": token, "start": asked.start, "end": asked.end}
    return await session.scalar(ASKED_BEFORE, what, execution_options=AS_STORED)


async def read_slot_of_booking(
    session: AsyncSession, client_id: str, token: str, time_slot_id: UUID | None
) -> TimedSlot | None:
    """Return the hold of this booking, overdue or not, else the time slot of that id, which may have a meeting."""
    return await _read_timed(session, OF_BOOKING, client_id=client_id, token=token, time_slot_id=time_slot_id)


async def _read_timed(
    session: AsyncSession,
    query: sa.Select[TimeSlotRow, datetime] | sa.Select[TimeSlotRow, datetime, str | None],
    **which: object,
) -> TimedSlot | None:
    found = (await session.execute(query, which, execution_options=AS_STORED)).first()
    return None if found is None else TimedSlot(*found)


async def list_live_holds(
    session: AsyncSession, wanted: Mapping[str, object], after: tuple[datetime, UUID] | None, limit: int
) -> list[TimedSlot]:
    """Return at most `limit` holds that are not overdue, the oldest first, without attendee slots.

    `wanted` has columns and their values. `after` is the creation time and the id of the last hold of the former page.
    """
    order = (SLOTS.c.created_at, SLOTS.c.id)
    query = sa.select(TimeSlotRow, NOW).where(IS_HOLD, IS_KEPT, SLOTS.c.companion_of.is_(None))
    query = query.where(*(SLOTS.c[name] == value for name, value in wanted.items()))
    if after is not None:
        query = query.where(sa.tuple_(*order) > sa.tuple_(*map(sa.literal, after)))
    return [TimedSlot(*row) for row in await session.execute(query.order_by(*order).limit(limit))]


async def find_holds_of_token(session: AsyncSession, token: str, client_id: str | None) -> Sequence[TimeSlotRow]:
    """Return the holds under this token, overdue or not, of one client or of all clients (None)."""
    query = sa.select(TimeSlotRow).where(IS_HOLD, col(SLOT.reservation_token) == token)
    return (await session.scalars(query if client_id is None else query.where(col(SLOT.client_id) == client_id))).all()


async def count_live_holds(session: AsyncSession, client_id: str) -> int:
    """Return the number of live holds of the client. Each attendee slot counts as one more."""
    return (await session.execute(LIVE_HOLDS, {"client_id": client_id})).scalar_one()


async def why_gone(session: AsyncSession, time_slot_id: UUID) -> BookMeError:
    """Return the error for a request for a time slot that was deleted, is overdue or has changed.

    The last event about a deleted time slot says why it was deleted.
    """
    seen = await read_with_time(session, time_slot_id)
    if seen is not None:
        return HoldExpired(seen.slot.hold_expires_at) if seen.is_overdue else HoldReleased("changed meanwhile")
    event = await last_event(session, time_slot_id)
    if event is None:
        return NotFound("time slot", time_slot_id)
    if event.kind == EventKind.EXPIRED:
        return HoldExpired(expired_at(event))
    if event.kind.startswith("meeting."):
        is_cancelled = event.kind == EventKind.MEETING_CANCELLED
        how = f"freed when its meeting was {'cancelled' if is_cancelled else 'moved'}"
        return HoldReleased(how, None if is_cancelled else event.meeting_id)
    by = "staff" if event.facts.get("cancelledBy") == CancelledBy.STAFF else "the client"
    return HoldReleased(HOW_RELEASED.get(event.facts.get("cause", ""), f"given back by {by}"))


HOW_RELEASED = {
    "replaced": "replaced by another time slot under the same token",
    "cancelled": "ended by an operator",
    "failed": "ended by a failure",
    "meeting_cancelled": "freed because the meeting that it was to move was cancelled",
}


def touches(window: Interval) -> sa.ColumnElement[bool]:
    return _touching(sa.literal(window.start, INSTANT), sa.literal(window.end, INSTANT))


def concerns(employees: Sequence[UUID], rooms: Sequence[UUID]) -> sa.ColumnElement[bool]:
    return _concerning(sa.literal(employees, IDS), sa.literal(rooms, IDS))


def in_window(window: Interval) -> Mapping[str, Any]:
    """Return the parameters of `TOUCHES` and `TOUCHES_UNSEEN`."""
    return {"window_start": window.start, "window_end": window.end}


def attendee_slot_id(time_slot_id: UUID, employee_id: UUID) -> UUID:
    """Return the id of the attendee slot.

    The id is derived from both ids, so each employee has at most one attendee slot per time slot.
    """
    return uuid5(time_slot_id, str(employee_id))


def with_attendee_slots(*slots: TimeSlotRow | None) -> frozenset[UUID]:
    """Return the ids of these time slots and of their attendee slots. None is skipped."""
    known = [slot for slot in slots if slot is not None]
    attendees = (attendee_slot_id(slot.id, each) for slot in known for each in slot.additional_employees)
    return frozenset((*(slot.id for slot in known), *attendees))


async def own_time(
    session: AsyncSession, slot: TimeSlotRow, window: Interval, employees: Sequence[UUID], rooms: Sequence[UUID] = ()
) -> frozenset[UUID]:
    """Return the ids of the slots in `window` that the same booking has of these employees or rooms.

    While a meeting is moved, its booking has two time slots.
    """
    is_same = col(SLOT.booking_key) == slot.booking_key
    query = sa.select(col(SLOT.id)).where(is_same, touches(window), concerns(employees, rooms))
    return frozenset(await session.scalars(query))
