"""Check that every workflow has ended, or waits for a planned meeting or schedule."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from chaos.checker.history import History
from chaos.record import Record, WorkflowRun

RELAY: Final = "relay-events"
FOR_EVER: Final = frozenset({RELAY, "refresh-calendars", "open-meetings", "delete-old-rows"})
"""Workflows of schedules, which start again and again: one may be running at any time."""

ENDINGS: Final = frozenset({"COMPLETED", "CONTINUED_AS_NEW"})


def check_workflows(record: Record) -> Iterator[str]:
    history = History.of(record)
    awaited = {f"meeting-{lifetime.id}" for lifetime in history.live_meetings()}
    running = Counter(run.id for run in record.workflows if run.status == "RUNNING")
    for run in record.workflows:
        if run.status == "RUNNING":
            if run.id not in awaited and not run.id.startswith(tuple(FOR_EVER)):
                yield f"{run.id} waits for nothing"
        elif not _may_end_so(run):
            yield f"{run.id} ended as {run.status}"
    if running[RELAY] != 1:
        yield f"{RELAY} should be running, and is {running[RELAY]} times"
    # A meeting far ahead has no run until it is changed or its start is near.
    yield from (f"{name} runs {running[name]} times" for name in sorted(awaited) if running[name] > 1)


def _may_end_so(run: WorkflowRun) -> bool:
    """Return whether this end is allowed. A booking whose first step was not done in time fails, and holds nothing."""
    return run.status in ENDINGS or (run.type == "BookingWorkflow" and run.status == "FAILED")
