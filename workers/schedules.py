"""Schedules in Temporal, and the start of the relay workflow, which always runs."""

from datetime import timedelta
from typing import Final

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
)
from temporalio.common import WorkflowIDConflictPolicy

from config.settings import Settings
from config.temporal import register_search_attributes
from domain.messages.webhooks import RelayEvents
from workflows.booking.messages import RefreshCalendars
from workflows.calendars.refresh import RefreshCalendarsWorkflow
from workflows.common import search_attributes
from workflows.common.runs import OPEN_MEETINGS_SCHEDULE, REFRESH_CALENDARS_SCHEDULE, RELAY_ID, RETENTION_SCHEDULE
from workflows.meeting.messages import OpenMeetings
from workflows.meeting.openings import OpenMeetingsWorkflow
from workflows.notifications.relay import RelayWorkflow
from workflows.retention import RetentionWorkflow

LONGEST: Final = timedelta(hours=1)
"""Execution timeout of a scheduled run. A run that newer code cannot continue must not block the next run."""

LONGEST_RETENTION: Final = timedelta(hours=12)
"""Execution timeout of a run that deletes old rows. The next run continues."""

SWEEP_EVERY: Final = timedelta(minutes=30)
"""Interval of the meeting sweep. Several sweeps take place within the horizon of the sweep."""


async def prepare_engine(client: Client, settings: Settings) -> list[str]:
    """Create missing search attributes, start the relay if it is missing, and create or update the schedules.

    Returns:
        The names of the search attributes that were created.

    """
    added = await register_search_attributes(client, search_attributes.ALL)
    await schedule_calendar_refresh(client, settings.task_queue, settings.calendar_refresh)
    await start_relay(client, settings.task_queue)
    await schedule_retention(client, settings.task_queue)
    # The last one: where it exists, everything else was made (`workers.lost_engine`).
    await schedule_meeting_sweep(client, settings.task_queue)
    return added


async def schedule_calendar_refresh(client: Client, task_queue: str, every: timedelta) -> None:
    """Create or update the schedule that reads the external calendars at this interval."""
    refresh = ScheduleActionStartWorkflow(
        RefreshCalendarsWorkflow.run,
        RefreshCalendars(),
        id=REFRESH_CALENDARS_SCHEDULE,
        task_queue=task_queue,
        static_summary="Read calendars elsewhere of employees and rooms",
        execution_timeout=LONGEST,
    )
    await _repeat(client, REFRESH_CALENDARS_SCHEDULE, refresh, every)


async def schedule_meeting_sweep(client: Client, task_queue: str, every: timedelta = SWEEP_EVERY) -> None:
    """Create or update the schedule that starts the runs of near meetings at this interval."""
    sweep = ScheduleActionStartWorkflow(
        OpenMeetingsWorkflow.run,
        OpenMeetings(),
        id=OPEN_MEETINGS_SCHEDULE,
        task_queue=task_queue,
        static_summary="Open the runs of meetings that come near",
        execution_timeout=LONGEST,
    )
    await _repeat(client, OPEN_MEETINGS_SCHEDULE, sweep, every)


async def schedule_retention(client: Client, task_queue: str, every: timedelta = timedelta(days=1)) -> None:
    """Create or update the schedule that deletes old rows at this interval."""
    retention = ScheduleActionStartWorkflow(
        RetentionWorkflow.run,
        id=RETENTION_SCHEDULE,
        task_queue=task_queue,
        static_summary="Delete what is older than the retention settings",
        execution_timeout=LONGEST_RETENTION,
    )
    await _repeat(client, RETENTION_SCHEDULE, retention, every)


async def _repeat(client: Client, name: str, action: ScheduleActionStartWorkflow, every: timedelta) -> None:
    """Create the schedule, or update an existing schedule, which stays paused if it is paused."""
    schedule = Schedule(
        action=action,
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=every),
    )
    try:
        await client.create_schedule(name, schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(name).update(
            lambda there: _with_state(schedule, there.description.schedule.state)
        )


async def start_relay(client: Client, task_queue: str) -> None:
    """Start the relay, which publishes events. An open run of the relay stays as it is."""
    await client.start_workflow(
        RelayWorkflow.run,
        RelayEvents(),
        id=RELAY_ID,
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary="Publish events, and hand them over to the webhooks that want them",
    )


def _with_state(schedule: Schedule, state: ScheduleState) -> ScheduleUpdate:
    schedule.state = state
    return ScheduleUpdate(schedule)
