"""How long a hold still lasts, without the local clock."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from bookme_client import models


@dataclass(frozen=True)
class Answered:
    """When an answer was asked for and when it came, in seconds of the monotonic clock, and its `Date`."""

    sent: float
    received: float
    date: datetime | None

    @classmethod
    def now(cls, sent: float, response: httpx.Response) -> "Answered":
        return cls(sent, time.monotonic(), _date_of(response))


def deadline_of(slot: models.TimeSlot, answered: Answered) -> float:
    """Return when the hold expires, in seconds of the monotonic clock. The result is never too late by design.

    Two results are compared, and the earlier one is taken:

    - The time from the last change of the hold to its deadline, both by BookMe's database, counted from the moment
      when the first attempt was sent. It is exact for a new hold, and too late for a hold that existed before.
    - The time from the `Date` of the answer to the deadline. It is right for every hold, within a second or two.
    """
    if slot.hold_expires_at is None:
        return answered.received
    found = [answered.sent + (slot.hold_expires_at - slot.date_modified).total_seconds()]
    if answered.date is not None:
        found.append(answered.received + (slot.hold_expires_at - answered.date).total_seconds())
    return min(found)


def time_until(deadline: float) -> timedelta:
    """Return the time until then, and zero if it has passed."""
    return timedelta(seconds=max(0.0, deadline - time.monotonic()))


def _date_of(response: httpx.Response) -> datetime | None:
    try:
        found = parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError, TypeError):
        return None
    return found if found.tzinfo else None
