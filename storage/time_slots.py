"""Queries and changes of time slots. What decides a race is one conditional statement; the clock is the database's."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.errors import BookMeError, HoldExpired, HoldReleased, NotFound, TimeSlotTaken
from domain.time_slots import Interval, TimeSlotStatus
from storage.database import violated_constraint
from storage.events import EventKind, expired_at, last_event
from storage.tables import INSTANT, TimeSlotRow

NOW: sa.Function[datetime] = sa.func.clock_timestamp(type_=INSTANT)
"""The instant at which the statement looks, not the one at which its transaction began."""

AS_STORED: Final = {"populate_existing": True, "synchronize_session": False}
"""What the database says counts, not what this session has seen of the row before."""

SLOT = TimeSlotRow
IS_HOLD = col(SLOT.hold_expires_at).is_not(None)
IS_LIVE = sa.or_(~IS_HOLD, col(SLOT.hold_expires_at) > NOW)
IS_OVERDUE = col(SLOT.hold_expires_at) <= NOW


async def lock(session: AsyncSession, names: Iterable[str]) -> None:
    """Queue for these names until the transaction ends, always in the same order, so that nobody deadlocks.

    The exclusion constraint alone is correct, but makes racing inserts wait for each other's deadlock detection.
    """
    ordered = sa.func.unnest(sa.literal(sorted(set(names)), sa.ARRAY(sa.Text))).column_valued("name")
    await session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(ordered, 0))))


async def database_time(session: AsyncSession) -> datetime:
    """The database's clock, now."""
    return (await session.execute(sa.select(NOW))).scalar_one()


async def is_overdue(session: AsyncSession, slot: TimeSlotRow) -> bool:
    return slot.hold_expires_at is not None and slot.hold_expires_at <= await database_time(session)


async def find(session: AsyncSession, time_slot_id: UUID, *, for_update: bool = False) -> TimeSlotRow | None:
    query = sa.select(TimeSlotRow).where(col(SLOT.id) == time_slot_id)
    return await session.scalar(query.with_for_update() if for_update else query, execution_options=AS_STORED)


async def find_live_hold(session: AsyncSession, client_id: str, token: str) -> TimeSlotRow | None:
    """The time slot that this booking keeps now, if any; one with a meeting is no hold any more."""
    query = sa.select(TimeSlotRow).where(is_of(client_id, token), col(SLOT.hold_expires_at) > NOW)
    return await session.scalar(query, execution_options=AS_STORED)


async def find_asked_before(session: AsyncSession, client_id: str, token: str, asked: Interval) -> TimeSlotRow | None:
    """The time slot that this booking keeps now; else the one at exactly that time which has its meeting."""
    at_that_time = sa.and_(~IS_HOLD, col(SLOT.start_at) == asked.start, col(SLOT.end_at) == asked.end)
    is_kept = col(SLOT.hold_expires_at) > NOW
    query = sa.select(TimeSlotRow).where(is_of(client_id, token), sa.or_(is_kept, at_that_time))
    first = query.order_by(col(SLOT.hold_expires_at).asc().nulls_last()).limit(1)
    return await session.scalar(first, execution_options=AS_STORED)


async def find_of_booking(
    session: AsyncSession, client_id: str, token: str, time_slot_id: UUID | None
) -> TimeSlotRow | None:
    """The slot that this booking keeps, overdue or not; else the slot of that id, which may have its meeting."""
    is_kept = sa.and_(is_of(client_id, token), IS_HOLD)
    query = sa.select(TimeSlotRow).where(sa.or_(is_kept, col(SLOT.id) == time_slot_id))
    return await session.scalar(query.order_by(is_kept.desc()).limit(1), execution_options=AS_STORED)


async def count_live_holds(session: AsyncSession, client_id: str) -> int:
    """How many time slots a client keeps without a meeting; each additional employee is one more."""
    query = sa.select(sa.func.count()).where(col(SLOT.client_id) == client_id, col(SLOT.hold_expires_at) > NOW)
    return (await session.execute(query)).scalar_one()


