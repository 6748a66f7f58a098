"""Changes of time slots.

One conditional statement decides each race. All times are by the database's clock.
"""

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
from storage.bookings.events import SHARED_WITH_ATTENDEES, EventKind, with_event
from storage.bookings.refused_steps import WAS_REFUSED, WAS_TAKEN
from storage.bookings.time_slots import (
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
    TimedSlot,
    attendee_slot_id,
)
from storage.database import violated_constraint
from storage.statements import AS_STORED, given, rows
from storage.tables.booking import TimeSlotRow

HAS_LAPSED: Final = sa.and_(OVERLAPS, CONCERNS, IS_OVERDUE)
UNTIL: Final = NOW + sa.bindparam("ttl", type_=sa.Interval)

GIVEN: Final = (
    *("id", "start_at", "end_at", "status", "employee_id", "room_id", "service_group", "booking_key", "client_id"),
    *("reservation_token", "asked_at", "existing_meeting_id", "additional_employees", "customer_id"),
)
"""Columns whose values come from the reservation."""


class ReservationState(NamedTuple):
    """State that a reservation reads once it holds its locks.

    `is_decided`: the step was completed or refused before. `ends_something`: the booking has a hold, or an overdue hold
    is in the way, so `remove_superseded` must run. `live_holds` is the number of live holds of the client.
    """

    is_decided: bool
    ends_something: bool
    live_holds: int


def counted(change: sa.Update) -> sa.Update:
    """Return the update with an incremented version and a new modification time."""
    return change.values(version=SLOTS.c.version + 1, modified_at=NOW)


def removal(found: sa.ColumnElement[bool], may_go: sa.ColumnElement[bool]) -> sa.Delete:
    """Build the deletion of the time slots that match `found`, or that have an attendee slot that matches `found`.

    A time slot is deleted only if it matches `may_go` when its row is locked. Rows are locked in the order of their
    ids, because two transactions may want the same ones. Only time slots are locked, never their attendee slots first:
    each transaction reaches an attendee slot through its time slot.
    """
    mains = sa.select(sa.func.coalesce(SLOTS.c.companion_of, SLOTS.c.id)).where(found)
    locked = sa.select(SLOTS.c.id).where(SLOTS.c.id.in_(mains), may_go).order_by(SLOTS.c.id).with_for_update()
    return sa.delete(SLOTS).where(SLOTS.c.id.in_(sa.select(locked.cte("ends").c.id)))


def is_held_as(status: TimeSlotStatus) -> sa.ColumnElement[bool]:
    """Match the slot if it has this status and the version `seen`, and if its deadline has not passed."""
    is_same = sa.and_(IS_IT, SLOTS.c.version == sa.bindparam("seen", type_=sa.Integer), SLOTS.c.status == status)
    return sa.and_(is_same, IS_KEPT)


RESERVATION_STATE: Final[tuple[sa.ColumnElement[Any], ...]] = (
    sa.or_(WAS_TAKEN, WAS_REFUSED),
    sa.or_(sa.exists().where(IS_OWN_HOLD), sa.exists().where(HAS_LAPSED)),
    LIVE_HOLDS.scalar_subquery(),
)
"""Columns of a `ReservationState`, in its order."""

REMOVE_SUPERSEDED: Final = rows(TimeSlotRow, removal(IS_OWN_HOLD | HAS_LAPSED, IS_OWN_HOLD | IS_OVERDUE))
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
EXTEND: Final = with_event(
    EventKind.EXTENDED,
    sa.update(SLOTS)
    .where(IS_IT, SLOTS.c.extension_id.is_(None), IS_KEPT)
    .values(
        hold_expires_at=SLOTS.c.hold_expires_at + sa.bindparam("ttl", type_=sa.Interval),
        extension_id=sa.bindparam("extension", type_=sa.Uuid),
        modified_at=NOW,
    ),
)
"""The version stays: a run that does not know of the extension can still mark the time slot `Booked`."""

MAKE_PERMANENT: Final = rows(
    TimeSlotRow, counted(sa.update(SLOTS)).where(is_held_as(TimeSlotStatus.BOOKED)).values(hold_expires_at=None)
)
EXPIRE_NOW: Final = rows(TimeSlotRow, counted(sa.update(SLOTS)).where(IS_IT, IS_LIVE).values(hold_expires_at=NOW))


async def remove_superseded(
    session: AsyncSession,
    client_id: str,
    token: str,
    interval: Interval,
    employees: Sequence[UUID],
    rooms: Sequence[UUID],
) -> Sequence[TimeSlotRow]:
    """Remove the time slots that a reservation ends: the booking's own hold, and overdue holds in its way.

    An overdue hold must block no reservation, even if no worker is alive to release it. Return the removed time slots.
    """
    where = {"employees": employees, "rooms": rooms, "start": interval.start, "end": interval.end}
    return (await session.scalars(REMOVE_SUPERSEDED, {"client_id": client_id, "token": token, **where})).all()


async def remove_overdue(
    session: AsyncSession, interval: Interval, employees: Sequence[UUID], rooms: Sequence[UUID] = ()
) -> Sequence[TimeSlotRow]:
    """Remove the overdue holds that overlap `interval` and have one of the employees or rooms. Return them."""
    where = {"employees": employees, "rooms": rooms, "start": interval.start, "end": interval.end}
    return (await session.scalars(REMOVE_OVERDUE, where)).all()


async def add_hold(session: AsyncSession, ttl: timedelta, values: Mapping[str, object]) -> TimedSlot:
    """Insert a hold with these column values and its attendee slots, and append `booking.reserved`.

    The hold expires after `ttl`.

    Raises:
        TimeSlotTaken: the exclusion constraint forbids the hold.

    """
    with overlap_refused():
        held = TimedSlot(*(await session.execute(ADD_HOLD, {**values, "ttl": ttl})).one())
    await add_attendee_slots(session, held.slot, held.slot.additional_employees)
    return held


