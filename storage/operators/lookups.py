"""Lookups of bookings by what a complaint names: a customer, a token, a meeting, a time slot, an employee, a client.

Each lookup returns the ids of the bookings that it finds (`StoryKeys`), the newest booking first.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from domain.errors import instant
from storage.operators.stories import StoryKeys
from storage.tables.booking import BookingEventRow, MeetingRow, TimeSlotRow
from storage.tables.organisation import EmployeeRow

EVENT, SLOT, MEETING = BookingEventRow, TimeSlotRow, MeetingRow

MOST_FOUND: Final = 500
"""Rows that one lookup reads."""

LONGEST_AGO: Final = timedelta(days=90)
"""Age of the events among which a lost time slot of an employee is searched."""

SEARCH_TIMEOUT: Final = sa.text("SET LOCAL statement_timeout = '60s'")
"""For the search among the events of `LONGEST_AGO`. No index has the employee of an event."""

STARTS_AT: Final = EVENT.__table__.c.facts["start"].as_string()  # type: ignore[attr-defined]  # SQLAlchemy adds it
WITH: Final = EVENT.__table__.c.facts["employeeId"].as_string()  # type: ignore[attr-defined]  # SQLAlchemy adds it

BY_NAME: Final = (col(EmployeeRow.display_name), col(EmployeeRow.id))

Row = TypeVar("Row", bound=SQLModel)


async def by_customer(session: AsyncSession, customer_id: str) -> list[StoryKeys]:
    """Find the bookings of the customer: its meetings, and holds for which the client named the customer."""
    events = sa.select(EVENT).where(col(EVENT.customer_id) == customer_id).order_by(col(EVENT.id).desc())
    meetings = (
        sa.select(MEETING).where(col(MEETING.customer_id) == customer_id).order_by(col(MEETING.modified_at).desc())
    )
    of_events = [(each.at, _keys_of(each)) for each in await _all(session, events)]
    of_meetings = [(each.modified_at, StoryKeys(meetings={each.id})) for each in await _all(session, meetings)]
    return _newest_first([*of_events, *of_meetings])


async def by_token(session: AsyncSession, token: str, client_id: str | None) -> list[StoryKeys]:
    """Find the bookings of the token, of this client or of every client."""
    query = sa.select(EVENT).where(col(EVENT.reservation_token) == token).order_by(col(EVENT.id).desc())
    query = query if client_id is None else query.where(col(EVENT.client_id) == client_id)
    return _newest_first([(each.at, _keys_of(each)) for each in await _all(session, query)])


async def by_client(session: AsyncSession, client_id: str, since: datetime) -> list[StoryKeys]:
    """Find the bookings of the client that have an event since then. Reads the newest `MOST_FOUND` events at most."""
    query = sa.select(EVENT).where(col(EVENT.client_id) == client_id).order_by(col(EVENT.position).desc())
    return _newest_first([(each.at, _keys_of(each)) for each in await _all(session, query) if each.at >= since])


async def by_meeting(session: AsyncSession, meeting_id: UUID) -> list[StoryKeys]:
    """Find the meeting, or a meeting that has events and no row any more."""
    is_there = sa.or_(
        sa.exists().where(col(MEETING.id) == meeting_id), sa.exists().where(col(EVENT.meeting_id) == meeting_id)
    )
    return [StoryKeys(meetings={meeting_id})] if await session.scalar(sa.select(is_there)) else []


async def by_time_slot(session: AsyncSession, time_slot_id: UUID) -> list[StoryKeys]:
    """Find the time slot, or a time slot that has events and no row any more. An attendee slot is its main slot."""
    row = await session.get(SLOT, time_slot_id)
    main = time_slot_id if row is None else row.companion_of or row.id
    has_event = sa.select(sa.exists().where(col(EVENT.time_slot_id) == main))
    return [StoryKeys(time_slots={main})] if row is not None or await session.scalar(has_event) else []


async def by_employee(session: AsyncSession, employee_id: UUID, at: datetime) -> list[StoryKeys]:
    """Find time slots and meetings of the employee at that time, and lost time slots that began exactly then."""
    during = (SLOT.start_at, SLOT.end_at), (MEETING.start_at, MEETING.end_at)
    in_slot, in_meeting = (sa.and_(col(start) <= at, col(end) > at) for start, end in during)
    slots = sa.select(SLOT).where(col(SLOT.employee_id) == employee_id, in_slot)
    takes_part = sa.or_(
        col(MEETING.employee_id) == employee_id, col(MEETING.additional_employees).contains([employee_id])
    )
    meetings = sa.select(MEETING).where(takes_part, in_meeting)
    of_slots = [
        (each.modified_at, StoryKeys(time_slots={each.companion_of or each.id})) for each in await _all(session, slots)
    ]
    of_meetings = [(each.modified_at, StoryKeys(meetings={each.id})) for each in await _all(session, meetings)]
    of_events = [(each.at, _keys_of(each)) for each in await _lost(session, employee_id, at)]
    return _newest_first([*of_slots, *of_meetings, *of_events])


async def _lost(session: AsyncSession, employee_id: UUID, at: datetime) -> Sequence[BookingEventRow]:
    """Return events of the last `LONGEST_AGO` about time of this employee that begins at that time."""
    await session.execute(SEARCH_TIMEOUT)
    texts = {at.isoformat(), str(instant(at)), at.isoformat().replace("+00:00", "Z")}
    begins = sa.or_(STARTS_AT.in_(texts), EVENT.__table__.c.facts["previousStart"].as_string().in_(texts))  # type: ignore[attr-defined]  # SQLAlchemy adds it
    is_recent = col(EVENT.at) > sa.func.now() - LONGEST_AGO
    return await _all(
        session, sa.select(EVENT).where(is_recent, str(employee_id) == WITH, begins).order_by(col(EVENT.id).desc())
    )


async def find_employees(session: AsyncSession, name: str) -> Sequence[EmployeeRow]:
    """Return the employees with this id, display name, initials, mail address or external id (a staff number)."""
    named = (EmployeeRow.display_name, EmployeeRow.initials, EmployeeRow.email, EmployeeRow.external_id)
    same = sa.or_(
        sa.cast(col(EmployeeRow.id), sa.Text) == name.lower(),
        *(sa.func.lower(col(each)) == name.lower() for each in named),
    )
    return await _all(session, sa.select(EmployeeRow).where(same).order_by(*BY_NAME))


async def find_employees_named_like(session: AsyncSession, part: str) -> Sequence[EmployeeRow]:
    """Return the employees whose display name contains this text."""
    is_like = col(EmployeeRow.display_name).icontains(part, autoescape=True)
    return await _all(session, sa.select(EmployeeRow).where(is_like).order_by(*BY_NAME))


async def employee_names(session: AsyncSession) -> dict[UUID, str]:
    """Return the display name of every employee by id, in the order of names."""
    query = sa.select(col(EmployeeRow.id), col(EmployeeRow.display_name)).order_by(*BY_NAME)
    return {row[0]: row[1] for row in await session.execute(query)}


async def _all(session: AsyncSession, query: sa.Select[Row]) -> Sequence[Row]:
    found: Sequence[Row] = (await session.scalars(query.limit(MOST_FOUND))).all()
    return found


def _keys_of(event: BookingEventRow) -> StoryKeys:
    """Return the ids in the event, by which the other rows of its story are found."""
    keys = StoryKeys()
    keys.add_ids_of([event])
    return keys


def _newest_first(found: Iterable[tuple[datetime, StoryKeys]]) -> list[StoryKeys]:
    by_time: Any = sorted(found, key=lambda each: each[0], reverse=True)
    return [keys for _, keys in by_time]
