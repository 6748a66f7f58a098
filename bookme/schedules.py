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
from workflows.calendars import RefreshCalendarsWorkflow
from workflows.messages import RefreshCalendars
from workflows.names import REFRESH_CALENDARS_SCHEDULE, RELAY_ID
from workflows.relay import RelayWorkflow

LONGEST: Final = timedelta(hours=1)
"""How long one refresh of all calendars may take."""


async def schedule_calendar_refresh(client: Client, task_queue: str, every: timedelta) -> None:
    """Have the calendars read so often; one that is there already is changed to this, and stays paused if it is."""
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            RefreshCalendarsWorkflow.run,
            RefreshCalendars(),
            id=REFRESH_CALENDARS_SCHEDULE,
            task_queue=task_queue,
            static_summary="Read employees' calendars elsewhere",
            # A run that newer code cannot go on with must not stand in the way of the next ones.
            execution_timeout=LONGEST,
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=every),
    )
    try:
        await client.create_schedule(REFRESH_CALENDARS_SCHEDULE, schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(REFRESH_CALENDARS_SCHEDULE).update(
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
