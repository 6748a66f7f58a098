"""The refresh of calendars elsewhere: every one is read, and one that fails is in nobody's way."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from activities.signatures import CalendarSteps
from config.settings import Settings
from config.temporal import data_converter
from domain.messages.booking import CalendarRefreshed, CalendarsListed, CalendarsWanted, RefreshCalendar
from tests.workflows.support.sandbox import SANDBOX
from workflows.booking.messages import CalendarsRefreshed, RefreshCalendars
from workflows.calendars.refresh import RefreshCalendarsWorkflow

HISTORY: Final = Path(__file__).parents[1] / "replay/refreshed_calendars.json"
CALENDARS: Final = [UUID(int=number) for number in range(1, 8)]
BROKEN, UNREADABLE, GONE = CALENDARS[1], CALENDARS[3], CALENDARS[5]


class FakeCalendars(CalendarSteps):
    """Seven calendars: one cannot be read, one was deleted meanwhile, and one meets a database that is down."""

    def __init__(self, broken: UUID | None = BROKEN) -> None:
        self.tries: list[UUID] = []
        self._broken = broken

    @activity.defn
    async def list_calendars(self, page: CalendarsWanted) -> CalendarsListed:
        after = page.after or UUID(int=0)
        return CalendarsListed(ids=tuple([each for each in CALENDARS if each > after][: page.limit]))

    @activity.defn
    async def refresh_calendar(self, step: RefreshCalendar) -> CalendarRefreshed:
        self.tries.append(step.calendar_id)
        if step.calendar_id == self._broken:
            raise ConnectionError("the database is down")
        if step.calendar_id == GONE:
            return CalendarRefreshed()
        failure = "the feed answered 500" if step.calendar_id == UNREADABLE else None
        return CalendarRefreshed(busy_times=3, failure=failure)


@pytest.fixture
def fake() -> FakeCalendars:
    return FakeCalendars()


@pytest.fixture
async def task_queue(skipping: WorkflowEnvironment, fake: FakeCalendars) -> AsyncIterator[str]:
    name = f"test-{uuid4()}"
    async with Worker(
        skipping.client,
        task_queue=name,
        workflows=[RefreshCalendarsWorkflow],
        activities=[fake.list_calendars, fake.refresh_calendar],
        workflow_runner=SANDBOX,
        graceful_shutdown_timeout=timedelta(0),
    ):
        yield name


async def refresh(
    client: Client, task_queue: str, page: int
) -> WorkflowHandle[RefreshCalendarsWorkflow, CalendarsRefreshed]:
    return await client.start_workflow(
        RefreshCalendarsWorkflow.run, RefreshCalendars(page=page), id=f"refresh-{uuid4()}", task_queue=task_queue
    )


@pytest.mark.parametrize("page", [2, 7, 100], ids=["pages", "one-full-page", "one-page"])
async def test_reads_every_calendar(
    skipping: WorkflowEnvironment, fake: FakeCalendars, task_queue: str, page: int
) -> None:
    run = await refresh(skipping.client, task_queue, page)
    assert await run.result() == CalendarsRefreshed(read=5, failed=2)
    assert sorted(set(fake.tries)) == CALENDARS
    assert {each: fake.tries.count(each) for each in CALENDARS} == dict.fromkeys(CALENDARS, 1) | {BROKEN: 3}


async def test_a_stored_run_can_be_replayed() -> None:
    history = WorkflowHistory.from_json("refresh-calendars", HISTORY.read_text())
    replayer = Replayer(
        workflows=[RefreshCalendarsWorkflow], workflow_runner=SANDBOX, data_converter=data_converter(Settings())
    )
    await replayer.replay_workflow(history)
