"""Starts the runs of meetings: the one step that works on the engine instead of the database."""

import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.meeting_life import Telling
from activities.meeting_messages import OpenMeeting
from activities.signatures import MeetingOpening
from workflows.meeting import MeetingWorkflow
from workflows.meeting_messages import StartMeeting
from workflows.meeting_start import MeetingStart, meeting_start

EARLY: Final = timedelta(hours=3)
"""How long before its first reminder a run begins: the clocks may change in between, and two clocks may differ."""


class MeetingRuns(MeetingOpening):
    """A run that has nothing to do for weeks costs the engine nothing until then; a request begins it at once."""

    def __init__(self, client: Client, task_queue: str, telling: Telling) -> None:
        self._client = client
        self._task_queue = task_queue
        self._telling = telling

    @activity.defn
    async def open_meeting(self, step: OpenMeeting) -> None:
        """Give the meeting its first run. When that has ended already, this is a late repeat: it gets no other one."""
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await self._client.start_workflow(
                MeetingWorkflow.run,
                StartMeeting(meeting_id=step.meeting_id),
                task_queue=self._task_queue,
                start_delay=delay(step, self._telling, datetime.now(UTC)),
                **_first_run(step),
            )


def _first_run(meeting: OpenMeeting) -> MeetingStart:
    return {**meeting_start(meeting), "id_reuse_policy": WorkflowIDReusePolicy.REJECT_DUPLICATE}


def delay(meeting: OpenMeeting, telling: Telling, now: datetime) -> timedelta | None:
    """How long the run can wait with its first look; None when there is something to do at once."""
    longest: Sequence[timedelta] = sorted(telling.reminders)[-1:]
    idle = meeting.start - sum(longest, EARLY) - now
    return None if telling.invites or idle <= timedelta(0) else idle
