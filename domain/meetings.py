"""Enumerations of a meeting, and the times of its reminders."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

LONGEST_RESERVATION: Final = timedelta(hours=24)
"""Longest time slot that can be reserved, and so the longest meeting."""


class MeetingType(StrEnum):
    """Type of a meeting: the place or the medium. The values are those of `MeetingType` in the API contract."""

    PHYSICAL = "physical"
    ONLINE = "online"
    TELEPHONE = "telephone"
    OFFSITE = "offsite"


class MeetingState(StrEnum):
    """Whether a meeting takes place, as the API shows it."""

    PLANNED = "Planned"
    CANCELLED = "Cancelled"


class BookedBy(StrEnum):
    """Party that booked a meeting. The values are those of `BookedBy` in the API contract."""

    EMPLOYEE = "employee"
    CUSTOMER = "customer"


def reminder_times(start: datetime, befores: Iterable[timedelta], zone: ZoneInfo) -> list[tuple[datetime, timedelta]]:
    """Return the time of each reminder in UTC, the earliest first, with its duration before `start`.

    Whole days are calendar days in `zone`: one day before 09:00 is 09:00, even if the clocks change in between. The
    rest of a duration is elapsed time.
    """
    return sorted((_before(start, each, zone), each) for each in set(befores))


def _before(start: datetime, before: timedelta, zone: ZoneInfo) -> datetime:
    days, rest = timedelta(days=before.days), before - timedelta(days=before.days)
    wall_clock = start.astimezone(zone).replace(tzinfo=None) - days
    return wall_clock.replace(tzinfo=zone).astimezone(UTC) - rest
