"""Calendars elsewhere of employees and rooms: what was last read of each, and the time slots that it makes."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.calendar_reading.reading import ImportedTime
from domain.time_slots import Interval, TimeSlotStatus
from storage.availability_tables import CalendarRow
from storage.booking_tables import TimeSlotRow
from storage.columns import INSTANT
from storage.time_slots import NOW

AT_ONCE: Final = 500
"""Rows in one statement. Requests are served between two statements."""


async def list_calendar_ids(session: AsyncSession, after: UUID | None, limit: int) -> Sequence[UUID]:
    """At most `limit` ids, in order, after that one."""
    query = sa.select(col(CalendarRow.id)).order_by(col(CalendarRow.id)).limit(limit)
    return (await session.scalars(query if after is None else query.where(col(CalendarRow.id) > after))).all()


async def replace_busy_times(session: AsyncSession, calendar: CalendarRow, found: Sequence[ImportedTime]) -> None:
    """Make these the only time slots of the calendar. Those that were there already stay untouched."""
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

    `only` names the calendars by columns (`id`, `employee_id`, `room_id`); None is any. Answers whether there is one.

    For a window for which calendars have not been expanded, or were expanded otherwise. The next reading of a calendar
    takes its block away, as any busy time that it does not find.
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
    """The status of the time slot. Every entry of a room's calendar takes the room: a room works nowhere."""
    is_elsewhere = imported.status is TimeSlotStatus.WORKING_FROM_ELSEWHERE
    return TimeSlotStatus.BUSY if is_elsewhere and calendar.room_id is not None else imported.status
