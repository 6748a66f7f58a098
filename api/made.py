"""Bookings and meetings that requests with an `Idempotency-Key` have made, as repeats are shown them."""

from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.idempotency import Made
from api.ownership import check_kept, own_meeting, sight_own
from api.principals import Principal
from api.schemas.meetings import Meeting
from api.schemas.time_slots import TimeSlot


class Identified(Protocol):
    @property
    def id(self) -> UUID: ...


def named(resource: Identified) -> Made:
    """The name under which the resource is found again."""
    return {"id": str(resource.id)}


async def time_slot_now(session: AsyncSession, principal: Principal, made: Made) -> TimeSlot:
    """The reserved time slot as it is now.

    Raises:
        HoldExpired, HoldReleased, NotFound: it is not kept any more.

    """
    seen = await sight_own(session, principal, UUID(made["id"]))
    await check_kept(session, seen)
    return TimeSlot.stored(seen.slot)


async def meeting_now(session: AsyncSession, principal: Principal, made: Made) -> Meeting:
    """The meeting as it is now. Raises `NotFound` if it was cancelled or withdrawn."""
    return Meeting.stored(await own_meeting(session, principal, UUID(made["id"])))
