"""A run that was terminated is found, however far the clock was moved: Temporal's times are in real time."""

from datetime import timedelta
from uuid import UUID

import pytest
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from config.settings import Settings
from domain.messages.meeting import LostRuns, NearMeetings
from services.meeting.run_schedule import NotificationSettings
from storage.database import Database
from tests.integration.api.sandbox.support import advance, met
from tests.integration.api.support import eventually
from tests.support.clients import ApiClient
from workers.meeting_runs import MeetingRuns
from workers.meeting_sweep import MeetingSweep
from workflows.common.runs import meeting_workflow_id

EVERY_MEETING_IS_NEAR = (timedelta(days=300),)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"reminders": EVERY_MEETING_IS_NEAR})


async def test_the_run_of_a_meeting_that_was_terminated_just_now(
    client: ApiClient, engine: Client, database: Database, settings: Settings
) -> None:
    await advance(client, "P2D")
    run = engine.get_workflow_handle(meeting_workflow_id(UUID((await met(client))["id"])))
    notifications = NotificationSettings(settings.reminders)
    runs = MeetingRuns(engine, database, settings.task_queue, notifications, may_delay=False)
    sweep = MeetingSweep(engine, database, runs, notifications)
    carry_out = ActivityEnvironment().run
    assert (await carry_out(sweep.open_near_meetings, NearMeetings())).opened == 1
    await run.terminate()

    async def is_found() -> bool:
        return (await carry_out(sweep.find_lost_runs, LostRuns(within=timedelta(hours=1)))).meetings == 1

    await eventually(is_found)
