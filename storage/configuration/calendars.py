"""Queries of the external calendars of employees and rooms, and changes of the time slots from these calendars."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.calendar_reading.reading import ImportedTime
from domain.time_slots import Interval, TimeSlotStatus
from storage.bookings.time_slots import NOW
from storage.tables.availability import CalendarRow
from storage.tables.booking import TimeSlotRow
from storage.tables.columns import INSTANT

AT_ONCE: Final = 500
"""Rows that one statement inserts. Other requests are served between two statements."""


async def list_calendar_ids(session: AsyncSession, after: UUID | None, limit: int) -> Sequence[UUID]:
    """Return at most `limit` calendar ids in ascending order, after the id `after`."""
    query = sa.select(col(CalendarRow.id)).order_by(col(CalendarRow.id)).limit(limit)
    return (await session.scalars(query if after is None else query.where(col(CalendarRow.id) > after))).all()


async def replace_busy_times(session: AsyncSession, calendar: CalendarRow, found: Sequence[ImportedTime]) -> None:
    """Replace the time slots of the calendar by the found times. Rows of times that are found again stay unchanged."""
    wanted = {each.id: each for each in found}
    of_calendar = col(TimeSlotRow.calendar_id) == calendar.id
    await session.execute(sa.delete(TimeSlotRow).where(of_calendar, ~_is_one_of(list(wanted))))
    known = set((await session.scalars(sa.select(col(TimeSlotRow.id)).where(of_calendar))).all())
    new = [_columns(calendar, each) for each in found if each.id not in known]
    insert = sa.insert(TimeSlotRow).values(created_at=NOW, modified_at=NOW)
    for start in range(0, len(new), AT_ONCE):
        await session.execute(insert, new[start : start + AT_ONCE])
    calendar.busy_times = len(found)


async def block_what_is_not_read(session: AsyncSession, window: Interval, **only: UUID | None) -> bool:
    """Make the window busy for the owners of calendars, until each calendar is read again.

    Use the function if calendars were not expanded for the window, or were expanded with other settings. `only` selects
    the calendars by columns (`id`, `employee_id`, `room_id`); None does not filter. Calendars that were never read get
    no block. Return whether a block was inserted.

    The next reading of a calendar deletes its block, because the calendar does not contain this busy time.
    """
    made: dict[str, Any] = {
        "id": sa.func.gen_random_uuid(),
        "start_at": sa.literal(window.start, INSTANT),
        "end_at": sa.literal(window.end, INSTANT),
        "status": sa.literal(TimeSlotStatus.BUSY.value),
        "employee_id": col(CalendarRow.employee_id),
        "room_id": col(CalendarRow.room_id),
        "booking_key": sa.func.gen_random_uuid(),
        "calendar_id": col(CalendarRow.id),
        "version": sa.literal(1),
        "created_at": NOW,
        "modified_at": NOW,
    }
    blocked = sa.select(*made.values()).where(col(CalendarRow.content).is_not(None))
    blocked = blocked.filter_by(**{name: value for name, value in only.items() if value is not None})
    insert = sa.insert(TimeSlotRow).from_select(list(made), blocked).returning(col(TimeSlotRow.id))
    return bool((await session.scalars(insert)).all())


def _is_one_of(ids: list[UUID]) -> sa.ColumnElement[bool]:
    return col(TimeSlotRow.id) == sa.any_(sa.literal(ids, sa.ARRAY(sa.Uuid)))


def _columns(calendar: CalendarRow, imported: ImportedTime) -> dict[str, Any]:
    return {
        "id": imported.id,
        "start_at": imported.interval.start,
        "end_at": imported.interval.end,
        "status": _status(calendar, imported),
        "employee_id": calendar.employee_id,
        "room_id": calendar.room_id,
        "booking_key": imported.id,
        "calendar_id": calendar.id,
        "version": 1,
    }


def _status(calendar: CalendarRow, imported: ImportedTime) -> TimeSlotStatus:
    """Return the status of the time slot. In the calendar of a room, working from elsewhere counts as busy."""
    is_elsewhere = imported.status is TimeSlotStatus.WORKING_FROM_ELSEWHERE
    return TimeSlotStatus.BUSY if is_elsewhere and calendar.room_id is not None else imported.status
