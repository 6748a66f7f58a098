"""Start time of a meeting's workflow run: with the booking if there is work soon, else when the meeting is near."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

EARLY: Final = timedelta(hours=3)
"""A run begins this long before its first reminder. The margin covers clock changes in between and differing clocks."""

HORIZON: Final = timedelta(hours=2)
"""A run exists at the latest this long before it has to begin. The time covers several runs of
the periodic job that starts meeting runs, one of which may be late."""


@dataclass(frozen=True, slots=True)
class NotificationSettings:
    """Notifications that the operator wants: times of reminders before each meeting, and invitations by mail."""

    reminders: Sequence[timedelta] = ()
    invites: bool = False


NO_NOTIFICATIONS: Final = NotificationSettings()
"""Neither reminders nor invitations."""


def run_lead_time(notifications: NotificationSettings) -> timedelta:
    """Return how long before the meeting its run begins: `EARLY` before the first reminder."""
    return max(notifications.reminders, default=timedelta(0)) + EARLY


def time_until_work(start: datetime, notifications: NotificationSettings, now: datetime) -> timedelta:
    """Return the time from `now` until the meeting's run has work. Zero or negative: the run must begin."""
    return start - run_lead_time(notifications) - now


def must_start_run_now(start: datetime, notifications: NotificationSettings, now: datetime) -> bool:
    """Return whether the booking must start the meeting's run, because the periodic job could be too late."""
    return notifications.invites or time_until_work(start, notifications, now) <= HORIZON
