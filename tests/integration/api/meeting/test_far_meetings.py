"""Meetings far ahead have no run until they come near or are changed; then they are reminded of as any other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.booking import BookingActivities
from config.settings import Settings
from services.meeting.run_schedule import NotificationSettings
from storage.database import Database
from tests.integration.activities.booking_fixture import BookingFixture
from tests.integration.api.support import FREJA, eventually, new_token, ok, run_of
from tests.support.clients import ApiClient
from workers.schedules import SWEEP_EVERY, schedule_meeting_sweep
from workflows.booking.messages import BookingStatus
from workflows.common.runs import OPEN_MEETINGS_SCHEDULE

PATH: Final = "/bookme/meetings"
ZONE: Final = ZoneInfo("Europe/Copenhagen")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOON: Final = timedelta(seconds=3)
NEW_TITLE: Final = [{"op": "replace", "path": "/title", "value": "New"}]
RUNNING, COMPLETED = WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED


@dataclass(frozen=True)
class Meeting:
    id: str
    engine: Client
    database: Database

    async def run(self) -> WorkflowExecutionStatus | None:
        try:
            return (await self.engine.get_workflow_handle(f"meeting-{self.id}").describe()).status
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return None

    async def is_running(self) -> bool:
        return await self.run() is RUNNING

    async def begin_at(self, start: datetime) -> None:
        """As if it had been planned so, many months ago."""
        await self._do("UPDATE meeting SET start_at = :at, created_at = created_at - interval '300 d'", at=start)
        await self._do("UPDATE meeting SET end_at = start_at + interval '1 h'")
        await self._do("UPDATE booking_event SET at = at - interval '300 d'")

    async def _do(self, statement: str, **values: object) -> None:
        async with self.database.transaction() as session:
            await session.execute(sa.text(statement), values)

    async def reminders(self) -> list[datetime]:
        """When each was given."""
        query = sa.text("SELECT at FROM booking_event WHERE kind = 'meeting.reminder'")
        async with self.database.transaction() as session:
            return list(await session.scalars(query))

    async def is_reminded_of(self) -> bool:
        return bool(await self.reminders())


@asynccontextmanager
async def swept(engine: Client, settings: Settings) -> AsyncIterator[None]:
    """The schedule is there, and is triggered."""
    await schedule_meeting_sweep(engine, settings.task_queue)
    schedule = engine.get_schedule_handle(OPEN_MEETINGS_SCHEDULE)
    try:
        await schedule.trigger()
        yield
    finally:
        await schedule.delete()


class TestBookedFarAhead:
    @pytest.fixture
    def notifications(self) -> NotificationSettings:
        """Next Monday is far, whatever day it is."""
        return NotificationSettings()

    @pytest.fixture
    async def meeting(self, client: ApiClient, engine: Client, database: Database) -> Meeting:
        token = new_token()
        held = ok(await client.reserve((await client.search())[0], token))
        shown = ok(await client.create_meeting(ok(await client.book(held["id"]))))
        ending = await run_of(engine, token).result()
        assert (ending.status, str(ending.meeting_id)) == (BookingStatus.MEETING_CREATED, shown["id"])
        return Meeting(shown["id"], engine, database)

    async def test_it_has_no_run(self, meeting: Meeting) -> None:
        assert await meeting.run() is None

    async def test_it_gets_one_when_it_is_changed(self, meeting: Meeting, client: ApiClient) -> None:
        ok(await client.http.patch(f"{PATH}/{meeting.id}", json=NEW_TITLE, headers=client.headers))
        assert await meeting.run() is RUNNING

    async def test_it_gets_one_when_it_is_moved(self, meeting: Meeting, client: ApiClient) -> None:
        there = (await client.search(explicitEmployeeIds=FREJA))[3]
        target = {name: there[name] for name in ("startDate", "endDate", "employeeId")}
        ok(await client.post(f"{PATH}/{meeting.id}/move", target))
        assert await meeting.run() is RUNNING

    async def test_it_is_cancelled_all_the_same(self, meeting: Meeting, client: ApiClient) -> None:
        ok(await client.http.delete(f"{PATH}/{meeting.id}", headers=client.headers))
        ending = await meeting.engine.get_workflow_handle(f"meeting-{meeting.id}").result()
        assert (ending["status"], await meeting.run()) == ("Cancelled", COMPLETED)

    async def test_the_schedule_opens_it_when_it_is_near(self, meeting: Meeting, settings: Settings) -> None:
        await meeting.begin_at(datetime.now(UTC) + 4 * HOUR)
        async with swept(meeting.engine, settings):
            await eventually(meeting.is_running)

    async def test_the_schedule_leaves_it_alone_before(self, meeting: Meeting, settings: Settings) -> None:
        async with swept(meeting.engine, settings):

            async def has_swept() -> bool:
                query = f"WorkflowType = 'OpenMeetingsWorkflow' AND TaskQueue = '{settings.task_queue}'"
                return (await meeting.engine.count_workflows(f"{query} AND ExecutionStatus = 'Completed'")).count > 0

            await eventually(has_swept)
        assert await meeting.run() is None


@pytest.mark.ci
class TestRemindedOfOverAChangeOfClocks:
    """It was booked months before, and its reminder comes by the wall clock: an hour off by the elapsed time."""

    DAYS: Final = next(
        DAY * days
        for days in range(60, 300)
        if len({(datetime.now(ZONE) + DAY * day).utcoffset() for day in (days - 1, days)}) == 1
        and (datetime.now(ZONE) + DAY * days).utcoffset() != datetime.now(ZONE).utcoffset()
    )

    @pytest.fixture
    def notifications(self) -> NotificationSettings:
        return NotificationSettings((self.DAYS,))

    @pytest.mark.usefixtures("worker")
    async def test_by_the_run_that_the_sweep_has_opened(
        self, engine: Client, database: Database, steps: BookingActivities, settings: Settings
    ) -> None:
        meeting = Meeting(str((await BookingFixture(database, steps).met()).id), engine, database)
        due = datetime.now(ZONE) + SOON
        start = (due.replace(tzinfo=None) + self.DAYS).replace(tzinfo=ZONE)
        assert start.astimezone(UTC) - due.astimezone(UTC) != self.DAYS
        await meeting.begin_at(start)
        assert await meeting.run() is None
        async with swept(engine, settings):
            await eventually(meeting.is_reminded_of)
        assert [at >= due for at in await meeting.reminders()] == [True]


async def test_a_schedule_that_is_there_is_changed_and_stays_paused(engine: Client, settings: Settings) -> None:
    await schedule_meeting_sweep(engine, settings.task_queue, DAY)
    schedule = engine.get_schedule_handle(OPEN_MEETINGS_SCHEDULE)
    await schedule.pause()
    await schedule_meeting_sweep(engine, settings.task_queue)
    described = (await schedule.describe()).schedule
    await schedule.delete()
    assert ([each.every for each in described.spec.intervals], described.state.paused) == ([SWEEP_EVERY], True)
