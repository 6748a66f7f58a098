"""Faults that a client of a sandbox asks for: each is for one request."""

from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession


class Fault(StrEnum):
    """Fault of the next request of a client."""

    TIME_SLOT_TAKEN = "TIME_SLOT_TAKEN"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    SLOW = "slow"


SET: Final = sa.text(
    "INSERT INTO sandbox.fault (client_id, next) VALUES (:client_id, :next) "
    "ON CONFLICT (client_id) DO UPDATE SET next = excluded.next"
)
TAKE: Final = sa.text(
    "DELETE FROM sandbox.fault WHERE client_id = :client_id AND next = any(:possible) RETURNING next"
).bindparams(sa.bindparam("possible", type_=sa.ARRAY(sa.Text)))


async def set_fault(session: AsyncSession, client_id: str, fault: Fault) -> None:
    """Set the fault of the client's next request, in place of one that was set before."""
    await session.execute(SET, {"client_id": client_id, "next": fault})


async def take_fault(session: AsyncSession, client_id: str, possible: list[Fault]) -> Fault | None:
    """Remove and return the fault of the client if it is one of the possible ones. Only one process gets it."""
    found = await session.scalar(TAKE, {"client_id": client_id, "possible": possible})
    return None if found is None else Fault(found)
