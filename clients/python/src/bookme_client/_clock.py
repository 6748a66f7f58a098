"""Computes the time that a hold has left, without the local clock."""

import re
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from bookme_client import models

SANDBOX_TIME: Final = re.compile(r"\bnow=([^;\s]+)")


@dataclass(frozen=True)
class Answered:
    """When an answer was asked for and when it came, in seconds of the monotonic clock, and the server's time then."""

    sent: float
    received: float
    server_time: datetime | None

    @classmethod
    def now(cls, sent: float, response: httpx.Response) -> "Answered":
        return cls(sent, time.monotonic(), _server_time(response.headers))


def deadline_of(slot: models.TimeSlot, answered: Answered) -> float:
    """Return when the hold expires, in seconds of the monotonic clock. The result is never too late by design.

    Two results are compared, and the earlier one is taken:

    - The time from the last change of the hold to its deadline, both by BookMe's database, counted from the moment
      when the first attempt was sent. It is exact for a new hold, and too late for a hold that existed before.
    - The time from the `Date` of the answer to the deadline. It is right for every hold, within a second or two. In
      the answer of a sandbox, whose clock is moved, the header `BookMe-Sandbox` has the time instead.
    """
    if slot.hold_expires_at is None:
        return answered.received
    found = [answered.sent + (slot.hold_expires_at - slot.date_modified).total_seconds()]
    if answered.server_time is not None:
        found.append(answered.received + (slot.hold_expires_at - answered.server_time).total_seconds())
    return min(found)


def time_until(deadline: float) -> timedelta:
    """Return the time until then, and zero if it has passed."""
    return timedelta(seconds=max(0.0, deadline - time.monotonic()))


def _server_time(headers: httpx.Headers) -> datetime | None:
    sandbox = SANDBOX_TIME.search(headers.get("BookMe-Sandbox", ""))
    try:
        date = headers["Date"]
        found = datetime.fromisoformat(sandbox[1].replace("Z", "+00:00")) if sandbox else parsedate_to_datetime(date)
    except (KeyError, ValueError, TypeError):
        return None
    return found if found.tzinfo else None
