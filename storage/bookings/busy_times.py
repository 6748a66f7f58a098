"""Queries and changes of busy times: time slots that staff enter and that belong to no booking."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.errors import NotFound, TimeSlotTaken
from domain.time_slots import BLOCKING, HELD, MEETINGS, Interval, TimeSlotStatus
from storage.bookings import holds
from storage.bookings.events import EventKind, append_event
from storage.bookings.time_slots import IS_LIVE, NOW, SLOT, concerns, touches
from storage.database import violated_constraint
from storage.statements import AS_STORED
from storage.tables.booking import TimeSlotRow

IN_ORDER: Final = (col(SLOT.start_at), col(SLOT.id))
"""Sort order of lists: by start, then by id."""


@dataclass(frozen=True, slots=True)
class BusyTimeRecord:
    """The wanted values of a busy time of an employee, optionally with a room."""

    id: UUID
    interval: Interval
    status: TimeSlotStatus
    employee_id: UUID
    room_id: UUID | None = None
    service_group: str | None = None

    @property
    def rooms(self) -> list[UUID]:
        return [] if self.room_id is None else [self.room_id]

    def blocks(self, slot: TimeSlotRow) -> bool:
        """Return whether the busy time blocks the slot: same employee or room, and overlapping time."""
        in_common = slot.employee_id == self.employee_id or slot.room_id in self.rooms
        overlaps = self.interval.overlaps(Interval(slot.start_at, slot.end_at))
        return self.status in BLOCKING and in_common and overlaps


@dataclass(frozen=True, slots=True)
class TimeSlotFilter:
    """Filter of a list of time slots. An empty sequence or None does not filter.

    `after` is the start and id of the last time slot of the previous page.
    """

    employees: Sequence[UUID] = ()
    rooms: Sequence[UUID] = ()
    statuses: Sequence[TimeSlotStatus] = ()
    start: datetime | None = None
    end: datetime | None = None
    after: tuple[datetime, UUID] | None = None


def is_busy_time(slot: TimeSlotRow) -> bool:
    return slot.client_id is None and slot.status not in MEETINGS


async def list_slots(session: AsyncSession, wanted: TimeSlotFilter, limit: int) -> Sequence[TimeSlotRow]:
    """Return at most `limit` time slots that are not overdue, those of bookings included, by start and id."""
    query = sa.select(TimeSlotRow).where(IS_LIVE, *_rules(wanted)).order_by(*IN_ORDER).limit(limit)
    return (await session.scalars(query)).all()


async def check_free(session: AsyncSession, wanted: BusyTimeRecord, accepted: BusyTimeRecord | None = None) -> None:
    """Check that the busy time overlaps no held time, except held time that `accepted` overlaps already.

    The exception applies only if the status of `wanted` is not a held one: the database forbids overlaps of held time.
    Overdue holds in the way are removed, and a `booking.expired` event is appended for each.

    Raises:
        TimeSlotTaken: the busy time would overlap held time.

    """
    held = await _held_in_the_way(session, wanted)
    if accepted is not None and wanted.status not in HELD:
        held = [slot for slot in held if not accepted.blocks(slot)]
    if held:
        raise _taken(wanted, held)


async def add(session: AsyncSession, wanted: BusyTimeRecord) -> TimeSlotRow:
    """Insert a busy time.

    Raises:
        TimeSlotTaken: the exclusion constraint forbids the busy time.
        NotFound: the employee or room was deleted concurrently.

    """
    values = _columns(wanted) | {"id": wanted.id, "employee_id": wanted.employee_id, "booking_key": wanted.id}
    made = sa.insert(TimeSlotRow).values(**values, version=1, created_at=NOW, modified_at=NOW)
    with _constraints_told(wanted):
        return (await session.execute(made.returning(TimeSlotRow))).scalar_one()


async def change(session: AsyncSession, wanted: BusyTimeRecord) -> TimeSlotRow:
    """Change the time slot with the id of `wanted` to these values. Its employee does not change.

    Raises:
        TimeSlotTaken: the exclusion constraint forbids the change.
        NotFound: there is no such time slot, or the room was deleted concurrently.

    """
    with _constraints_told(wanted):
        changed = await holds.change(session, wanted.id, **_columns(wanted))
    if changed is None:
        raise NotFound("time slot", wanted.id)
    return changed


async def remove(session: AsyncSession, time_slot_id: UUID) -> None:
    await session.execute(sa.delete(TimeSlotRow).where(col(SLOT.id) == time_slot_id))


def _columns(wanted: BusyTimeRecord) -> dict[str, object]:
    """Return the values of the columns that can change."""
    return {
        "start_at": wanted.interval.start,
        "end_at": wanted.interval.end,
        "status": wanted.status,
        "room_id": wanted.room_id,
        "service_group": wanted.service_group,
    }


def _rules(wanted: TimeSlotFilter) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.employees:
        yield col(SLOT.employee_id).in_(wanted.employees)
    if wanted.rooms:
        yield col(SLOT.room_id).in_(wanted.rooms)
    if wanted.statuses:
        yield col(SLOT.status).in_(wanted.statuses)
    if wanted.start is not None:
        yield col(SLOT.end_at) > wanted.start
    if wanted.end is not None:
        yield col(SLOT.start_at) < wanted.end
    if wanted.after is not None:
        yield sa.tuple_(*IN_ORDER) > sa.tuple_(*map(sa.literal, wanted.after))


async def _held_in_the_way(session: AsyncSession, wanted: BusyTimeRecord) -> list[TimeSlotRow]:
    """Return the held time slots that the busy time would overlap. Remove overdue holds there first.

    The exclusion constraint does not compare deadlines with the clock, so an overdue hold would still block.
    """
    if wanted.status not in BLOCKING:
        return []
    for lapsed in await holds.remove_overdue(session, wanted.interval, [wanted.employee_id], wanted.rooms):
        await append_event(session, EventKind.EXPIRED, lapsed)
    is_there = sa.and_(touches(wanted.interval), concerns([wanted.employee_id], wanted.rooms))
    is_held = sa.and_(col(SLOT.status).in_(sorted(HELD)), col(SLOT.id) != wanted.id)
    query = sa.select(TimeSlotRow).where(is_there, is_held)
    return list(await session.scalars(query, execution_options=AS_STORED))


def _taken(wanted: BusyTimeRecord, held: Sequence[TimeSlotRow]) -> TimeSlotTaken:
    """Build the error. It names the latest deadline if all of the held time slots have one."""
    is_employees = any(slot.employee_id == wanted.employee_id for slot in held)
    ends = [slot.hold_expires_at for slot in held if slot.hold_expires_at is not None]
    return TimeSlotTaken("employee" if is_employees else "room", max(ends) if len(ends) == len(held) else None)


@contextmanager
def _constraints_told(wanted: BusyTimeRecord) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        name = violated_constraint(error) or ""
        what = "room" if "room" in name else "employee"
        if "overlap" in name:
            raise TimeSlotTaken(what) from error
        if name.endswith("_fkey"):
            raise NotFound(what, wanted.room_id or "" if what == "room" else wanted.employee_id) from error
        raise
