"""Queries and changes of meetings. The time slot of a meeting determines its start and end."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.errors import NotFound, instant
from domain.meetings import LONGEST_RESERVATION, MeetingState, MeetingType
from storage.bookings.events import APPEND_FIRST, EventKind, event_values
from storage.bookings.time_slots import NOW
from storage.statements import AS_STORED, given, rows, table_of
from storage.tables.booking import MeetingRow, TimeSlotRow


class Booked(NamedTuple):
    """A meeting with its time slot."""

    meeting: MeetingRow
    slot: TimeSlotRow


BATCH: Final = 500
"""Meetings of a list that are read in one batch."""


class MeetingOrder(StrEnum):
    """Sort order of a list of meetings: by last change or by start, then by id. `-` is the reverse order."""

    MODIFIED = "dateModified"
    LAST_MODIFIED = "-dateModified"
    START = "startDate"
    LAST_START = "-startDate"

    @property
    def is_reverse(self) -> bool:
        return self.startswith("-")

    @property
    def column(self) -> str:
        return "start_at" if self.endswith("startDate") else "modified_at"

    def place_of(self, meeting: MeetingRow) -> tuple[datetime, UUID]:
        """Return the place of the meeting in this order, as `MeetingFilter.after` takes it."""
        return getattr(meeting, self.column), meeting.id


@dataclass(frozen=True, slots=True)
class MeetingFilter:
    """Filter and order of a list of meetings. None does not filter.

    `modified_from` is inclusive, `modified_to` is exclusive. The meetings overlap the interval from `start` to `end`.
    `employee_id` is the employee of the meeting, or one of the additional employees. `after` is the place of the last
    meeting of the previous page.
    """

    client_id: str | None = None
    states: Collection[MeetingState] = (MeetingState.PLANNED,)
    time_slot_id: UUID | None = None
    employee_id: UUID | None = None
    customer_id: str | None = None
    topic_id: UUID | None = None
    types: Sequence[MeetingType] = ()
    start: datetime | None = None
    end: datetime | None = None
    modified_from: datetime | None = None
    modified_to: datetime | None = None
    order: MeetingOrder = MeetingOrder.MODIFIED
    after: tuple[datetime, UUID] | None = None


IS_CANCELLED: Final = col(MeetingRow.cancelled_at).is_not(None)
OF_STATE: Final = {MeetingState.PLANNED: ~IS_CANCELLED, MeetingState.CANCELLED: IS_CANCELLED}


def _with(employee_id: UUID) -> sa.ColumnElement[bool]:
    leads = col(MeetingRow.employee_id) == employee_id
    return leads | col(MeetingRow.additional_employees).contains([employee_id])


def _ends_after(start: datetime) -> sa.ColumnElement[bool]:
    """Match the meetings that end after `start`. The bound of their start lets the indexes by start find them."""
    return sa.and_(col(MeetingRow.end_at) > start, col(MeetingRow.start_at) > start - LONGEST_RESERVATION)


RULES: Final[Mapping[str, Callable[[Any], sa.ColumnElement[bool]]]] = {
    "client_id": lambda client_id: col(MeetingRow.client_id) == client_id,
    "states": lambda states: sa.or_(*(OF_STATE[each] for each in states)),
    "time_slot_id": lambda time_slot_id: col(MeetingRow.time_slot_id) == time_slot_id,
    "employee_id": _with,
    "customer_id": lambda customer_id: col(MeetingRow.customer_id) == customer_id,
    "topic_id": lambda topic_id: col(MeetingRow.topic_id) == topic_id,
    "types": lambda types: col(MeetingRow.type).in_(types),
    "start": _ends_after,
    "end": lambda end: col(MeetingRow.start_at) < end,
    "modified_from": lambda since: col(MeetingRow.modified_at) >= since,
    "modified_to": lambda until: col(MeetingRow.modified_at) < until,
}
"""Condition for each field of a `MeetingFilter` that has a value."""

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
"""Columns whose values come from the booking."""

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


async def get_planned(session: AsyncSession, meeting_id: UUID, *, for_update: bool = False) -> MeetingRow:
    """Return the meeting. `for_update` locks its row.

    Raises:
        NotFound: there is no such meeting, or it was cancelled.

    """
    meeting = await find_as_stored(session, meeting_id, for_update=for_update)
    if meeting is None:
        raise NotFound("meeting", meeting_id)
    if meeting.cancelled_at is not None:
        raise NotFound("meeting", meeting_id, f"was cancelled at {instant(meeting.cancelled_at)}")
    return meeting


async def find_as_stored(session: AsyncSession, meeting_id: UUID, *, for_update: bool = False) -> MeetingRow | None:
    """Return the stored meeting, which may be cancelled, or None. `for_update` locks its row."""
    query = sa.select(MeetingRow).where(col(MeetingRow.id) == meeting_id)
    return await session.scalar(query.with_for_update() if for_update else query, execution_options=AS_STORED)


async def list_meetings(
    session: AsyncSession, wanted: MeetingFilter, limit: int
) -> AsyncIterator[Sequence[MeetingRow]]:
    """Yield at most `limit` meetings in batches, from one statement, in the wanted order.

    Other requests are served between batches. 10,000 meetings at once would block the event loop for a second.
    """
    found = await session.stream_scalars(listed(wanted).limit(limit))
    async for batch in found.partitions(BATCH):
        yield batch


def listed(wanted: MeetingFilter) -> sa.Select[MeetingRow]:
    """Build the statement of a list of meetings, without a limit."""
    rules = [rule(value) for name, rule in RULES.items() if (value := getattr(wanted, name))]
    columns = (MEETINGS.c[wanted.order.column], MEETINGS.c.id)
    if wanted.after is not None:
        place, last = sa.tuple_(*columns), sa.tuple_(*map(sa.literal, wanted.after))
        rules.append(place < last if wanted.order.is_reverse else place > last)
    ordered = [each.desc() for each in columns] if wanted.order.is_reverse else columns
    return sa.select(MeetingRow).where(*rules).order_by(*ordered)


async def add_meeting(session: AsyncSession, slot: TimeSlotRow, values: Mapping[str, object]) -> MeetingRow:
    """Insert a meeting for `slot` with these column values, and append `meeting.created`, in one statement."""
    event = event_values(EventKind.MEETING_CREATED, slot)
    return (await session.scalars(ADD, {**event, **values, "meeting_id": values["id"]})).one()


async def change_meeting(session: AsyncSession, meeting: MeetingRow, values: Mapping[str, object]) -> MeetingRow:
    """Set column values of the locked meeting, increment its `sequence`, and return the changed row."""
    change = sa.update(MeetingRow).where(col(MeetingRow.id) == meeting.id)
    counted = change.values(**values, sequence=col(MeetingRow.sequence) + 1, modified_at=NOW)
    return (await session.execute(counted.returning(MeetingRow), execution_options=AS_STORED)).scalar_one()


async def remove_meeting(session: AsyncSession, meeting_id: UUID, time_slot_id: UUID) -> bool:
    """Delete the meeting with this id and time slot. Return whether there was one."""
    is_it = sa.and_(col(MeetingRow.id) == meeting_id, col(MeetingRow.time_slot_id) == time_slot_id)
    return await session.scalar(sa.delete(MeetingRow).where(is_it).returning(col(MeetingRow.id))) is not None


async def is_one_of_another(session: AsyncSession, meeting_ids: Sequence[UUID], client_id: str) -> bool:
    """Return whether one of these meetings, cancelled or not, belongs to another client."""
    others = sa.select(sa.literal(1)).where(col(MeetingRow.id).in_(meeting_ids), col(MeetingRow.client_id) != client_id)
    return await session.scalar(others.limit(1)) is not None
