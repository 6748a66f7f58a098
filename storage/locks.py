"""Advisory locks: their names, and the one order in which a transaction takes them.

A transaction takes all its advisory locks before it locks the first row. So a transaction that waits for an advisory
lock holds no row that another transaction waits for.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

CONFIGURATION: Final = "configuration"
"""One change of the configuration at a time."""

PUBLISHED_EVENTS: Final = "publish-events"
"""One publisher of events at a time."""

SANDBOX_CLOCK: Final = "sandbox-clock"
"""One move of the clock of a sandbox, or one reset, at a time."""

LOCK: Final = sa.select(
    sa.func.pg_advisory_xact_lock(
        sa.func.hashtextextended(
            sa.func.unnest(sa.bindparam("names", type_=sa.ARRAY(sa.Text))).column_valued("name"), 0
        )
    )
)


TRY_LOCK: Final = sa.select(sa.func.pg_try_advisory_lock(sa.func.hashtextextended(sa.bindparam("name"), 0)))


async def try_lock_connection(session: AsyncSession, name: str) -> bool:
    """Take the advisory lock of this name until the connection is closed. Return False if another one has it."""
    return bool(await session.scalar(TRY_LOCK, {"name": name}))


async def lock(session: AsyncSession, names: Iterable[str]) -> None:
    """Take an advisory lock for each of these names until the transaction ends, in sorted order to avoid deadlocks.

    The exclusion constraint alone is correct. But without locks, concurrent inserts can deadlock, and wait until
    PostgreSQL detects the deadlock.
    """
    await session.execute(LOCK, {"names": sorted(set(names))})


def of_booking(client_id: str, token: str) -> str:
    """Return the name of the lock that allows one reservation of this booking at a time."""
    return f"booking:{client_id}:{token}"


def of_step(step_id: UUID) -> str:
    """Return the name of the lock that a step which creates a time slot holds until its transaction ends."""
    return f"step:{step_id}"


def of_employees(employees: Iterable[UUID]) -> list[str]:
    """Return the names of the locks that allow one change of the time of each employee at a time."""
    return [f"employee:{each}" for each in employees]


def of_rooms(rooms: Iterable[UUID]) -> list[str]:
    """Return the names of the locks that allow one change of the time of each room at a time."""
    return [f"room:{each}" for each in rooms]


def of_holds(client_id: str) -> str:
    """Return the name of the lock that lets only one request at a time reserve for a client near its limit of holds."""
    return f"holds:{client_id}"


def of_end_user(end_user: str) -> str:
    """Return the name of the lock that lets only one request at a time reserve for this end user.

    `end_user` is the keyed digest of the end user's id.
    """
    return f"end-user:{end_user}"
