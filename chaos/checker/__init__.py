"""Decide from a record which guarantees were broken. The checker is pure: it reads only the record."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chaos.checker.acknowledged import check_acknowledged
from chaos.checker.events import check_events
from chaos.checker.holds import check_expired, check_kept
from chaos.checker.overlaps import check_overlaps
from chaos.checker.quiet_client import check_served
from chaos.checker.refused import check_no_errors, check_refused, check_resolved
from chaos.checker.workflow_runs import check_workflows
from chaos.record import Record


class Guarantee(StrEnum):
    NO_OVERLAP = "no two live time slots of different bookings overlapped for an employee or a room"
    ACKNOWLEDGED_EXISTS = "what was acknowledged exists exactly once, with the acknowledged content"
    NOTHING_REFUSED_EXISTS = "nothing exists that was refused"
    OUTCOMES_RESOLVED = "every unknown answer was one of the two when it was asked for again"
    HOLDS_EXPIRE = "every hold that was not booked was gone by its deadline, or soon after the last fault"
    HOLDS_KEPT = "no hold was lost before its deadline"
    NO_STUCK_WORKFLOWS = "every workflow has ended, or waits for something real"
    EVENTS = "the event log and the webhook tell exactly what happened"
    QUIET_CLIENT_SERVED = "a quiet client was served in time, however others behaved"
    NO_ERRORS = "no answer was a mistake of ours, and no process ended by itself"


@dataclass(frozen=True, slots=True)
class Finding:
    guarantee: Guarantee
    what: str


CHECKS: Final[dict[Guarantee, Callable[[Record], Iterator[str]]]] = {
    Guarantee.NO_OVERLAP: check_overlaps,
    Guarantee.ACKNOWLEDGED_EXISTS: check_acknowledged,
    Guarantee.NOTHING_REFUSED_EXISTS: check_refused,
    Guarantee.OUTCOMES_RESOLVED: check_resolved,
    Guarantee.HOLDS_EXPIRE: check_expired,
    Guarantee.HOLDS_KEPT: check_kept,
    Guarantee.NO_STUCK_WORKFLOWS: check_workflows,
    Guarantee.EVENTS: check_events,
    Guarantee.QUIET_CLIENT_SERVED: check_served,
    Guarantee.NO_ERRORS: check_no_errors,
}


def check(record: Record) -> list[Finding]:
    """Return everything that was broken, by guarantee."""
    return [Finding(guarantee, what) for guarantee, found in CHECKS.items() for what in found(record)]
