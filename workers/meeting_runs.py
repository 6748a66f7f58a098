"""Starts the runs of meetings on the engine. The database says only what time it is."""

import contextlib
from datetime import datetime, timedelta

from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.meeting_life import Telling
from activities.meeting_messages import OpenMeeting
from activities.openings import idle
from activities.signatures import MeetingOpening
from storage.database import Database
from storage.time_slots import database_time
from workflows.meeting import MeetingWorkflow
from workflows.meeting_messages import StartMeeting
from workflows.starts import Start, meeting_start


class MeetingRuns(MeetingOpening):
    """A run that has nothing to do yet costs the engine no task until then; a request begins it at once."""

    def __init__(self, client: Client, database: Database, task_queue: str, telling: Telling) -> None:
        self._client = client
        self._database = database
        self._task_queue = task_queue
        self._telling = telling

    @activity.defn
    async def open_meeting(self, step: OpenMeeting) -> None:
        """Give the meeting its first run. When that has ended already, this is a late repeat: it gets no other one."""
        async with self._database.transaction() as session:
            now = await database_time(session)
        await self._start(step, now, WorkflowIDReusePolicy.REJECT_DUPLICATE)

    async def open_again(self, meeting: OpenMeeting, now: datetime) -> None:
        """See to it that a meeting has a run which has none, or one that did not end by itself: it was terminated."""
        await self._start(meeting, now, WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY)

    async def _start(self, meeting: OpenMeeting, now: datetime, reuse: WorkflowIDReusePolicy) -> None:
        start: Start = {**meeting_start(meeting), "id_reuse_policy": reuse}
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await self._client.start_workflow(
                MeetingWorkflow.run,
                StartMeeting(meeting_id=meeting.meeting_id),
                task_queue=self._task_queue,
                start_delay=delay(meeting, self._telling, now),
                **start,
            )


def delay(meeting: OpenMeeting, telling: Telling, now: datetime) -> timedelta | None:
    """How long the run can wait with its first look; None when there is something to do at once."""
    left = idle(meeting.start, telling, now)
    return None if telling.invites or left <= timedelta(0) else left
