"""Changes of time slots. What decides a race is one conditional statement; the clock is the database's."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.errors import TimeSlotTaken
from domain.time_slots import Interval, TimeSlotStatus
from storage.booking_tables import TimeSlotRow
from storage.database import violated_constraint
from storage.events import SHARED_WITH_COMPANIONS, EventKind, with_event
from storage.refused_steps import WAS_REFUSED, WAS_TAKEN
from storage.statements import AS_STORED, given, rows
from storage.time_slots import (
    CONCERNS,
    IS_HOLD,
    IS_IT,
    IS_KEPT,
    IS_LIVE,
    IS_OVERDUE,
    IS_OWN_HOLD,
    LIVE_HOLDS,
    NOW,
    OVERLAPS,
    SLOT,
    SLOTS,
    Sighting,
)

HAS_LAPSED: Final = sa.and_(OVERLAPS, CONCERNS, IS_OVERDUE)
UNTIL: Final = NOW + sa.bindparam("ttl", type_=sa.Interval)

GIVEN: Final = (
    *("id", "start_at", "end_at", "status", "employee_id", "room_id", "service_group", "booking_key", "client_id"),
    *("reservation_token", "asked_at", "existing_meeting_id", "additional_employees"),
)
"""The columns that a reservation decides."""


class ReservationState(NamedTuple):
    """What a reservation asks of the database once it holds its locks.

    `is_decided`: its step was done or refused before. `ends_something`: `remove_what_ends` would remove a time slot.
    `live_holds` counts those of its client.
    """

    is_decided: bool
    ends_something: bool
    live_holds: int


def counted(change: sa.Update) -> sa.Update:
    """The change, which makes the next version of the row."""
    return change.values(version=SLOTS.c.version + 1, modified_at=NOW)


def removal(found: sa.ColumnElement[bool], may_go: sa.ColumnElement[bool]) -> sa.Delete:
    """Removes the time slots that were found or whose companions were, if they may go when they are locked.

    They are locked in one order, because two transactions may meet the same ones, and before their companions, which
    whoever changes or releases a time slot reaches through it alone.
    """
    mains = sa.select(sa.func.coalesce(SLOTS.c.companion_of, SLOTS.c.id)).where(found)
    locked = sa.select(SLOTS.c.id).where(SLOTS.c.id.in_(mains), may_go).order_by(SLOTS.c.id).with_for_update()
    return sa.delete(SLOTS).where(SLOTS.c.id.in_(sa.select(locked.cte("ends").c.id)))


def is_held_as(status: TimeSlotStatus) -> sa.ColumnElement[bool]:
    """The slot is still what a step was started for, and its deadline has not passed."""
    is_same = sa.and_(IS_IT, SLOTS.c.version == sa.bindparam("seen", type_=sa.Integer), SLOTS.c.status == status)
    return sa.and_(is_same, IS_KEPT)


RESERVATION_STATE: Final[tuple[sa.ColumnElement[Any], ...]] = (
    sa.or_(WAS_TAKEN, WAS_REFUSED),
    sa.or_(sa.exists().where(IS_OWN_HOLD), sa.exists().where(HAS_LAPSED)),
    LIVE_HOLDS.scalar_subquery(),
)
"""The columns of a `ReservationState`."""

REMOVE_WHAT_ENDS: Final = rows(TimeSlotRow, removal(IS_OWN_HOLD | HAS_LAPSED, IS_OWN_HOLD | IS_OVERDUE))
REMOVE_OVERDUE: Final = rows(TimeSlotRow, removal(HAS_LAPSED, IS_OVERDUE))
REMOVE_HOLD: Final = rows(TimeSlotRow, sa.delete(SLOTS).where(IS_IT, IS_HOLD))
IS_TO_MOVE_IT: Final = sa.and_(SLOTS.c.existing_meeting_id == sa.bindparam("meeting_id", type_=sa.Uuid), IS_HOLD)
REMOVE_HOLDS_TO_MOVE: Final = rows(TimeSlotRow, removal(IS_TO_MOVE_IT, IS_HOLD))
ADD_HOLD: Final = with_event(
    EventKind.RESERVED,
    sa.insert(SLOTS).values(
        **given(SLOTS, GIVEN),
        version=1,
        hold_expires_at=UNTIL,
        created_at=NOW,
        modified_at=NOW,
    ),
)
MARK_BOOKED: Final = with_event(
    EventKind.BOOKED,
    counted(sa.update(SLOTS))
    .where(is_held_as(TimeSlotStatus.RESERVED))
    .values(status=TimeSlotStatus.BOOKED, hold_expires_at=UNTIL),
)
KEEP_FOR_GOOD: Final = rows(
    TimeSlotRow, counted(sa.update(SLOTS)).where(is_held_as(TimeSlotStatus.BOOKED)).values(hold_expires_at=None)
)
LET_LAPSE: Final = rows(TimeSlotRow, counted(sa.update(SLOTS)).where(IS_IT, IS_LIVE).values(hold_expires_at=NOW))


async def remove_what_ends(
    session: AsyncSession,
    client_id: str,
    token: str,
    interval: Interval,
    employees: Sequence[UUID],
    rooms: Sequence[UUID],
) -> Sequence[TimeSlotRow]:
    """Remove what a reservation ends: the booking's own hold, and what anybody let lapse in its way.

    An overdue hold blocks nobody, even if no worker is alive to release it.
    """
    where = {"employees": employees, "rooms": rooms, "start": interval.start, "end": interval.end}
    return (await session.scalars(REMOVE_WHAT_ENDS, {"client_id": client_id, "token": token, **where})).all()


async def remove_overdue(
    session: AsyncSession, interval: Interval, employees: Sequence[UUID], rooms: Sequence[UUID] = ()
) -> Sequence[TimeSlotRow]:
    """Remove what anybody let lapse there."""
    where = {"employees": employees, "rooms": rooms, "start": interval.start, "end": interval.end}
    return (await session.scalars(REMOVE_OVERDUE, where)).all()


async def add_hold(session: AsyncSession, ttl: timedelta, values: Mapping[str, object]) -> Sighting:
    """Insert a hold with these column values, which lives for `ttl` from now, and append `booking.reserved`.

    Raises:
        TimeSlotTaken: the exclusion constraint forbids it.

    """
    with overlap_refused():
        return Sighting(*(await session.execute(ADD_HOLD, {**values, "ttl": ttl})).one())


@contextmanager
def overlap_refused() -> Iterator[None]:
    """What the exclusion constraint forbids is a fact: the time is taken."""
    try:
        yield
    except IntegrityError as error:
        if "overlap" in (violated_constraint(error) or ""):
            raise TimeSlotTaken from error
        raise


async def mark_booked(session: AsyncSession, time_slot_id: UUID, version: int, ttl: timedelta) -> Sighting | None:
    """Change a hold from `Reserved` to `Booked`, keep it for `ttl` from now, and append `booking.booked`.

    One statement does all of it. Returns None, and changes nothing, unless the hold has that version and is alive.
    """
    which = {"time_slot_id": time_slot_id, "seen": version, "ttl": ttl}
    found = (await session.execute(MARK_BOOKED, which)).first()
    return None if found is None else Sighting(*found)


async def keep_for_good(session: AsyncSession, time_slot_id: UUID, version: int) -> TimeSlotRow | None:
    """The slot gets its meeting, and loses its deadline; None unless it is `Booked`, of that version and alive."""
    return await _changed(session, KEEP_FOR_GOOD, time_slot_id=time_slot_id, seen=version)


async def let_lapse(session: AsyncSession, time_slot_id: UUID) -> None:
    """End the slot's life now and change its version, so that no late step can still use it."""
    await _changed(session, LET_LAPSE, time_slot_id=time_slot_id)


