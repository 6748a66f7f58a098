"""The times for which calendars elsewhere are expanded, and what is kept busy until they are."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.configuration import Organisation
from domain.time_slots import Interval
from storage import calendars
from storage.premises import read_organisation
from storage.time_slots import database_time

BEHIND: Final = timedelta(days=1)
"""How far before now the expansion begins, so that events which have just begun are included."""

BEYOND: Final = timedelta(days=32)
"""Further than meetings can be booked, so that the longest ends inside."""


def window_of(settings: Organisation, now: datetime) -> Interval:
    """The times for which calendars are expanded."""
    return Interval(now - BEHIND, now + settings.max_time_from_booking_to_meeting + BEYOND)


async def block_until_read(
    session: AsyncSession, before: Organisation, after: Organisation, calendar_id: UUID | None = None
) -> bool:
    """Make busy what calendars (all, or this one) have not been expanded for, now that there are other settings.

    Answers whether there is anything: calendars that are to be read again.
    """
    now = await database_time(session)
    window = window_of(after, now)
    if before.time_zone == after.time_zone:
        if after.max_time_from_booking_to_meeting <= before.max_time_from_booking_to_meeting:
            return False
        window = Interval(now + before.max_time_from_booking_to_meeting, window.end)
    await calendars.block_what_is_not_read(session, window, id=calendar_id)
    return True


async def block_if_readdressed(session: AsyncSession, before: str | None, after: str | None, **only: UUID) -> bool:
    """Make the owner of calendars busy until they are read again, if the owner has another mail address.

    The address decides what the owner has declined. `only` names the calendars by columns (`id`, `employee_id`,
    `room_id`). Answers whether there are calendars that are to be read again.
    """
    if (before or "").casefold() == (after or "").casefold():
        return False
    window = window_of(await read_organisation(session), await database_time(session))
    return await calendars.block_what_is_not_read(session, window, **only)
