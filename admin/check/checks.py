"""Runs all checks, and the repairs of what they find."""

from collections.abc import AsyncIterator, Callable
from typing import Final

from temporalio.service import RPCError

from admin.check import bookings, meetings, servers
from admin.check.common import Checking, Mismatch
from admin.documents import CheckReport, Finding
from config.errors import StackError
from config.temporal import SearchAttributeMismatch
from storage.database import StorageUnavailable

CHECKS: Final[tuple[Callable[[Checking], AsyncIterator[Mismatch]], ...]] = (
    servers.workers,
    servers.relay,
    servers.schedules,
    bookings.holds,
    bookings.waiting_runs,
    bookings.compensations,
    bookings.attendee_slots,
    meetings.near_meetings,
    meetings.cancelled_meetings,
    meetings.mails,
    servers.deliveries,
)

REPAIR_FAILURES: Final = (RPCError, StackError, StorageUnavailable, SearchAttributeMismatch, TimeoutError)


async def check_all(checking: Checking, *, repair: bool, on_finding: Callable[[Finding], None]) -> CheckReport:
    """Run all checks. `on_finding` is called for each finding at once, after its repair if `repair` is set.

    Raises:
        StorageUnavailable, RPCError: a server cannot be used.
        StackError: Temporal cannot be reached.

    """
    findings = []
    try:
        for check in CHECKS:
            async for mismatch in check(checking):
                finding = await _repaired(mismatch) if repair and mismatch.repair else mismatch.finding
                findings.append(finding)
                on_finding(finding)
    except RuntimeError as error:
        raise StackError("Temporal cannot be reached, so nothing can be compared.") from error
    return CheckReport(findings=findings, examined=dict(checking.examined))


async def _repaired(mismatch: Mismatch) -> Finding:
    """Repair what was found. A repair that fails does not stop the check."""
    assert mismatch.repair is not None, "the caller has checked"  # noqa: S101 - for the type checker
    try:
        return mismatch.finding.model_copy(update={"repaired": await mismatch.repair()})
    except REPAIR_FAILURES as error:
        return mismatch.finding.model_copy(update={"repair_failed": str(error) or type(error).__name__})
