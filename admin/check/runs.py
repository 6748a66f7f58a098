"""Checks of runs that cannot continue: compensations that fail, and workflow tasks that fail."""

from collections.abc import AsyncIterator
from typing import Final

from admin.check.common import Checking, Mismatch, found
from admin.story.runs import read_runs
from admin.story.timeline import failing
from workflows.common.runs import BOOKING_WORKFLOW
from workflows.common.saved_queries import ENDED

PROBLEMS: Final = "TemporalReportedProblems IN ('category=WorkflowTaskFailed', 'category=WorkflowTaskTimedOut')"
"""Condition of runs whose workflow task has failed five times. Temporal sets and clears the search attribute."""


async def compensations(check: Checking) -> AsyncIterator[Mismatch]:
    """Find bookings that have ended and whose last steps fail: compensations, or the start of the meeting's run."""
    statuses = ", ".join(f"'{each}'" for each in ENDED)
    async for page in check.running_ids(f"WorkflowType = '{BOOKING_WORKFLOW}' AND BookingStatus IN ({statuses})"):
        check.count("ended bookings", len(page))
        for name in page:
            for run in await read_runs(check.client, name, most=1, with_history=False):
                for step in run.pending if run.is_running else ():
                    text = f"the run {name} cannot finish: {failing(step)}"
                    advice = "Remove the cause that the failure names. The step then continues by itself."
                    yield found("compensation-stuck", name, text, advice, check.url(name))


async def failing_tasks(check: Checking) -> AsyncIterator[Mismatch]:
    """Find runs whose workflow task fails again and again, because the code of the workers does not fit them."""
    async for page in check.running_ids(PROBLEMS):
        check.count("runs with problems", len(page))
        for name in page:
            for run in await read_runs(check.client, name, most=1, with_history=False):
                if run.is_running and run.task_attempt > 1:
                    text = f"the workflow task of the run {name} fails, and is at attempt {run.task_attempt}"
                    advice = (
                        "The run continues when workers run code that fits it. After a rollback, terminate the run of "
                        "a meeting, which then continues in a new run. The runbook is docs/runbooks/rollback.md."
                    )
                    yield found("workflow-task-failing", name, text, advice, check.url(name))
