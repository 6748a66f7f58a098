"""What Temporal runs by itself: at intervals, and always."""

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

from activities.webhook_messages import RelayEvents
from bookme.engine import register_search_attributes
from bookme.settings import Settings
from workflows import search_attributes
from workflows.calendars import RefreshCalendarsWorkflow
from workflows.meeting_messages import OpenMeetings
from workflows.messages import RefreshCalendars
from workflows.names import OPEN_MEETINGS_SCHEDULE, REFRESH_CALENDARS_SCHEDULE, RELAY_ID
from workflows.openings import OpenMeetingsWorkflow
from workflows.relay import RelayWorkflow

LONGEST: Final = timedelta(hours=1)
"""How long a run that a schedule starts may take: one that newer code cannot go on with must not stand in the way."""

SWEEP_EVERY: Final = timedelta(minutes=30)
"""How often the runs of meetings are opened that come near: several times within the horizon of the sweep."""


async def prepare_engine(client: Client, settings: Settings) -> list[str]:
    """Make the search attributes and the schedules, and start the relay, where missing.

    Returns:
        The names of the search attributes that were made.

    """
    added = await register_search_attributes(client, search_attributes.ALL)
    await schedule_calendar_refresh(client, settings.task_queue, settings.calendar_refresh)
    await schedule_meeting_sweep(client, settings.task_queue)
    await start_relay(client, settings.task_queue)
    return added


async def schedule_calendar_refresh(client: Client, task_queue: str, every: timedelta) -> None:
    """Have the calendars read so often."""
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
    """Have the runs of meetings opened that come near."""
    sweep = ScheduleActionStartWorkflow(
        OpenMeetingsWorkflow.run,
        OpenMeetings(),
        id=OPEN_MEETINGS_SCHEDULE,
        task_queue=task_queue,
        static_summary="Open the runs of meetings that come near",
        execution_timeout=LONGEST,
    )
    await _repeat(client, OPEN_MEETINGS_SCHEDULE, sweep, every)


async def _repeat(client: Client, name: str, action: ScheduleActionStartWorkflow, every: timedelta) -> None:
    """A schedule that is there already is changed to this, and stays paused if it is."""
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
    """Have events published; nothing happens if the run is there already."""
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