async def remove_what_ends(
    session: AsyncSession,
    client_id: str,
    token: str,
    window: Interval,
    employees: Sequence[UUID],
    rooms: Sequence[UUID],
) -> Sequence[TimeSlotRow]:
    """Remove what a reservation ends: the booking's own hold, and what anybody let lapse in its way.

    An overdue hold blocks nobody, even if no worker is alive to release it.
    """
    is_own = sa.and_(is_of(client_id, token), IS_HOLD)
    return await _remove(session, is_own | _lapsed(window, employees, rooms), is_own | IS_OVERDUE)


async def remove_overdue(
    session: AsyncSession, window: Interval, employees: Sequence[UUID], rooms: Sequence[UUID] = ()
) -> Sequence[TimeSlotRow]:
    """Remove what anybody let lapse there."""
    return await _remove(session, _lapsed(window, employees, rooms), IS_OVERDUE)


async def _remove(
    session: AsyncSession, found: sa.ColumnElement[bool], may_go: sa.ColumnElement[bool]
) -> Sequence[TimeSlotRow]:
    """Remove the time slots that were found or whose companions were, if they may go when they are locked.

    They are locked in one order, because two transactions may meet the same ones, and before their companions, which
    whoever changes or releases a time slot reaches through it alone.
    """
    mains = sa.select(sa.func.coalesce(col(SLOT.companion_of), col(SLOT.id))).where(found)
    locked = sa.select(col(SLOT.id)).where(col(SLOT.id).in_(mains), may_go).order_by(col(SLOT.id)).with_for_update()
    removal = sa.delete(TimeSlotRow).where(col(SLOT.id).in_(sa.select(locked.cte("ends").c.id))).returning(TimeSlotRow)
    return (await session.scalars(removal, execution_options=AS_STORED)).all()


def _lapsed(window: Interval, employees: Sequence[UUID], rooms: Sequence[UUID]) -> sa.ColumnElement[bool]:
    return sa.and_(touches(window), concerns(employees, rooms), IS_OVERDUE)


async def add_hold(session: AsyncSession, ttl: timedelta, values: Mapping[str, object]) -> TimeSlotRow:
    """Insert a hold with these column values, that lives for `ttl` from now.

    Raises:
        TimeSlotTaken: the exclusion constraint forbids it.

    """
    times = {"hold_expires_at": NOW + ttl, "created_at": NOW, "modified_at": NOW}
    made = sa.insert(TimeSlotRow).values(**values, **times, version=1)
    with overlap_refused():
        return (await session.execute(made.returning(TimeSlotRow))).scalar_one()


@contextmanager
def overlap_refused() -> Iterator[None]:
    """What the exclusion constraint forbids is a fact: the time is taken."""
    try:
        yield
    except IntegrityError as error:
        if "overlap" in (violated_constraint(error) or ""):
            raise TimeSlotTaken from error
        raise


async def mark_booked(session: AsyncSession, time_slot_id: UUID, version: int, ttl: timedelta) -> TimeSlotRow | None:
    """`Reserved` becomes `Booked`, kept for `ttl` more; None unless the hold is of that version and alive."""
    change = sa.update(TimeSlotRow).where(is_held_as(time_slot_id, version, TimeSlotStatus.RESERVED))
    return await changed(session, change.values(status=TimeSlotStatus.BOOKED, hold_expires_at=NOW + ttl))


async def keep_for_good(session: AsyncSession, time_slot_id: UUID, version: int) -> TimeSlotRow | None:
    """The slot gets its meeting, and loses its deadline; None unless it is `Booked`, of that version and alive."""
    change = sa.update(TimeSlotRow).where(is_held_as(time_slot_id, version, TimeSlotStatus.BOOKED))
    return await changed(session, change.values(hold_expires_at=None))


