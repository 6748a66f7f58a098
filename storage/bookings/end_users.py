"""Recent holds of each end user of a client. End users are stored only as keyed digests."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.time_slots import Interval
from storage.bookings.time_slots import IS_KEPT, NOW, SLOTS
from storage.statements import IDS, forget, table_of
from storage.tables.booking import DigestKeyRow, EndUserHoldRow, TimeSlotRow
from storage.tables.columns import INSTANT

PERIOD: Final = timedelta(days=1)
"""Period in which a later hold of the same time counts as a renewal."""

KEY_BYTES: Final = 32

HELD: Final = table_of(EndUserHoldRow)
IS_END_USERS: Final = HELD.c.end_user == sa.bindparam("end_user", type_=sa.Text)
SAME_TIME: Final = sa.and_(
    HELD.c.start_at < sa.bindparam("end", type_=INSTANT), HELD.c.end_at > sa.bindparam("start", type_=INSTANT)
)
SAME_PLACE: Final = sa.or_(
    HELD.c.employees.overlap(sa.bindparam("employees", type_=IDS)),
    HELD.c.room_id == sa.bindparam("room_id", type_=sa.Uuid),
)
LIVE: Final = sa.select(sa.func.count()).where(IS_END_USERS, HELD.c.time_slot_id == SLOTS.c.id, IS_KEPT)
AGAIN: Final = sa.select(sa.func.count()).where(IS_END_USERS, HELD.c.at > sa.func.now() - PERIOD, SAME_TIME, SAME_PLACE)
COUNT: Final = sa.select(LIVE.scalar_subquery(), AGAIN.scalar_subquery())
OF_TIME_SLOT: Final = HELD.c.time_slot_id == sa.bindparam("held", type_=sa.Uuid)
COPIED: Final = ("end_user", "start_at", "end_at", "employees", "room_id")
NOTE_EXTENSION: Final = sa.insert(HELD).from_select(
    ["time_slot_id", *COPIED, "at"],
    sa.select(sa.bindparam("extension", type_=sa.Uuid), *(HELD.c[each] for each in COPIED), NOW).where(OF_TIME_SLOT),
)
FORGET: Final = forget(HELD.c.time_slot_id, HELD.c.at, PERIOD)


class EndUserHolds(NamedTuple):
    """Number of live holds of an end user, and of their holds of the wanted time in the last day.

    A hold is of the wanted time if it overlaps that time and has one of its employees or its room.
    """

    live: int
    of_this_time: int


async def count_holds(
    session: AsyncSession, end_user: str, time: Interval, employees: Sequence[UUID], room_id: UUID | None
) -> EndUserHolds:
    """Count the holds of this end user. The caller must hold the lock `queue_of_end_user`."""
    wanted = {"start": time.start, "end": time.end, "employees": employees, "room_id": room_id}
    values = {"end_user": end_user, **wanted}
    return EndUserHolds(*(await session.execute(COUNT, values)).one())


async def note_hold(session: AsyncSession, end_user: str, slot: TimeSlotRow) -> None:
    """Record a hold of the end user, and delete some records that are older than `PERIOD`."""
    await session.execute(FORGET)
    values = {
        "time_slot_id": slot.id,
        "end_user": end_user,
        "start_at": slot.start_at,
        "end_at": slot.end_at,
        "employees": [slot.employee_id, *slot.additional_employees],
        "room_id": slot.room_id,
    }
    await session.execute(sa.insert(HELD).values(**values, at=NOW))


async def find_end_user(session: AsyncSession, time_slot_id: UUID) -> str | None:
    """Return the digest of the end user for whom the time slot was held, or None if the client named nobody."""
    return await session.scalar(sa.select(HELD.c.end_user).where(OF_TIME_SLOT), {"held": time_slot_id})


async def note_extension(session: AsyncSession, time_slot_id: UUID, extension_id: UUID) -> None:
    """Count the extension as one more hold of the end user, for the limit of holds. Without an end user, do nothing."""
    await session.execute(NOTE_EXTENSION, {"held": time_slot_id, "extension": extension_id})


async def digest_key(session: AsyncSession) -> bytes:
    """Return the secret key of the digests. The first caller generates the key and stores it."""
    query = sa.select(col(DigestKeyRow.key))
    found = await session.scalar(query)
    if found is None:
        drawn = insert(DigestKeyRow).values(id=1, key=secrets.token_bytes(KEY_BYTES))
        await session.execute(drawn.on_conflict_do_nothing())
        found = await session.scalar(query)
    assert found is not None, "it was just drawn"  # noqa: S101 - for the type checker
    return bytes(found)