async def add_attendee_slots(session: AsyncSession, slot: TimeSlotRow, employees: Sequence[UUID]) -> None:
    """Insert an attendee slot of the time slot for each of these employees.

    Raises:
        TimeSlotTaken: the exclusion constraint forbids one of them.

    """
    if employees:
        with overlap_refused():
            await session.execute(sa.insert(TimeSlotRow).values([_attendee_slot(slot, each) for each in employees]))


@contextmanager
def overlap_refused() -> Iterator[None]:
    """Translate a violation of an exclusion constraint.

    Raises:
        TimeSlotTaken: the block has violated an exclusion constraint.

    """
    try:
        yield
    except IntegrityError as error:
        if "overlap" in (violated_constraint(error) or ""):
            raise TimeSlotTaken from error
        raise


async def mark_booked(session: AsyncSession, time_slot_id: UUID, version: int, ttl: timedelta) -> TimedSlot | None:
    """Change a hold from `Reserved` to `Booked`, set its deadline to `ttl` from now, and append `booking.booked`.

    All of this is one statement. Return None and change nothing if the hold has another version or status, or is
    overdue.
    """
    which = {"time_slot_id": time_slot_id, "seen": version, "ttl": ttl}
    found = (await session.execute(MARK_BOOKED, which)).first()
    return None if found is None else TimedSlot(*found)


async def extend(session: AsyncSession, time_slot_id: UUID, extension_id: UUID, by: timedelta) -> TimedSlot | None:
    """Move the deadline of a hold by this time, and append `booking.extended`, in one statement.

    Return None and change nothing if the hold is overdue or was extended before. The version does not change.
    """
    which = {"time_slot_id": time_slot_id, "extension": extension_id, "ttl": by}
    found = (await session.execute(EXTEND, which)).first()
    return None if found is None else TimedSlot(*found)


async def make_permanent(session: AsyncSession, time_slot_id: UUID, version: int) -> TimeSlotRow | None:
    """Remove the deadline of a time slot that gets its meeting, and return the time slot.

    Return None and change nothing unless the time slot is `Booked`, has this version and is not overdue.
    """
    return await _changed(session, MAKE_PERMANENT, time_slot_id=time_slot_id, seen=version)


async def expire_now(session: AsyncSession, time_slot_id: UUID) -> None:
    """Set the deadline of a live time slot to now and change its version, so that no late step can use it."""
    await _changed(session, EXPIRE_NOW, time_slot_id=time_slot_id)


async def remove_hold(session: AsyncSession, time_slot_id: UUID) -> TimeSlotRow | None:
    """Delete the time slot if it has a deadline, overdue or not. Return the deleted time slot, or None.

    A time slot with a meeting has no deadline, so the function never deletes one.
    """
    return await session.scalar(REMOVE_HOLD, {"time_slot_id": time_slot_id})


async def remove_holds_to_move(session: AsyncSession, meeting_id: UUID) -> Sequence[TimeSlotRow]:
    """Delete the holds that were made to move this meeting, and return them.

    The caller must have locked the row of the meeting.
    """
    return (await session.scalars(REMOVE_HOLDS_TO_MOVE, {"meeting_id": meeting_id})).all()


async def change(session: AsyncSession, time_slot_id: UUID, **values: object) -> TimeSlotRow | None:
    """Set columns of the time slot, increment its version, and update its attendee slots.

    Return the changed time slot, or None if there is no such time slot.
    """
    update = rows(TimeSlotRow, counted(sa.update(SLOTS)).where(IS_IT).values(**values))
    return await _changed(session, update, time_slot_id=time_slot_id)


async def set_attendees(session: AsyncSession, slot: TimeSlotRow, employees: Sequence[UUID]) -> None:
    """Set the additional employees of the time slot, and delete the attendee slots of all others.

    The function inserts no attendee slot: see `add_attendee_slots`.
    """
    others = ~(col(SLOT.employee_id) == sa.any_(sa.literal(list(employees), sa.ARRAY(sa.Uuid))))
    removal = sa.delete(TimeSlotRow).where(col(SLOT.companion_of) == slot.id, others)
    await session.execute(removal, execution_options=AS_STORED)
    await change(session, slot.id, additional_employees=list(employees))


async def _changed(session: AsyncSession, change: sa.Select[TimeSlotRow], **which: object) -> TimeSlotRow | None:
    """Run the change and update the attendee slots. Return the changed row, or None if no row matched."""
    slot = await session.scalar(change, which)
    if slot is not None and slot.additional_employees:
        await _keep_in_step(session, slot)
    return slot


async def _keep_in_step(session: AsyncSession, slot: TimeSlotRow) -> None:
    """Copy the columns `SHARED_WITH_ATTENDEES` of the time slot to its attendee slots."""
    same = {name: getattr(slot, name) for name in SHARED_WITH_ATTENDEES}
    await session.execute(
        sa.update(TimeSlotRow).where(col(SLOT.companion_of) == slot.id).values(**same, version=col(SLOT.version) + 1),
        execution_options=AS_STORED,
    )


def _attendee_slot(slot: TimeSlotRow, employee_id: UUID) -> dict[str, object]:
    same = ("start_at", "end_at", "status", "hold_expires_at", "booking_key", "client_id")
    return {
        **{name: getattr(slot, name) for name in same},
        "id": attendee_slot_id(slot.id, employee_id),
        "employee_id": employee_id,
        "companion_of": slot.id,
        "version": 1,
        "created_at": NOW,
        "modified_at": NOW,
    }
