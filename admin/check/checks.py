"""Runs all checks, and the repairs of what they find.

A check needs parts of the installation. If an earlier check has found that a part is missing, the check is left out:
what it would find is a consequence.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from temporalio.service import RPCError, RPCStatusCode

from admin.changes import Change, Operation, carry_out
from admin.check import bookings, meetings, runs, servers
from admin.check.common import Checking, Mismatch, Part
from admin.documents import CheckReport, Finding, NotChecked
from config.errors import StackError
from config.temporal import SearchAttributeMismatch
from domain.errors import BookMeError
from storage.database import StorageUnavailable

SERVERS: Final = (Part.DATABASE, Part.ENGINE)
ALL: Final = (*SERVERS, Part.WORKERS)


class Check(NamedTuple):
    """A check, the name of what it checks, and the parts that it needs, the root cause first."""

    name: str
    find: Callable[[Checking], AsyncIterator[Mismatch]]
    needs: tuple[Part, ...] = SERVERS


CHECKS: Final = (
    Check("database", servers.database, ()),
    Check("Temporal", servers.engine, ()),
    Check("workers", servers.workers),
    Check("relay of events", servers.relay),
    Check("unpublished events", servers.events, ALL),
    Check("schedules", servers.schedules, (Part.ENGINE,)),
    Check("last starts of schedules", servers.late_schedules, ALL),
    Check("workflow tasks", runs.failing_tasks, ALL),
    Check("holds", bookings.holds),
    Check("waiting runs", bookings.waiting_runs),
    Check("compensations", runs.compensations),
    Check("attendee slots", bookings.attendee_slots, (Part.DATABASE,)),
    Check("near meetings", meetings.near_meetings),
    Check("runs of cancelled meetings", meetings.cancelled_meetings),
    Check("mails", meetings.mails),
    Check("deliveries", servers.deliveries),
)
"""All checks, root causes first."""

REPAIR_FAILURES: Final = (BookMeError, RPCError, StackError, StorageUnavailable, SearchAttributeMismatch)


@dataclass(frozen=True, slots=True)
class Repairs:
    """The operator who repairs, and why. Without a reason, the log has the text of the finding."""

    operation: Operation
    reason: str | None = None


@dataclass(slots=True)
class _Missing:
    """Parts that were found to be missing, and the checks that are left out."""

    parts: set[Part] = field(default_factory=set)
    left_out: list[NotChecked] = field(default_factory=list)

    def leaves_out(self, check: Check) -> bool:
        """Return whether the check needs a missing part, and note it."""
        cause = next((each for each in check.needs if each in self.parts), None)
        if cause is not None:
            self.left_out.append(NotChecked(check=check.name, because=cause))
        return cause is not None


async def check_all(
    checking: Checking, *, repairs: Repairs | None = None, on_finding: Callable[[Finding], None]
) -> CheckReport:
    """Run all checks. `on_finding` is called for each finding at once, after its repair if there are `repairs`."""
    findings = []
    missing = _Missing()
    for check in CHECKS:
        if missing.leaves_out(check):
            continue
        async for mismatch in _found(checking, check, missing):
            finding = await _repaired(mismatch, repairs) if repairs else mismatch.finding
            findings.append(finding)
            on_finding(finding)
    return CheckReport(findings=findings, examined=dict(checking.examined), not_checked=missing.left_out)


async def _found(checking: Checking, check: Check, missing: _Missing) -> AsyncIterator[Mismatch]:
    """Yield what the check finds. A server that fails meanwhile is a finding, and the check was not completed."""
    try:
        async for mismatch in check.find(checking):
            missing.parts.update(filter(None, [mismatch.missing]))
            yield mismatch
    except StorageUnavailable as error:
        yield _lost(servers.database_missing(checking, error), check, missing)
    except (RPCError, RuntimeError) as error:
        if isinstance(error, RPCError) and error.status is RPCStatusCode.INVALID_ARGUMENT:
            # For example, this Temporal server does not know a search attribute.
            missing.left_out.append(NotChecked(check=check.name, because=f"Temporal refuses it: {error.message}"))
        else:
            yield _lost(servers.engine_missing(checking, error), check, missing)


def _lost(mismatch: Mismatch, check: Check, missing: _Missing) -> Mismatch:
    """Note that a part was lost during the check, and return the finding that says so."""
    missing.parts.update(filter(None, [mismatch.missing]))
    missing.leaves_out(check)
    return mismatch


async def _repaired(mismatch: Mismatch, repairs: Repairs) -> Finding:
    """Repair what was found, and record it. A repair that fails does not stop the check."""
    finding, repair = mismatch.finding, mismatch.repair
    if repair is None:
        return finding

    async def perform(_: str) -> str:
        return await repair.perform()

    change = Change(f"repair-{finding.kind}", repair.subject, finding.text, perform, is_final=False, is_quick=False)
    try:
        done = await carry_out(repairs.operation, change, repairs.reason or finding.text)
    except REPAIR_FAILURES as error:
        return finding.model_copy(update={"repair_failed": str(error) or type(error).__name__})
    return finding.model_copy(update={"repaired": done.text})
