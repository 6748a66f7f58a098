"""Decide from a record which guarantees were broken. The checker is pure: it reads only the record."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chaos.checker.acknowledged import acknowledged
from chaos.checker.events import told
from chaos.checker.holds import kept, lapsed
from chaos.checker.overlaps import overlaps
from chaos.checker.quiet_client import served
from chaos.checker.refused import refused, resolved, sound
from chaos.checker.workflow_runs import waiting
from chaos.record import Record


class Promise(StrEnum):
    NEVER_TWICE = "no two live time slots of different bookings overlapped for an employee or a room"
    ACKNOWLEDGED = "what was acknowledged exists exactly once, with the acknowledged content"
    REFUSED = "nothing exists that was refused"
    RESOLVED = "every unknown answer was one of the two when it was asked for again"
    LAPSED = "every hold that was not booked was gone by its deadline, or soon after the last fault"
    KEPT = "no hold was lost before its deadline"
    WAITING = "every workflow has ended, or waits for something real"
    TOLD = "the event log and the webhook tell exactly what happened"
    SERVED = "a quiet client was served in time, however others behaved"
    SOUND = "no answer was a mistake of ours, and no process ended by itself"


@dataclass(frozen=True, slots=True)
class Finding:
    promise: Promise
    what: str


CHECKS: Final[dict[Promise, Callable[[Record], Iterator[str]]]] = {
    Promise.NEVER_TWICE: overlaps,
    Promise.ACKNOWLEDGED: acknowledged,
    Promise.REFUSED: refused,
    Promise.RESOLVED: resolved,
    Promise.LAPSED: lapsed,
    Promise.KEPT: kept,
    Promise.WAITING: waiting,
    Promise.TOLD: told,
    Promise.SERVED: served,
    Promise.SOUND: sound,
}


def check(record: Record) -> list[Finding]:
    """Return everything that was broken, by guarantee."""
    return [Finding(promise, what) for promise, found in CHECKS.items() for what in found(record)]
