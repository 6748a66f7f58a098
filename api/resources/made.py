"""Bookings and meetings that a request with an `Idempotency-Key` made, as a repeat shows them."""

from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.principals import Principal
from api.http.idempotency import Made
from api.resources.ownership import check_kept, own_meeting, read_own_slot
from api.schemas.meetings import Meeting
from api.schemas.time_slots import TimeSlot


class Identified(Protocol):
    @property
    def id(self) -> UUID: ...


def named(resource: Identified) -> Made:
    """Return the mapping that identifies the resource."""
    return {"id": str(resource.id)}


async def time_slot_now(session: AsyncSession, principal: Principal, made: Made) -> TimeSlot:
    """Return the reserved time slot as it is now.

    Raises:
        HoldExpired, HoldReleased, NotFound: the time slot is not held any more.

    """
    seen = await read_own_slot(session, principal, UUID(made["id"]))
    await check_kept(session, seen)
    return TimeSlot.stored(seen.slot)


async def meeting_now(session: AsyncSession, principal: Principal, made: Made) -> Meeting:
    """Return the meeting as it is now. Raise `NotFound` if the meeting was cancelled or withdrawn."""
    return Meeting.of_row((await own_meeting(session, principal, UUID(made["id"]))).meeting)
