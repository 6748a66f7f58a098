"""Queries of time slots, and the words that statements about them are made of. The clock is the database's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import BookMeError, HoldExpired, HoldReleased, NotFound
from domain.time_slots import Interval
from storage.booking_tables import TimeSlotRow
from storage.columns import INSTANT
from storage.events import EventKind, expired_at, last_event
from storage.statements import AS_STORED, IDS, table_of

NOW: sa.Function[datetime] = sa.func.clock_timestamp(type_=INSTANT)
"""The instant at which the statement looks, not the one at which its transaction began."""

SLOT = TimeSlotRow
SLOTS: Final = table_of(TimeSlotRow)

IS_HOLD = SLOTS.c.hold_expires_at.is_not(None)
IS_KEPT = SLOTS.c.hold_expires_at > NOW
IS_LIVE = sa.or_(~IS_HOLD, IS_KEPT)
IS_OVERDUE = SLOTS.c.hold_expires_at <= NOW

IS_IT: Final = SLOTS.c.id == sa.bindparam("time_slot_id", type_=sa.Uuid)
IS_CLIENTS: Final = SLOTS.c.client_id == sa.bindparam("client_id", type_=sa.Text)
IS_OF: Final = sa.and_(IS_CLIENTS, SLOTS.c.reservation_token == sa.bindparam("token", type_=sa.Text))


def _touching(start: sa.BindParameter[datetime], end: sa.BindParameter[datetime]) -> sa.ColumnElement[bool]:
    return sa.and_(SLOTS.c.start_at < end, SLOTS.c.end_at > start)


def _concerning(employees: sa.BindParameter[Any], rooms: sa.BindParameter[Any]) -> sa.ColumnElement[bool]:
    return sa.or_(SLOTS.c.employee_id == sa.any_(employees), SLOTS.c.room_id == sa.any_(rooms))


TOUCHES: Final = _touching(sa.bindparam("window_start", type_=INSTANT), sa.bindparam("window_end", type_=INSTANT))
OVERLAPS: Final = _touching(sa.bindparam("start", type_=INSTANT), sa.bindparam("end", type_=INSTANT))
CONCERNS: Final = _concerning(sa.bindparam("employees", type_=IDS), sa.bindparam("rooms", type_=IDS))

FIND: Final = sa.select(TimeSlotRow).where(IS_IT)
FIND_AND_LOCK: Final = FIND.with_for_update()
SIGHT: Final = sa.select(TimeSlotRow, NOW).where(IS_IT)
SIGHT_SETTLED: Final = SIGHT.with_for_update(read=True)
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
OF_BOOKING: Final = sa.select(TimeSlotRow, NOW).where(sa.or_(IS_OWN_HOLD, IS_IT)).order_by(IS_OWN_HOLD.desc()).limit(1)
LIVE_HOLDS: Final = sa.select(sa.func.count()).where(IS_CLIENTS, IS_KEPT)
LOCK: Final = sa.select(
    sa.func.pg_advisory_xact_lock(
        sa.func.hashtextextended(
            sa.func.unnest(sa.bindparam("names", type_=sa.ARRAY(sa.Text))).column_valued("name"), 0
        )
    )
)
TIME: Final = sa.select(NOW)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A time slot, and when it was looked at by the database's clock."""

    slot: TimeSlotRow
    at: datetime

    @property
    def is_overdue(self) -> bool:
        """Whether the slot's deadline had passed then."""
        return self.slot.hold_expires_at is not None and self.slot.hold_expires_at <= self.at


async def lock(session: AsyncSession, names: Iterable[str]) -> None:
    """Queue for these names until the transaction ends, always in the same order, so that nobody deadlocks.

    The exclusion constraint alone is correct, but makes racing inserts wait for each other's deadlock detection.
    """
    await session.execute(LOCK, {"names": sorted(set(names))})


async def database_time(session: AsyncSession) -> datetime:
    """The database's clock, now."""
    return (await session.execute(TIME)).scalar_one()


async def find(session: AsyncSession, time_slot_id: UUID, *, for_update: bool = False) -> TimeSlotRow | None:
    query = FIND_AND_LOCK if for_update else FIND
    return await session.scalar(query, {"time_slot_id": time_slot_id}, execution_options=AS_STORED)


async def sight(session: AsyncSession, time_slot_id: UUID) -> Sighting | None:
    """The time slot, and what time it is."""
    return await _sighted(session, SIGHT, time_slot_id=time_slot_id)


async def sight_settled(session: AsyncSession, time_slot_id: UUID) -> Sighting | None:
    """The same, once nobody is changing it: a step that began before a deadline may be committed after it."""
    return await _sighted(session, SIGHT_SETTLED, time_slot_id=time_slot_id)


async def is_over(session: AsyncSession, seen: Sighting) -> bool:
    """Whether the deadline has passed, for good: no step can come any more that was in time."""
    if not seen.is_overdue:
        return False
    settled = await sight_settled(session, seen.slot.id)
    return settled is None or settled.is_overdue


async def find_live_hold(session: AsyncSession, client_id: str, token: str) -> TimeSlotRow | None:
    """The time slot that this booking keeps now, if any; one with a meeting is no hold any more."""
    return await session.scalar(LIVE_HOLD, {"client_id": client_id, "token": token}, execution_options=AS_STORED)


async def find_asked_before(session: AsyncSession, client_id: str, token: str, asked: Interval) -> TimeSlotRow | None:
    """The time slot that this booking keeps now; else the one at exactly that time which has its meeting."""
    what = {"client_id": client_id, "token": token, "start": asked.start, "end": asked.end}
    return await session.scalar(ASKED_BEFORE, what, execution_options=AS_STORED)


async def sight_of_booking(
    session: AsyncSession, client_id: str, token: str, time_slot_id: UUID | None
) -> Sighting | None:
    """The slot that this booking keeps, overdue or not; else the slot of that id, which may have its meeting."""
    return await _sighted(session, OF_BOOKING, client_id=client_id, token=token, time_slot_id=time_slot_id)


async def _sighted(session: AsyncSession, query: sa.Select[TimeSlotRow, datetime], **which: object) -> Sighting | None:
    found = (await session.execute(query, which, execution_options=AS_STORED)).first()
    return None if found is None else Sighting(*found)


async def count_live_holds(session: AsyncSession, client_id: str) -> int:
    """How many time slots a client keeps without a meeting; each additional employee is one more."""
    return (await session.execute(LIVE_HOLDS, {"client_id": client_id})).scalar_one()


async def why_gone(session: AsyncSession, time_slot_id: UUID) -> BookMeError:
    """What to tell somebody who asks for a time slot that is not there, is overdue, or is another by now."""
    seen = await sight(session, time_slot_id)
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
    return HoldReleased(HOW_RELEASED.get(event.facts.get("cause", ""), "given back by the client"))


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
    """What `TOUCHES` asks for."""
    return {"window_start": window.start, "window_end": window.end}
