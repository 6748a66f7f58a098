"""When a meeting is reminded of."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def reminder_times(start: datetime, befores: Iterable[timedelta], zone: ZoneInfo) -> list[tuple[datetime, timedelta]]:
    """Each reminder's instant, in UTC and in order, with how long before `start` it is.

    Whole days are days of the calendar: a day before nine o'clock is nine o'clock, also when the clocks change in
    between. What is left of a duration is elapsed time.
    """
    return sorted((_before(start, each, zone), each) for each in set(befores))


def _before(start: datetime, before: timedelta, zone: ZoneInfo) -> datetime:
    days, rest = timedelta(days=before.days), before - timedelta(days=before.days)
    wall_clock = start.astimezone(zone).replace(tzinfo=None) - days
    return wall_clock.replace(tzinfo=zone).astimezone(UTC) - rest
