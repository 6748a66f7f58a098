"""The sweep gives each meeting that comes near its run, once, on the real database and the real engine."""

import asyncio
from datetime import timedelta
from typing import Final

import pytest
import sqlalchemy as sa
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.meeting import MeetingActivities
from config.settings import Settings
from domain.messages.meeting import CancelMeetingStep
from services.booking.reservations import BookingLimits
from services.meeting.run_schedule import EARLY, HORIZON, NotificationSettings
from storage.database import Database
from storage.meetings.meeting_runs import note_missing
from tests.integration.activities.booking_fixture import BookingFixture, until
from tests.integration.activities.meeting.planned_meetings import HOUR, Planned, Sweeper
from workflows.common.runs import meeting_workflow_id
from workflows.meeting.messages import StartMeeting
from workflows.meeting.workflow import MeetingWorkflow

DAY: Final = timedelta(days=1)
NEAR: Final = DAY + EARLY + HORIZON
A_MOMENT: Final = timedelta(minutes=1)


@pytest.fixture
async def planned(bookings: BookingFixture, engine: Client) -> Planned:
    """One meeting, which is near."""
    return await Planned.at(bookings, engine, NEAR - A_MOMENT)


@pytest.fixture
def sweeper(engine: Client, database: Database, notifications: NotificationSettings) -> Sweeper:
    return Sweeper(engine, database, notifications)


async def test_those_that_are_near_get_their_run_and_no_other(planned: Planned, sweeper: Sweeper) -> None:
    near = [planned.first, await planned.another(A_MOMENT), await planned.another(DAY)]
    others = [await planned.another(NEAR + A_MOMENT), await planned.another(-A_MOMENT), await planned.another(-DAY)]
    (page,) = await sweeper.sweep()

    assert (page.opened, page.failed) == (3, 0)
    assert await planned.running(*near, *others) == set(near) == await planned.noted()
    assert sweeper.runs.tries == [near[1], near[2], near[0]], "the next ones first"


async def test_none_is_tried_again(planned: Planned, sweeper: Sweeper) -> None:
    assert await sweeper.opened() == [planned.first]
    assert await sweeper.opened() == []


async def test_a_far_one_gets_it_as_time_goes_by(planned: Planned, sweeper: Sweeper) -> None:
    await planned.shift(planned.first, NEAR + A_MOMENT)
    assert await sweeper.opened() == []
    await planned.shift(planned.first, NEAR - A_MOMENT)
    assert await sweeper.opened() == [planned.first]


async def test_one_that_was_overlooked_for_a_day_gets_it_late(planned: Planned, sweeper: Sweeper) -> None:
    """Its run looks, and gives what is late, as long as the meeting has not begun."""
    await planned.shift(planned.first, HOUR / 2)
    assert await sweeper.opened() == [planned.first]


async def test_longer_reminders_bring_it_nearer(
    planned: Planned, engine: Client, database: Database, sweeper: Sweeper
) -> None:
    await planned.shift(planned.first, 5 * DAY)
    assert await sweeper.opened() == []
    assert await Sweeper(engine, database, NotificationSettings((HOUR, 7 * DAY))).opened() == [planned.first]


async def test_a_cancelled_one_gets_none(
    planned: Planned, sweeper: Sweeper, database: Database, terms: BookingLimits, notifications: NotificationSettings
) -> None:
    life = MeetingActivities(database, terms, notifications)
    await life.cancel_meeting(CancelMeetingStep(meeting_id=planned.first))
    assert await sweeper.opened() == []


@pytest.mark.parametrize(("count", "pages"), [(3, [2, 1]), (4, [2, 2, 0])], ids=["rest", "exact"])
async def test_each_page_goes_on_where_the_last_one_ended(
    planned: Planned, sweeper: Sweeper, count: int, pages: list[int]
) -> None:
    """Also between meetings that begin at the same instant."""
    meetings = {planned.first, *[await planned.another(DAY) for _ in range(count - 1)]}
    await planned.do("UPDATE meeting SET start_at = (SELECT min(start_at) FROM meeting)")

    assert [page.opened for page in await sweeper.sweep(limit=2)] == pages
    assert await planned.noted() == meetings
    assert len(sweeper.runs.tries) == count


async def test_one_that_cannot_be_started_stands_in_nobodys_way(planned: Planned, sweeper: Sweeper) -> None:
    others = {await planned.another(HOUR), await planned.another(NEAR - HOUR)}
    sweeper.runs.failures[planned.first] = RPCError("no", RPCStatusCode.INVALID_ARGUMENT, b"")

    pages = await sweeper.sweep(limit=1)
    assert (sum(page.opened for page in pages), sum(page.failed for page in pages)) == (2, 1)
    assert await planned.noted() == others
    sweeper.runs.failures.clear()
    assert await sweeper.opened() == [planned.first]


async def test_a_step_that_dies_half_way_is_taken_again_and_opens_the_rest(planned: Planned, sweeper: Sweeper) -> None:
    meetings = [planned.first, *[await planned.another(number * HOUR) for number in (1, 2, 3)]]
    sweeper.runs.failures[3] = RuntimeError("the worker is gone")
    with pytest.raises(RuntimeError):
        await sweeper.page()
    before = {each: await planned.run_of(each) for each in await planned.running(*meetings)}
    sweeper.runs.failures.clear()

    await sweeper.page()
    assert await planned.running(*meetings) == set(meetings) == await planned.noted()
    assert {each: await planned.run_of(each) for each in before} == before, "each has one run, and keeps it"
    assert before


