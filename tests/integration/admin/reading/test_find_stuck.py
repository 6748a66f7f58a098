"""From a complaint to its cause: a run that cannot finish, because of a lock, a stopped database, or no worker."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa
from temporalio.client import Client
from temporalio.worker import Worker

from admin.documents import Outcome, Story
from admin.story import troubles
from admin.story.find import Finder, NothingFound
from admin.story.question import Question
from admin.story.runs import read_runs
from config.errors import StackError
from config.settings import Settings
from devstack.postgres import EmbeddedPostgres
from services.booking.reservations import BookingLimits
from storage.bookings.lapsed_holds import remove_lapsed_holds
from storage.database import Database
from tests.integration.admin.reading.support import Booking, at, find_token, kinds, reserved, story_of
from tests.integration.api.support import eventually
from tests.support.clients import ApiClient
from tests.support.stoppable_database import WithStoppableDatabase
from workers.main import make_worker

pytestmark = pytest.mark.ci

READING = 'Stuck: the step "Read the booking from the database" has failed '


@pytest.fixture
def terms(request: pytest.FixtureRequest) -> BookingLimits:
    """Holds expire soon, unless the test says otherwise."""
    ttl = getattr(request, "param", timedelta(seconds=3))
    return BookingLimits(reservation_ttl=ttl, booked_ttl=timedelta(minutes=15), max_holds=500)


@pytest.fixture
def new_worker(engine: Client, settings: Settings, all_steps: tuple[object, ...]) -> Callable[[], Worker]:
    return lambda: make_worker(engine, settings.task_queue, *all_steps)


async def stuck(finder: Finder, booking: Booking) -> Story:
    """The story, as soon as it says that the booking cannot finish."""
    asked = find_token(client_id=booking.client_id)

    async def is_stuck() -> bool:
        return (await story_of(finder, asked)).outcome is Outcome.STUCK

    await eventually(is_stuck, patience=60)
    return await story_of(finder, asked)


async def check_expired_once(finder: Finder, database: Database, booking: Booking) -> None:
    """The run ends the booking, also if the sweep of overdue holds looks at the same time."""
    async with database.transaction() as session:
        await remove_lapsed_holds(session)
    await booking.ended()
    story = await story_of(finder)
    assert story.outcome is Outcome.EXPIRED
    assert kinds(story) == ["booking.reserved", "booking.expired"]


@asynccontextmanager
async def locked(database: Database, time_slot_id: str) -> AsyncIterator[None]:
    """Lock the row of the time slot, as a session that somebody has forgotten."""
    async with database.transaction() as session:
        await session.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        lock = sa.text("SELECT id FROM time_slot WHERE id = :id FOR UPDATE")
        (await session.execute(lock, {"id": time_slot_id})).scalar_one()
        yield


async def test_a_row_that_is_locked_at_its_deadline(
    client: ApiClient, finder: Finder, database: Database, booking: Booking
) -> None:
    held = await reserved(client)
    async with locked(database, held["id"]):
        story = await stuck(finder, booking)
        assert story.conclusion.startswith(READING)
        assert "lock" in story.conclusion
        assert f"The hold of {at(held)} ended at " in story.conclusion
    await check_expired_once(finder, database, booking)


async def test_a_run_that_no_worker_continues(
    http: httpx.AsyncClient,
    new_worker: Callable[[], Worker],
    finder: Finder,
    database: Database,
    booking: Booking,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also what a stopped database looks like: workers that cannot use it take no tasks."""
    monkeypatch.setattr(troubles, "TAKEN_WITHIN", timedelta(seconds=1))
    client = await ApiClient.authorised(http, booking.client_id)
    async with new_worker():
        await reserved(client)
    story = await stuck(finder, booking)
    assert story.conclusion.startswith("Stuck: no worker has taken the next step of the run of the booking since ")
    assert "and nothing has removed it yet." in story.conclusion
    async with new_worker():
        await check_expired_once(finder, database, booking)


class TestWithoutTheDatabase(WithStoppableDatabase):
    async def test_a_hold_that_expires_meanwhile(
        self, client: ApiClient, own: EmbeddedPostgres, finder: Finder, database: Database, booking: Booking
    ) -> None:
        await reserved(client)
        await own.stop()
        try:
            story = await stuck(finder, booking)
            assert story.conclusion.startswith(READING)
            assert "The database cannot be used right now" in story.conclusion
        finally:
            await own.start()
        await check_expired_once(finder, database, booking)

    @pytest.mark.parametrize("terms", [timedelta(minutes=5)], indirect=True)
    async def test_a_compensation_that_cannot_finish(
        self, client: ApiClient, own: EmbeddedPostgres, engine: Client, finder: Finder, booking: Booking
    ) -> None:
        held = await reserved(client)
        await own.stop()
        try:
            await booking.run.cancel()

            async def has_failed() -> bool:
                (run,) = await read_runs(engine, booking.workflow_id, with_history=False)
                return any(step.attempt > 2 for step in run.pending)

            await eventually(has_failed, patience=40)
            for asked in (find_token(client_id=booking.client_id), find_token(), Question(client_id=booking.client_id)):
                stories = (await finder.find(asked, 500)).stories
                (story,) = (each for each in stories if each.client_ids == [booking.client_id])
                assert story.conclusion.startswith('Stuck: the step "Undo: release the time slot" has failed ')
                assert "The database cannot be used right now" in story.conclusion
                assert "An operator cancelled the booking, by the run of " in story.conclusion
                assert any(note.startswith("The database cannot be reached") for note in story.notes)
            with pytest.raises(StackError, match="Temporal does not know this"):
                await finder.find(Question(customer_id="customer-4711"), 5)
            with pytest.raises(NothingFound):
                await finder.find(find_token(client_id="nobody"), 5)
        finally:
            await own.start()
        await booking.ended()
        assert (await story_of(finder)).conclusion.startswith(
            f"Cancelled: an operator cancelled the booking of {at(held)} at "
        )
