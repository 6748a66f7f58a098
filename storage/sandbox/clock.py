"""Reads and moves the clock of a sandbox. Only a sandbox has the tables of these statements."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables.columns import INSTANT

READ: Final = sa.text(
    "SELECT clock_timestamp(), pg_catalog.clock_timestamp(), make_interval(secs => seconds_ahead) FROM sandbox.clock"
)
AHEAD: Final = sa.text("SELECT make_interval(secs => seconds_ahead) FROM sandbox.clock")

# Never back: rows that are dated later than the clock would be in the future.
MOVE: Final = sa.text(
    "UPDATE sandbox.clock SET seconds_ahead = "
    "greatest(seconds_ahead, extract(epoch FROM :instant - pg_catalog.clock_timestamp()))"
).bindparams(sa.bindparam("instant", type_=INSTANT))
RESTORE: Final = sa.text("UPDATE sandbox.clock SET seconds_ahead = 0")


class ClockReading(NamedTuple):
    """The clock of the sandbox, the real time, and the time between the two."""

    now: datetime
    real: datetime
    ahead: timedelta


async def read_clock(session: AsyncSession) -> ClockReading:
    return ClockReading(*(await session.execute(READ)).one())


async def read_ahead(session: AsyncSession) -> timedelta:
    """Return how far the clock of the sandbox is ahead of real time."""
    ahead: timedelta = (await session.execute(AHEAD)).scalar_one()
    return ahead


async def move_clock(session: AsyncSession, instant: datetime) -> None:
    """Set the clock to `instant`. A clock that is there already stays as it is."""
    await session.execute(MOVE, {"instant": instant})


async def restore_clock(session: AsyncSession) -> None:
    """Set the clock back to real time. The caller must delete all bookings, which may be dated later."""
    await session.execute(RESTORE)
