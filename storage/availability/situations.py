"""Queries of the data for the availability rules.

The number of statements is fixed and does not depend on the number of employees.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.availability import AvailabilityData, BusyTime
from domain.time_slots import Interval, TimeSlotStatus
from storage.availability.organisation_data import (
    AS_IT_COMES,
    AS_JSON,
    ORGANISATION_DATA,
    employees_of,
    organisation_data_of,
    read_employees,
    read_one,
    read_organisation_data,
)
from storage.bookings.holds import RESERVATION_STATE, ReservationState
from storage.bookings.time_slots import (
    CONCERNS_UNSEEN,
    IS_LIVE,
    SLOT,
    TOUCHES,
    TOUCHES_UNSEEN,
    concerns,
    in_window,
    touches,
    with_attendee_slots,
)
from storage.tables.booking import MeetingRow

STATUSES: Final[Mapping[str, TimeSlotStatus]] = {each.value: each for each in TimeSlotStatus}

READ: Final[tuple[Any, ...]] = (
    *(SLOT.id, SLOT.start_at, SLOT.end_at, SLOT.status),
    *(SLOT.employee_id, SLOT.room_id, SLOT.hold_expires_at),
)

COLUMNS: Final[sa.Select[*tuple[Any, ...]]] = sa.select(*(sa.func.array_agg(each, type_=AS_IT_COMES) for each in READ))
"""One row of arrays. A search may read hundreds of thousands of time slots, and row objects would be too slow."""

OF_ALL: Final = COLUMNS.where(TOUCHES, IS_LIVE)
OF_SOME: Final = COLUMNS.where(TOUCHES_UNSEEN, IS_LIVE, CONCERNS_UNSEEN)


def _at_once(employees: sa.ScalarSelect[Any], slots: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
    """Build the statement that reads all data for some employees, so that a step waits for the database only once."""
    of_them = slots.subquery("slots")
    return ORGANISATION_DATA.add_columns(employees, *of_them.c).join(of_them, sa.true())


AT_ONCE: Final = _at_once(AS_JSON, OF_SOME)
RESERVATION: Final = AT_ONCE.add_columns(*RESERVATION_STATE)


async def read_availability_data(
    session: AsyncSession,
    window: Interval,
    employees: Sequence[UUID] | None = None,
    organisation_data: AvailabilityData | None = None,
    *,
    rooms: Sequence[UUID] | None = None,
) -> AvailabilityData:
    """Read the data from which the rules decide whether these employees and rooms are available in `window`.

    None as `employees` or `rooms` means all. The slots are live ones that touch `window`: all of them if `employees` is
    None, whatever `rooms` says, else those of these employees or in these rooms. Pass `organisation_data` if this
    transaction has read them before.
    """
    if organisation_data is None and employees is not None and rooms is not None:
        row = await read_one(session, AT_ONCE, **in_window(window), employees=employees, rooms=rooms)
        return _availability_data(row, rooms)
    organisation_data = organisation_data or await read_organisation_data(session)
    among = tuple(room for room in organisation_data.rooms if rooms is None or room.id in rooms)
    parameters = {**in_window(window), "employees": employees, "rooms": [room.id for room in among]}
    slots = await session.execute(OF_ALL if employees is None else OF_SOME, parameters)
    found = await read_employees(session, employees)
    return replace(organisation_data, rooms=among, employees=found, busy=tuple(_busy_times(slots.one())))


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
    (client_id, token), about = booking, len(RESERVATION_STATE)
    found = await read_one(
        session,
        RESERVATION,
        **in_window(window),
        employees=employees,
        rooms=rooms,
        client_id=client_id,
        token=token,
        time_slot_id=time_slot_id,
        start=interval.start,
        end=interval.end,
    )
    return ReservationState(*found[-about:]), _availability_data(found[:-about], rooms)


def _availability_data(found: Sequence[Any], rooms: Sequence[UUID]) -> AvailabilityData:
    """Convert a row of `AT_ONCE`."""
    shared, employees, slots = found[: -1 - len(READ)], found[-1 - len(READ)], found[-len(READ) :]
    data = organisation_data_of(shared)
    among = tuple(room for room in data.rooms if room.id in rooms)
    return replace(data, rooms=among, employees=employees_of(employees), busy=tuple(_busy_times(slots)))


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
    """Return the ids of the slots of these meetings and of their attendee slots.

    A search with `ignoreMeetingIds` treats the time of these slots as free.
    """
    if not meetings:
        return frozenset()
    is_slot_of_meeting = col(SLOT.id) == col(MeetingRow.time_slot_id)
    query = sa.select(SLOT).join(MeetingRow, is_slot_of_meeting).where(col(MeetingRow.id).in_(meetings))
    return with_attendee_slots(*await session.scalars(query))
