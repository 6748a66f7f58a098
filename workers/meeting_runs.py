"""Starts the workflow runs of meetings. Only the time is read from the database."""

import contextlib
from datetime import datetime, timedelta

from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.signatures import MeetingOpening
from domain.messages.meeting import OpenMeeting
from services.meeting.run_schedule import NotificationSettings, time_until_work
from storage.bookings.time_slots import database_time
from storage.database import Database
from workflows.common.runs import Start, meeting_run_options
from workflows.meeting.messages import StartMeeting
from workflows.meeting.workflow import MeetingWorkflow


class MeetingRuns(MeetingOpening):
    """Starts runs of meetings, with a delay if they have no work yet.

    A delayed run costs the engine no task until its delay is over. A request to the run ends the delay at once. A
    sandbox has no delays (`may_delay`): its clock is moved, and the signal that says so does not end a delay.
    """

    def __init__(
        self,
        client: Client,
        database: Database,
        task_queue: str,
        notifications: NotificationSettings,
        *,
        may_delay: bool = True,
    ) -> None:
        self._client = client
        self._database = database
        self._task_queue = task_queue
        self._notifications = notifications
        self._may_delay = may_delay

    @activity.defn
    async def open_meeting(self, step: OpenMeeting) -> None:
        """Start the meeting's first run. If this run has ended already, the step is a late repeat and starts none."""
        async with self._database.transaction() as session:
            now = await database_time(session)
        await self._start(step, now, WorkflowIDReusePolicy.REJECT_DUPLICATE)

    async def open_again(self, meeting: OpenMeeting, now: datetime) -> None:
        """Start a run if the meeting has none, or if its last run did not end by itself, for example was terminated."""
        await self._start(meeting, now, WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY)

    async def _start(self, meeting: OpenMeeting, now: datetime, reuse: WorkflowIDReusePolicy) -> None:
        start: Start = {**meeting_run_options(meeting), "id_reuse_policy": reuse}
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await self._client.start_workflow(
                MeetingWorkflow.run,
                StartMeeting(meeting_id=meeting.meeting_id),
                task_queue=self._task_queue,
                start_delay=delay(meeting, self._notifications, now) if self._may_delay else None,
                **start,
            )


def delay(meeting: OpenMeeting, notifications: NotificationSettings, now: datetime) -> timedelta | None:
    """Return the delay until the run has to begin, or None if there is work at once."""
    left = time_until_work(meeting.start, notifications, now)
    return None if notifications.invites or left <= timedelta(0) else left
