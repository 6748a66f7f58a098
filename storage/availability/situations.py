"""Queries of the data for the availability rules.

The number of statements is fixed and does not depend on the number of employees.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.availability import AvailabilityData, BusyTime
from domain.configuration import Employee, Room
from domain.time_slots import Interval, TimeSlotStatus
from storage.availability.organisation_data import (
    AS_JSON,
    ORGANISATION_DATA,
    OrganisationData,
    employees_of,
    organisation_data_of,
    read_employees,
    read_organisation_data,
)
from storage.bookings.holds import RESERVATION_STATE, ReservationState
from storage.bookings.time_slots import (
    CONCERNS,
    IS_LIVE,
    SLOT,
    TOUCHES,
    concerns,
    in_window,
    touches,
    with_attendee_slots,
)
from storage.configuration.lookups import not_configured
from storage.tables.booking import MeetingRow

STATUSES: Final[Mapping[str, TimeSlotStatus]] = {each.value: each for each in TimeSlotStatus}

AS_IT_COMES: Final = sa.types.NullType()
"""Type that keeps the values of asyncpg unchanged. SQLAlchemy would copy each list."""

READ: Final[tuple[Any, ...]] = (
    *(SLOT.id, SLOT.start_at, SLOT.end_at, SLOT.status),
    *(SLOT.employee_id, SLOT.room_id, SLOT.hold_expires_at),
)

COLUMNS: Final[sa.Select[*tuple[Any, ...]]] = sa.select(*(sa.func.array_agg(each, type_=AS_IT_COMES) for each in READ))
"""One row of arrays. A search may read hundreds of thousands of time slots, and row objects would be too slow."""

OF_ALL: Final = COLUMNS.where(TOUCHES, IS_LIVE)
OF_SOME: Final = OF_ALL.where(CONCERNS)
SLOTS_OF_SOME: Final = OF_SOME.subquery("slots")
AT_ONCE: Final = ORGANISATION_DATA.add_columns(AS_JSON, *SLOTS_OF_SOME.c).join(SLOTS_OF_SOME, sa.true())
"""Statement that reads all data for some employees, so that a step waits for the database only once."""


RESERVATION: Final = AT_ONCE.add_columns(*RESERVATION_STATE)


async def read_availability_data(
    session: AsyncSession,
    window: Interval,
    employees: Sequence[UUID] | None = None,
    organisation_data: OrganisationData | None = None,
    *,
    rooms: Sequence[UUID] | None = None,
) -> AvailabilityData:
    """Read the data from which the rules decide whether these employees and rooms are available in `window`.

    None as `employees` or `rooms` means all. Pass `organisation_data` if this transaction has read them before.
    """
    if organisation_data is None and employees is not None and rooms is not None:
        return await _read_at_once(session, window, employees, rooms)
    organisation_data = organisation_data or await read_organisation_data(session)
    among = [room for room in organisation_data.rooms if rooms is None or room.id in rooms]
    slots = await _live_slots(session, window, employees, [room.id for room in among])
    return _situation(organisation_data, among, await read_employees(session, employees), slots)


async def read_reservation(
    session: AsyncSession,
    window: Interval,
    employees: Sequence[UUID],
    rooms: Sequence[UUID],
    *,
    booking: tuple[str, str],
    time_slot_id: UUID,
    interval: Interval,
) -> tuple[ReservationState, AvailabilityData]:
    """Read the state and the availability data for a reservation of `interval`, in one statement.

    `booking` is the client id and the reservation token.
    """
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
) -> AvailabilityData:
    which = {**in_window(window), "employees": employees, "rooms": rooms}
    found = (await session.execute(AT_ONCE, which)).first()
    if found is None:
        raise not_configured()
    return _situation_of(found, rooms)


def _situation_of(found: Sequence[Any], rooms: Sequence[UUID]) -> AvailabilityData:
    """Convert a row of `AT_ONCE`."""
    shared, told, slots = found[: -1 - len(READ)], found[-1 - len(READ)], found[-len(READ) :]
    organisation_data = organisation_data_of(shared)
    among = [room for room in organisation_data.rooms if room.id in rooms]
    return _situation(organisation_data, among, employees_of(told), _busy_times(slots))


def _situation(
    organisation_data: OrganisationData,
    rooms: Sequence[Room],
    employees: tuple[Employee, ...],
    slots: Iterable[BusyTime],
) -> AvailabilityData:
    return AvailabilityData(
        organisation=organisation_data.organisation,
        employees=employees,
        rooms=tuple(rooms),
        locations=organisation_data.locations,
        busy=tuple(slots),
        now=organisation_data.now,
        competence_groups=organisation_data.competence_groups,
        service_groups=organisation_data.service_groups,
    )


async def _live_slots(
    session: AsyncSession, window: Interval, employees: Sequence[UUID] | None, rooms: Sequence[UUID]
) -> Iterator[BusyTime]:
    """Read the slots in `window` that are not overdue, of these employees or in these rooms.

    None as `employees` means all slots, whatever `rooms` says.
    """
    where = in_window(window)
    if employees is None:
        found = await session.execute(OF_ALL, where)
    else:
        found = await session.execute(OF_SOME, {**where, "employees": employees, "rooms": rooms})
    return _busy_times(found.one())


def _busy_times(columns: Sequence[Any]) -> Iterator[BusyTime]:
    """Convert a row of `COLUMNS`."""
    ids, starts, ends, statuses, *others = ((column or ()) for column in columns)
    return map(BusyTime, ids, map(Interval, starts, ends), map(STATUSES.__getitem__, statuses), *others)


async def slots_in_rooms(
    session: AsyncSession, booking_key: UUID, window: Interval, rooms: Sequence[UUID]
) -> frozenset[UUID]:
    """Return the ids of the booking's own slots in these rooms in `window`. They do not block this booking."""
    is_its_own = col(SLOT.booking_key) == booking_key
    query = sa.select(col(SLOT.id)).where(is_its_own, touches(window), concerns([], rooms))
    return frozenset(await session.scalars(query))


async def slots_of_meetings(session: AsyncSession, meetings: Sequence[UUID]) -> frozenset[UUID]:
    """Return the ids of the slots of these meetings, attendee slots included, which `ignoreMeetingIds` excludes."""
    if not meetings:
        return frozenset()
    has_one = col(SLOT.id) == col(MeetingRow.time_slot_id)
    query = sa.select(SLOT).join(MeetingRow, has_one).where(col(MeetingRow.id).in_(meetings))
    return with_attendee_slots(*await session.scalars(query))