async def test_two_at_once_open_each_once(planned: Planned, sweeper: Sweeper) -> None:
    meetings = {planned.first, *[await planned.another(number * HOUR) for number in range(1, 12)]}
    opened = await asyncio.gather(*(sweeper.sweep(limit=5) for _ in range(3)))

    assert await planned.running(*meetings) == meetings == await planned.noted()
    assert not any(page.failed for pages in opened for page in pages)


async def test_a_meeting_that_has_its_run_keeps_it(planned: Planned, sweeper: Sweeper) -> None:
    """As when a change has opened it."""
    await sweeper.page()
    run = await planned.run_of(planned.first)
    await planned.do("UPDATE meeting SET run_opened_at = NULL")
    assert (await sweeper.page()).opened == 1
    assert await planned.run_of(planned.first) == run is not None


async def test_nobody_waits_for_a_meeting_that_is_being_changed(planned: Planned, sweeper: Sweeper) -> None:
    other = await planned.another(HOUR)
    async with planned.bookings.database.transaction() as changing:
        await changing.execute(sa.text("SELECT FROM meeting WHERE id = :id FOR UPDATE"), {"id": planned.first})
        assert (await asyncio.wait_for(sweeper.page(), 10)).opened == 2
    assert await planned.noted() == {other}
    assert await planned.running(planned.first) == {planned.first}


async def test_the_note_changes_nothing_else(planned: Planned, sweeper: Sweeper, bookings: BookingFixture) -> None:
    before = await bookings.stored()
    await sweeper.page()
    after = await bookings.stored()
    assert after["MeetingRow"][0].pop("run_opened_at") is not None
    assert before["MeetingRow"][0].pop("run_opened_at") is None
    assert after == before


class TestLostRuns:
    """Runs that were terminated."""

    async def lose(self, planned: Planned, sweeper: Sweeper) -> None:
        """Give the meeting its run, have it terminated, and wait until that can be found."""
        await sweeper.page()
        run = planned.engine.get_workflow_handle(meeting_workflow_id(planned.first))
        await run.terminate("by mistake")

        async def is_found() -> bool:
            query = f"WorkflowId = '{run.id}' AND ExecutionStatus = 'Terminated'"
            return (await planned.engine.count_workflows(query)).count == 1

        await until(is_found)

    async def test_it_gets_another_one(self, planned: Planned, sweeper: Sweeper) -> None:
        await self.lose(planned, sweeper)
        assert await sweeper.opened() == []
        assert await sweeper.look_for_lost_runs() == 1
        assert await sweeper.opened() == [planned.first]
        assert await planned.running(planned.first) == {planned.first}

    async def test_it_is_found_once(self, planned: Planned, sweeper: Sweeper) -> None:
        """The lost run stays in the engine's index, beside the one that replaced it a moment later."""
        await self.lose(planned, sweeper)
        await planned.do("UPDATE meeting SET run_opened_at = NULL")
        assert await sweeper.opened() == [planned.first]

        async def is_found() -> bool:
            query = f"WorkflowId = '{meeting_workflow_id(planned.first)}' AND ExecutionStatus = 'Running'"
            return (await planned.engine.count_workflows(query)).count == 1

        await until(is_found)
        assert await sweeper.look_for_lost_runs() == 0
        assert await planned.noted() == {planned.first}

    async def test_one_that_was_lost_before_it_was_noted(self, planned: Planned, sweeper: Sweeper) -> None:
        await planned.do("UPDATE meeting SET run_opened_at = NULL")
        await self.lose(planned, sweeper)
        await planned.do("UPDATE meeting SET run_opened_at = NULL")
        assert await sweeper.look_for_lost_runs() == 0
        assert await sweeper.opened() == [planned.first]
        assert await planned.running(planned.first) == {planned.first}

    @pytest.mark.usefixtures("worker")
    async def test_one_that_ended_by_itself_gets_no_other_one(
        self, planned: Planned, sweeper: Sweeper, settings: Settings
    ) -> None:
        """As when the meeting ends while the sweep is on its way."""
        await planned.shift(planned.first, -2 * HOUR)
        await planned.engine.execute_workflow(
            MeetingWorkflow.run,
            StartMeeting(meeting_id=planned.first),
            id=meeting_workflow_id(planned.first),
            task_queue=settings.task_queue,
        )
        run = await planned.run_of(planned.first)
        await planned.shift(planned.first, HOUR)
        await sweeper.page()
        assert await planned.run_of(planned.first) == run
        assert await planned.noted() == {planned.first}, "nor is it tried again"


async def test_one_whose_run_the_engine_has_lost_gets_another(
    planned: Planned, sweeper: Sweeper, database: Database
) -> None:
    """A lost run is in no list of ended runs: it is missing among those that run."""
    kept = await planned.another(HOUR)
    assert set(await sweeper.opened()) == {planned.first, kept}
    await planned.do("UPDATE meeting SET run_opened_at = run_opened_at - interval '1 hour'")
    async with database.transaction() as session:
        assert await note_missing(session, [kept], []) == 1
    assert await planned.noted() == {kept}


async def test_a_note_that_was_just_made_stays(planned: Planned, sweeper: Sweeper, database: Database) -> None:
    """The engine's index may not know of the run yet."""
    assert await sweeper.opened() == [planned.first]
    async with database.transaction() as session:
        assert await note_missing(session, [], []) == 0