async def remove_hold(session: AsyncSession, time_slot_id: UUID) -> TimeSlotRow | None:
    """Delete the slot if it has a deadline, overdue or not: one with a meeting has none. What was deleted, or None."""
    return await session.scalar(REMOVE_HOLD, {"time_slot_id": time_slot_id})


async def remove_holds_to_move(session: AsyncSession, meeting_id: UUID) -> Sequence[TimeSlotRow]:
    """Delete what is held to move this meeting, whose row the caller has locked. Answers what was deleted."""
    return (await session.scalars(REMOVE_HOLDS_TO_MOVE, {"meeting_id": meeting_id})).all()


async def change(session: AsyncSession, time_slot_id: UUID, **values: object) -> TimeSlotRow | None:
    """Give columns of the slot new values, and count it; companions follow. None if there is no such slot."""
    update = rows(TimeSlotRow, counted(sa.update(SLOTS)).where(IS_IT).values(**values))
    return await _changed(session, update, time_slot_id=time_slot_id)


async def _changed(session: AsyncSession, change: sa.Select[TimeSlotRow], **which: object) -> TimeSlotRow | None:
    """Do the change. The row as it is now, or None if no row was to be changed."""
    slot = await session.scalar(change, which)
    if slot is not None and slot.additional_employees:
        await _keep_in_step(session, slot)
    return slot


async def _keep_in_step(session: AsyncSession, slot: TimeSlotRow) -> None:
    """What becomes of a time slot becomes of its companions."""
    same = {name: getattr(slot, name) for name in SHARED_WITH_COMPANIONS}
    await session.execute(
        sa.update(TimeSlotRow).where(col(SLOT.companion_of) == slot.id).values(**same, version=col(SLOT.version) + 1),
        execution_options=AS_STORED,
    )