async def let_lapse(session: AsyncSession, time_slot_id: UUID) -> None:
    """End the slot's life now and change its version, so that no late step can still use it."""
    change = sa.update(TimeSlotRow).where(col(SLOT.id) == time_slot_id, IS_LIVE)
    await changed(session, change.values(hold_expires_at=NOW))


async def remove_hold(session: AsyncSession, time_slot_id: UUID) -> TimeSlotRow | None:
    """Delete the slot if it has a deadline, overdue or not: one with a meeting has none. What was deleted, or None."""
    removal = sa.delete(TimeSlotRow).where(col(SLOT.id) == time_slot_id, IS_HOLD).returning(TimeSlotRow)
    return await session.scalar(removal, execution_options=AS_STORED)


async def why_gone(session: AsyncSession, time_slot_id: UUID) -> BookMeError:
    """What to tell somebody who asks for a time slot that is not there, is overdue, or is another by now."""
    slot = await find(session, time_slot_id)
    if slot is not None:
        overdue = await is_overdue(session, slot)
        return HoldExpired(slot.hold_expires_at) if overdue else HoldReleased("changed meanwhile")
    event = await last_event(session, time_slot_id)
    if event is None:
        return NotFound("time slot", time_slot_id)
    if event.kind == EventKind.EXPIRED:
        return HoldExpired(expired_at(event))
    if event.kind.startswith("meeting."):
        is_cancelled = event.kind == EventKind.MEETING_CANCELLED
        return HoldReleased(f"freed when its meeting was {'cancelled' if is_cancelled else 'moved'}")
    return HoldReleased(HOW_RELEASED.get(event.facts.get("cause", ""), "given back by the client"))


HOW_RELEASED = {
    "replaced": "replaced by another time slot under the same token",
    "cancelled": "ended by an operator",
    "failed": "ended by a failure",
}


def is_of(client_id: str, token: str) -> sa.ColumnElement[bool]:
    return sa.and_(col(SLOT.client_id) == client_id, col(SLOT.reservation_token) == token)


def is_held_as(time_slot_id: UUID, version: int, status: TimeSlotStatus) -> sa.ColumnElement[bool]:
    """The slot is still what a step was started for, and its deadline has not passed."""
    is_same = sa.and_(col(SLOT.id) == time_slot_id, col(SLOT.version) == version, col(SLOT.status) == status)
    return sa.and_(is_same, col(SLOT.hold_expires_at) > NOW)


def touches(window: Interval) -> sa.ColumnElement[bool]:
    return sa.and_(col(SLOT.start_at) < window.end, col(SLOT.end_at) > window.start)


def concerns(employees: Sequence[UUID], rooms: Sequence[UUID]) -> sa.ColumnElement[bool]:
    """Arrays, so that the statement is the same for any number of them, and is prepared once."""
    their, there = sa.literal(employees, sa.ARRAY(sa.Uuid)), sa.literal(rooms, sa.ARRAY(sa.Uuid))
    return sa.or_(col(SLOT.employee_id) == sa.any_(their), col(SLOT.room_id) == sa.any_(there))


async def changed(session: AsyncSession, change: sa.Update) -> TimeSlotRow | None:
    """Do the change, and count it; companions follow. The row as it is now, or None if no row was to be changed."""
    counted = change.values(version=col(SLOT.version) + 1, modified_at=NOW).returning(TimeSlotRow)
    slot = await session.scalar(counted, execution_options=AS_STORED)
    if slot is not None and slot.additional_employees:
        await _keep_in_step(session, slot)
    return slot


async def _keep_in_step(session: AsyncSession, slot: TimeSlotRow) -> None:
    """What becomes of a time slot becomes of its companions."""
    same = {name: getattr(slot, name) for name in ("status", "hold_expires_at", "client_id", "modified_at")}
    await session.execute(
        sa.update(TimeSlotRow).where(col(SLOT.companion_of) == slot.id).values(**same, version=col(SLOT.version) + 1),
        execution_options=AS_STORED,
    )
