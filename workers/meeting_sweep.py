"""Starts the runs of meetings that are near, and starts a run again if it was lost."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError

from activities.heartbeats import heartbeats
from activities.signatures import MeetingSweeping
from domain.messages.meeting import LostRuns, LostRunsFound, MeetingsOpened, NearMeetings, OpenMeeting
from services.booking.candidates import employee_label
from services.meeting.run_schedule import HORIZON, NotificationSettings, run_lead_time
from storage.bookings.time_slots import database_time, real_time
from storage.database import Database
from storage.meetings.meeting_runs import list_near, note_missing, note_opened
from workers.meeting_runs import MeetingRuns
from workflows.common.runs import MEETING_WORKFLOW, meeting_of

log = logging.getLogger(__name__)

AT_ONCE: Final = 20
"""Maximum number of runs that are started at the same time."""

LOST: Final = "('Terminated', 'Failed', 'TimedOut')"
"""Statuses of a closed run whose meeting continues. A cancelled run is not lost: its meeting is cancelled too."""


class MeetingSweep(MeetingSweeping):
    """Activities of the meeting sweep.

    A run is started first and recorded in the database afterwards. If the worker dies in between, the start is
    repeated and has no effect.
    """

    def __init__(
        self,
        client: Client,
        database: Database,
        runs: MeetingRuns,
        notifications: NotificationSettings,
        *,
        show_names: bool = False,
    ) -> None:
        self._client = client
        self._database = database
        self._runs = runs
        self._notifications = notifications
        self._show_names = show_names

    @activity.defn
    async def find_lost_runs(self, step: LostRuns) -> LostRunsFound:
        async with heartbeats():
            async with self._database.transaction() as session:
                # As Temporal's times are, also in a sandbox.
                now = await real_time(session)
            # First the closed ones: a run that is started again in between is then among those that run.
            closed = await self._meetings(f"ExecutionStatus IN {LOST} AND CloseTime > '{now - step.within:%FT%TZ}'")
            running = await self._meetings("ExecutionStatus = 'Running'")
            async with self._database.transaction() as session:
                return LostRunsFound(meetings=await note_missing(session, running, closed))

    @activity.defn
    async def open_near_meetings(self, page: NearMeetings) -> MeetingsOpened:
        async with heartbeats():
            now, near = await self._near(page)
            opened = [each for each in await self._open_all(near, now) if each is not None]
            async with self._database.transaction() as session:
                await note_opened(session, [each.meeting_id for each in opened])
        return MeetingsOpened(opened=len(opened), failed=len(near) - len(opened), rest=_after(near, page))

    async def _meetings(self, condition: str) -> set[UUID]:
        """Return the meetings with such a run in the engine's index. An engine that lost its database has none."""
        query = f"WorkflowType = '{MEETING_WORKFLOW}' AND {condition}"
        found = [meeting_of(run.id) async for run in self._client.list_workflows(query, page_size=1000)]
        return {each for each in found if each is not None}

    async def _near(self, page: NearMeetings) -> tuple[datetime, list[OpenMeeting]]:
        """Return the database's time and the page's meetings, read in one transaction."""
        after = (page.after_start, page.after_id) if page.after_start and page.after_id else None
        async with self._database.transaction() as session:
            now = await database_time(session)
            found = await list_near(session, horizon(self._notifications), after, page.limit)
        return now, [
            OpenMeeting(
                meeting_id=row.id,
                client_id=row.client_id,
                employee_id=row.employee_id,
                start=row.start_at,
                end=row.end_at,
                employee_label=employee_label(row.name, in_full=self._show_names),
            )
            for row in found
        ]

    async def _open_all(self, meetings: Sequence[OpenMeeting], now: datetime) -> list[OpenMeeting | None]:
        """Start the runs. Return None in place of a meeting whose run cannot be started: it must not block others."""
        places = asyncio.Semaphore(AT_ONCE)

        async def opened(meeting: OpenMeeting) -> OpenMeeting | None:
            async with places:
                return meeting if await self._has_run(meeting, now) else None

        return await asyncio.gather(*map(opened, meetings))

    async def _has_run(self, meeting: OpenMeeting, now: datetime) -> bool:
        try:
            await self._runs.open_again(meeting, now)
        except RPCError as error:
            log.warning("a meeting could not be given its run", extra={"meeting": meeting.meeting_id, "error": error})
            return False
        return True


def horizon(notifications: NotificationSettings) -> timedelta:
    """Return how long before its meeting a run exists at the latest."""
    return run_lead_time(notifications) + HORIZON


def _after(near: Sequence[OpenMeeting], page: NearMeetings) -> NearMeetings | None:
    """Return the next page, or None if this page was not full."""
    if len(near) < page.limit:
        return None
    return page.model_copy(update={"after_start": near[-1].start, "after_id": near[-1].meeting_id})
