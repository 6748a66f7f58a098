"""Reads what the availability rules decide from, in a fixed number of statements whatever the number of employees."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.availability import BusyTime, Situation
from domain.configuration import Employee, Room
from domain.time_slots import Interval, TimeSlotStatus
from storage.booking_tables import MeetingRow
from storage.companions import with_companions
from storage.configuration import not_configured
from storage.holds import RESERVATION_STATE, ReservationState
from storage.premises import AS_JSON, PREMISES, Premises, employees_of, premises_of, read_employees, read_premises
from storage.time_slots import CONCERNS, IS_LIVE, SLOT, TOUCHES, concerns, in_window, touches

STATUSES: Final[Mapping[str, TimeSlotStatus]] = {each.value: each for each in TimeSlotStatus}

AS_IT_COMES: Final = sa.types.NullType()
"""What asyncpg makes of a column is what we want; SQLAlchemy would make a list of each list."""

READ: Final[tuple[Any, ...]] = (
    *(SLOT.id, SLOT.start_at, SLOT.end_at, SLOT.status),
    *(SLOT.employee_id, SLOT.room_id, SLOT.hold_expires_at),
)

COLUMNS: Final[sa.Select[*tuple[Any, ...]]] = sa.select(*(sa.func.array_agg(each, type_=AS_IT_COMES) for each in READ))
"""One row of arrays: a search reads hundreds of thousands of time slots, and would spend its time making rows."""

OF_ALL: Final = COLUMNS.where(TOUCHES, IS_LIVE)
OF_SOME: Final = OF_ALL.where(CONCERNS)
SLOTS_OF_SOME: Final = OF_SOME.subquery("slots")
AT_ONCE: Final = PREMISES.add_columns(AS_JSON, *SLOTS_OF_SOME.c).join(SLOTS_OF_SOME, sa.true())
"""All that is asked of some employees. A step that asks the rules waits for the database once."""


RESERVATION: Final = AT_ONCE.add_columns(*RESERVATION_STATE)


async def read_situation(
    session: AsyncSession,
    window: Interval,
    employees: Sequence[UUID] | None = None,
    premises: Premises | None = None,
    *,
    rooms: Sequence[UUID] | None = None,
) -> Situation:
    """Everything that says whether these employees can meet in `window`, in these rooms (None: all, of either).

    `premises` are those that were read before, in this transaction.
    """
    if premises is None and employees is not None and rooms is not None:
        return await _read_at_once(session, window, employees, rooms)
    premises = premises or await read_premises(session)
    among = [room for room in premises.rooms if rooms is None or room.id in rooms]
    slots = await _live_slots(session, window, employees, [room.id for room in among])
    return _situation(premises, among, await read_employees(session, employees), slots)


async def read_reservation(
    session: AsyncSession,
    window: Interval,
    employees: Sequence[UUID],
    rooms: Sequence[UUID],
    *,
    booking: tuple[str, str],
    time_slot_id: UUID,
    interval: Interval,
) -> tuple[ReservationState, Situation]:
    """Read in one statement what a reservation of `interval` decides from; `booking` is its client and its token."""
    client_id, token = booking
    which = {**in_window(window), "employees": employees, "rooms": rooms}
    step = {"client_id": client_id, "token": token, "time_slot_id": time_slot_id}
    asked = {"start": interval.start, "end": interval.end}
    found = (await session.execute(RESERVATION, which | step | asked)).first()
    if found is None:
        raise not_configured()
    about = len(RESERVATION_STATE)
    return ReservationState(*found[-about:]), _situation_of(found[:-about], rooms)


async def _read_at_once(
    session: AsyncSession, window: Interval, employees: Sequence[UUID], rooms: Sequence[UUID]
) -> Situation:
    which = {**in_window(window), "employees": employees, "rooms": rooms}
    found = (await session.execute(AT_ONCE, which)).first()
    if found is None:
        raise not_configured()
    return _situation_of(found, rooms)


def _situation_of(found: Sequence[Any], rooms: Sequence[UUID]) -> Situation:
    """Make the situation of a row of `AT_ONCE`."""
    shared, told, slots = found[: -1 - len(READ)], found[-1 - len(READ)], found[-len(READ) :]
    premises = premises_of(shared)
    among = [room for room in premises.rooms if room.id in rooms]
    return _situation(premises, among, employees_of(told), _busy_times(slots))


def _situation(
    premises: Premises, rooms: Sequence[Room], employees: tuple[Employee, ...], slots: Iterable[BusyTime]
) -> Situation:
    return Situation(
        organisation=premises.organisation,
        employees=employees,
        rooms=tuple(rooms),
        locations=premises.locations,
        busy=tuple(slots),
        now=premises.now,
        competence_groups=premises.competence_groups,
        service_groups=premises.service_groups,
    )


async def _live_slots(
    session: AsyncSession, window: Interval, employees: Sequence[UUID] | None, rooms: Sequence[UUID]
) -> Iterator[BusyTime]:
    """Every slot that is not overdue and touches `window`, of these employees (None: of all) or in these rooms."""
    where = in_window(window)
    if employees is None:
        found = await session.execute(OF_ALL, where)
    else:
        found = await session.execute(OF_SOME, {**where, "employees": employees, "rooms": rooms})
    return _busy_times(found.one())


def _busy_times(columns: Sequence[Any]) -> Iterator[BusyTime]:
    """The time slots of one row of `COLUMNS`."""
    ids, starts, ends, statuses, *others = ((column or ()) for column in columns)
    return map(BusyTime, ids, map(Interval, starts, ends), map(STATUSES.__getitem__, statuses), *others)


async def slots_in_rooms(
    session: AsyncSession, booking_key: UUID, window: Interval, rooms: Sequence[UUID]
) -> frozenset[UUID]:
    """What a booking has of these rooms then: it is not in its own way."""
    is_its_own = col(SLOT.booking_key) == booking_key
    query = sa.select(col(SLOT.id)).where(is_its_own, touches(window), concerns([], rooms))
    return frozenset(await session.scalars(query))


async def slots_of_meetings(session: AsyncSession, meetings: Sequence[UUID]) -> frozenset[UUID]:
    """The time slots of these meetings and their companions, as `ignoreMeetingIds` leaves them out."""
    if not meetings:
        return frozenset()
    has_one = col(SLOT.id) == col(MeetingRow.time_slot_id)
    query = sa.select(SLOT).join(MeetingRow, has_one).where(col(MeetingRow.id).in_(meetings))
    return with_companions(*await session.scalars(query))
