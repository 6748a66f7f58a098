"""Wakes and ends the workflow runs of a sandbox."""

import asyncio
import contextlib
from collections.abc import Awaitable, Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetActivityRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.signatures import InvitationSteps
from api.temporal.meetings import opening
from config.settings import Settings
from domain.messages.booking import BookingKey
from domain.messages.webhooks import DeliverEvents
from storage.tables.booking import MeetingRow
from workflows.common.runs import (
    BOOKING_WORKFLOW,
    CLOCK_MOVED,
    MEETING_WORKFLOW,
    SCHEDULES,
    WAKE,
    WEBHOOK_DELIVERY_WORKFLOW,
    delivery_run_options,
    meeting_run_options,
    meeting_workflow_id,
    workflow_id,
)
from workflows.meeting.messages import StartMeeting

AT_ONCE: Final = 20
"""Maximum number of requests to Temporal at the same time."""

GONE: Final = (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.FAILED_PRECONDITION)
"""Statuses of a request to a run that has ended, or that has no such pending activity."""

MAILING: Final = InvitationSteps.send_invitations.__name__
"""Name of the activity that sends mails."""

RUNNING: Final = "ExecutionStatus = 'Running'"
WHY: Final = "The sandbox was reset."


class SandboxRuns:
    """The runs of bookings, meetings and deliveries. A run that does not exist any more is skipped."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client = client
        self._settings = settings

    async def wake_bookings(self, bookings: Iterable[BookingKey]) -> None:
        await self._all(self._signal(workflow_id(each)) for each in bookings)

    async def wake_open_bookings(self) -> None:
        """Wake all open runs of bookings that Temporal lists. It lists a new run only after a moment."""
        query = f"WorkflowType = '{BOOKING_WORKFLOW}' AND TaskQueue = '{self._settings.task_queue}' AND {RUNNING}"
        await self._all([self._signal(run.id) async for run in self._client.list_workflows(query)])

    async def wake_meetings(self, meetings: Iterable[MeetingRow], *, may_start: bool = False) -> None:
        """Make the runs read the clock. `may_start` starts the run of a meeting that has none."""
        await self._all(self._wake_meeting(each, may_start=may_start) for each in meetings)

    async def wake_deliveries(self, clients: Iterable[str]) -> None:
        """Wake the runs that deliver to the webhooks of these clients, or start them."""
        await self._all(self._wake_delivery(each) for each in clients)

    async def retry_mails(self, meetings: Iterable[UUID]) -> None:
        """Make the retries of mails run now that wait for their next attempt."""
        await self._all(self._retry_mails(meeting_workflow_id(each)) for each in meetings)

    async def trigger_schedules(self, begin: datetime, end: datetime) -> None:
        """Trigger the schedules that have a time between `begin` and `end`. They have one at each multiple."""
        for name in SCHEDULES:
            schedule = self._client.get_schedule_handle(name)
            with contextlib.suppress(RPCError):
                every = (await schedule.describe()).schedule.spec.intervals[0].every.total_seconds()
                if begin.timestamp() // every < end.timestamp() // every:
                    await schedule.trigger()

    async def end(self, bookings: Iterable[BookingKey], meetings: Iterable[UUID]) -> None:
        """Terminate these runs. What they have stored is deleted already, so there is nothing to undo."""
        ids = (*map(workflow_id, bookings), *map(meeting_workflow_id, meetings))
        await self._all(self._client.get_workflow_handle(each).terminate(reason=WHY) for each in ids)

    async def _signal(self, run: str) -> None:
        await self._client.get_workflow_handle(run).signal(CLOCK_MOVED)

    async def _wake_meeting(self, meeting: MeetingRow, *, may_start: bool) -> None:
        try:
            await self._signal(meeting_workflow_id(meeting.id))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND or not may_start:
                raise
            await self._client.start_workflow(
                MEETING_WORKFLOW,
                StartMeeting(meeting_id=meeting.id),
                task_queue=self._settings.task_queue,
                **meeting_run_options(opening(meeting, None)),
            )

    async def _wake_delivery(self, client_id: str) -> None:
        await self._client.start_workflow(
            WEBHOOK_DELIVERY_WORKFLOW,
            DeliverEvents(client_id=client_id),
            task_queue=self._settings.delivery_task_queue,
            start_signal=WAKE,
            **delivery_run_options(client_id),
        )

    async def _retry_mails(self, run: str) -> None:
        request = ResetActivityRequest(
            namespace=self._client.namespace,
            execution=WorkflowExecution(workflow_id=run),
            identity=self._client.identity,
            type=MAILING,
        )
        await self._client.workflow_service.reset_activity(request, retry=True)

    async def _all(self, work: Iterable[Awaitable[None]]) -> None:
        """Do everything, `AT_ONCE` at a time. Raise the errors of Temporal, except those of runs that have ended."""
        places = asyncio.Semaphore(AT_ONCE)

        async def done(each: Awaitable[None]) -> None:
            async with places:
                try:
                    await each
                except RPCError as error:
                    if error.status not in GONE:
                        raise

        await asyncio.gather(*map(done, work))
