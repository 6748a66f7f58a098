"""When a meeting gets its run: with its booking when there is something to do soon, else when it comes near."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from activities.meeting_life import Telling

EARLY: Final = timedelta(hours=3)
"""How long before its first reminder a run begins: the clocks may change in between, and two clocks may differ."""

HORIZON: Final = timedelta(hours=2)
"""How long before it begins a run is there at the latest: several sweeps, one of which may be late."""

UNTOLD: Final = Telling()
"""Nobody wants to be told of anything."""


def lead(telling: Telling) -> timedelta:
    """How long before its meeting a run begins."""
    longest: Sequence[timedelta] = sorted(telling.reminders)[-1:]
    return sum(longest, EARLY)


def idle(start: datetime, telling: Telling, now: datetime) -> timedelta:
    """How long the run of a meeting that starts then has nothing to remind of; nothing or less: it is to begin."""
    return start - lead(telling) - now


def is_wanted_at_once(start: datetime, telling: Telling, now: datetime) -> bool:
    """Whether a meeting that is made now gets its run with its booking: a sweep could come too late."""
    return telling.invites or idle(start, telling, now) <= HORIZON
