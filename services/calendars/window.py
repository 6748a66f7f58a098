"""Time window for which external calendars are expanded, and blocks for time that is not expanded yet."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.configuration import Organisation
from domain.time_slots import Interval
from storage.availability.organisation_data import read_organisation
from storage.bookings.time_slots import database_time
from storage.configuration import calendars

BEHIND: Final = timedelta(days=1)
"""The window begins this long before now, so that it includes events that have just begun."""

BEYOND: Final = timedelta(days=32)
"""The window ends this long after the last bookable start, so that the longest meeting ends inside."""


def window_of(settings: Organisation, now: datetime) -> Interval:
    """Return the window for which calendars are expanded."""
    return Interval(now - BEHIND, now + settings.max_time_from_booking_to_meeting + BEYOND)


async def mark_unread_time_busy(
    session: AsyncSession, before: Organisation, after: Organisation, calendar_id: UUID | None = None
) -> bool:
    """Mark as busy all time that is not read from the calendars yet, after the settings changed to `after`.

    A longer booking period leaves only the added time unread. A new time zone leaves all time unread, because events
    without a time zone were read in the old one. With `calendar_id`, only this calendar is marked. Return whether
    calendars must be read again.
    """
    now = await database_time(session)
    window = window_of(after, now)
    if before.time_zone == after.time_zone:
        if after.max_time_from_booking_to_meeting <= before.max_time_from_booking_to_meeting:
            return False
        window = Interval(now + before.max_time_from_booking_to_meeting, window.end)
    await calendars.block_what_is_not_read(session, window, id=calendar_id)
    return True


async def mark_busy_if_address_changed(
    session: AsyncSession, before: str | None, after: str | None, **only: UUID
) -> bool:
    """Make the owner of calendars busy until they are read again, if the owner's email address has changed.

    The address decides which events the owner has declined. `only` selects the calendars by columns (`id`,
    `employee_id`, `room_id`). Return whether calendars must be read again.
    """
    if (before or "").casefold() == (after or "").casefold():
        return False
    window = window_of(await read_organisation(session), await database_time(session))
    return await calendars.block_what_is_not_read(session, window, **only)
