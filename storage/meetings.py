"""Queries and changes of meetings. A meeting is when its time slot is."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.booking_tables import MeetingRow, TimeSlotRow
from storage.events import APPEND_FIRST, EventKind, event_values
from storage.statements import AS_STORED, given, rows, table_of
from storage.time_slots import NOW


class Booked(NamedTuple):
    """A meeting with the time slot that says when it is."""

    meeting: MeetingRow
    slot: TimeSlotRow


BATCH: Final = 500
"""Meetings of a list that are read at once."""

LAST_CHANGED: Final = (col(MeetingRow.modified_at), col(MeetingRow.id))
"""The order of lists."""


@dataclass(frozen=True, slots=True)
class MeetingFilter:
    """Which meetings to list; None does not filter. `after` is the last meeting of the page before."""

    client_id: str | None = None
    time_slot_id: UUID | None = None
    employee_id: UUID | None = None
    modified_from: datetime | None = None
    modified_to: datetime | None = None
    after: tuple[datetime, UUID] | None = None


RULES: Final[Mapping[str, Callable[[Any], sa.ColumnElement[bool]]]] = {
    "client_id": lambda client_id: col(MeetingRow.client_id) == client_id,
    "time_slot_id": lambda time_slot_id: col(MeetingRow.time_slot_id) == time_slot_id,
    "employee_id": lambda employee_id: col(MeetingRow.employee_id) == employee_id,
    "modified_from": lambda instant: col(MeetingRow.modified_at) >= instant,
    "modified_to": lambda instant: col(MeetingRow.modified_at) < instant,
    "after": lambda last: sa.tuple_(*LAST_CHANGED) > sa.tuple_(*map(sa.literal, last)),
}
"""What each field of a `MeetingFilter` asks of a meeting."""

MEETINGS: Final = table_of(MeetingRow)
MEETINGS_AND_SLOTS: Final = sa.select(MeetingRow, TimeSlotRow).join(
    TimeSlotRow, col(MeetingRow.time_slot_id) == col(TimeSlotRow.id)
)
THIS_ONE: Final = MEETINGS_AND_SLOTS.where(MEETINGS.c.id == sa.bindparam("meeting_id", type_=sa.Uuid))
OF_TIME_SLOT: Final = MEETINGS_AND_SLOTS.where(MEETINGS.c.time_slot_id == sa.bindparam("time_slot_id", type_=sa.Uuid))
GIVEN: Final = (
    *("id", "time_slot_id", "start_at", "end_at", "client_id", "booked_by", "type", "topic_id", "customer_type_id"),
    *("employee_id", "room_id", "customer_id", "title", "description", "additional_employees", "salesforce_id"),
)
"""The columns that a booking decides."""

ADD: Final = rows(
    MeetingRow,
    sa.insert(MEETINGS)
    .values(**given(MEETINGS, GIVEN), sequence=0, created_at=NOW, modified_at=NOW)
    .add_cte(APPEND_FIRST),
)


async def find_meeting(session: AsyncSession, meeting_id: UUID) -> Booked | None:
    return _booked((await session.execute(THIS_ONE, {"meeting_id": meeting_id})).first())


async def find_meeting_of(session: AsyncSession, time_slot_id: UUID) -> Booked | None:
    return _booked((await session.execute(OF_TIME_SLOT, {"time_slot_id": time_slot_id})).first())


def _booked(row: sa.Row[MeetingRow, TimeSlotRow] | None) -> Booked | None:
    return None if row is None else Booked(*row)


async def find_as_stored(session: AsyncSession, meeting_id: UUID, *, for_update: bool = False) -> MeetingRow | None:
    """The meeting as it is stored, which may be cancelled."""
    query = sa.select(MeetingRow).where(col(MeetingRow.id) == meeting_id)
    return await session.scalar(query.with_for_update() if for_update else query, execution_options=AS_STORED)


async def list_meetings(session: AsyncSession, wanted: MeetingFilter, limit: int) -> AsyncIterator[list[Booked]]:
    """At most `limit` meetings, in the order in which they were last changed, in batches of one statement's result.

    Between batches other requests are served: 10,000 meetings at once would stop them for a second.
    """
    rules = [rule(value) for name, rule in RULES.items() if (value := getattr(wanted, name)) is not None]
    found = await session.stream(MEETINGS_AND_SLOTS.where(*rules).order_by(*LAST_CHANGED).limit(limit))
    async for batch in found.partitions(BATCH):
        yield [Booked(*row) for row in batch]


async def add_meeting(session: AsyncSession, slot: TimeSlotRow, values: Mapping[str, object]) -> MeetingRow:
    """Insert a meeting of `slot` with these column values, and append `meeting.created`, in one statement."""
    event = event_values(EventKind.MEETING_CREATED, slot)
    return (await session.scalars(ADD, {**event, **values, "meeting_id": values["id"]})).one()


async def change_meeting(session: AsyncSession, meeting: MeetingRow, values: Mapping[str, object]) -> MeetingRow:
    """The locked meeting with these column values, as its next version."""
    change = sa.update(MeetingRow).where(col(MeetingRow.id) == meeting.id)
    counted = change.values(**values, sequence=col(MeetingRow.sequence) + 1, modified_at=NOW)
    return (await session.execute(counted.returning(MeetingRow), execution_options=AS_STORED)).scalar_one()


async def remove_meeting(session: AsyncSession, meeting_id: UUID, time_slot_id: UUID) -> bool:
    """Delete this meeting of this time slot if it is there; whether it was."""
    is_it = sa.and_(col(MeetingRow.id) == meeting_id, col(MeetingRow.time_slot_id) == time_slot_id)
    return await session.scalar(sa.delete(MeetingRow).where(is_it).returning(col(MeetingRow.id))) is not None


async def is_one_of_another(session: AsyncSession, meeting_ids: Sequence[UUID], client_id: str) -> bool:
    """Whether one of these meetings, cancelled or not, is another client's."""
    others = sa.select(sa.literal(1)).where(col(MeetingRow.id).in_(meeting_ids), col(MeetingRow.client_id) != client_id)
    return await session.scalar(others.limit(1)) is not None
