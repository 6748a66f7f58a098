"""After an outage of the workers, what waits for them costs little, and new bookings do not wait behind it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx
import pytest
import sqlalchemy as sa
from temporalio.api.enums.v1 import EventType, TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from config.settings import Settings
from devstack.demo_data import identity
from domain.messages.booking import BookingKey, WantedTimeSlot
from services.booking.reservations import BookingLimits
from storage.bookings.lapsed_holds import GRACE, remove_lapsed_holds
from storage.bookings.time_slots import NOW, SLOTS
from storage.database import Database
from tests.integration.api.support import eventually, ok, run_of, settled
from tests.support.clients import ApiClient
from workers.main import make_worker
from workflows.booking.messages import BookingStatus, ReserveRequest, StartBooking
from workflows.booking.workflow import BookingWorkflow
from workflows.common.runs import booking_run_options

TTL: Final = timedelta(seconds=2)
BACKLOG: Final = 150
FREJA: Final = identity("Freja Lindqvist")


@pytest.fixture
def terms() -> BookingLimits:
    return BookingLimits(reservation_ttl=TTL, booked_ttl=TTL, max_holds=500)


@pytest.fixture
async def client(http: httpx.AsyncClient) -> ApiClient:
    """Without a worker: the tests say when there is one."""
    return await ApiClient.authorised(http, "demo")


async def remove_lapsed(database: Database) -> int:
    """As the relay does, for which some seconds have passed."""
    async with database.transaction() as session:
        await session.execute(sa.update(SLOTS).values(hold_expires_at=NOW - GRACE - timedelta(seconds=1)))
        return await remove_lapsed_holds(session)


@pytest.mark.ci
async def test_a_run_whose_lapsed_hold_is_gone_ends_in_one_task(
    client: ApiClient, engine: Client, database: Database, settings: Settings, all_steps: tuple[object, ...]
) -> None:
    async with make_worker(engine, settings.task_queue, *all_steps):
        ok(await client.reserve((await client.search())[0], "lapses"))
    run = run_of(engine, "lapses")
    before = [event.event_type async for event in run.fetch_history_events()]
    assert await remove_lapsed(database) == 1
    async with make_worker(engine, settings.task_queue, *all_steps):
        assert (await run.result()).status is BookingStatus.EXPIRED
    after = [event.event_type async for event in run.fetch_history_events()][len(before) :]
    assert after.count(EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED) == 1
    assert EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED not in after


@pytest.fixture
async def backlog(engine: Client, settings: Settings) -> list[BookingKey]:
    """Runs of another client that wait for a worker."""
    start = datetime(2031, 3, 3, 9, tzinfo=UTC)
    wanted = WantedTimeSlot(start=start, end=start + timedelta(hours=1), employee_id=FREJA)
    bookings = [BookingKey(client_id="noisy", token=f"noisy-{number}") for number in range(BACKLOG)]

    async def start_one(booking: BookingKey) -> None:
        request = StartBooking(booking=booking, attempt="one", request=ReserveRequest(asked="one", wanted=wanted))
        await engine.start_workflow(
            BookingWorkflow.run, request, task_queue=settings.task_queue, **booking_run_options(booking, wanted)
        )

    await asyncio.gather(*map(start_one, bookings))
    return bookings


async def waiting_tasks(engine: Client, task_queue: str) -> int:
    request = DescribeTaskQueueRequest(
        namespace=engine.namespace,
        task_queue=TaskQueue(name=task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        report_stats=True,
    )
    answer = await engine.workflow_service.describe_task_queue(request)
    return answer.stats.approximate_backlog_count


async def first_task(engine: Client, client_id: str, token: str) -> datetime:
    """When a worker first got a task of the booking's run."""
    async for event in run_of(engine, token, client_id).fetch_history_events(wait_new_event=True):
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED:
            return event.event_time.ToDatetime()
    raise AssertionError("it never got one")


@pytest.mark.ci
async def test_a_booking_does_not_wait_behind_the_runs_of_another_client(
    client: ApiClient, engine: Client, settings: Settings, all_steps: tuple[object, ...], backlog: list[BookingKey]
) -> None:
    offered = (await client.search())[0]
    asking = asyncio.create_task(settled(lambda: client.reserve(offered, "quiet")))

    async def all_wait_for_a_worker() -> bool:
        """A run that has begun is not enough: its task reaches the queue a moment later."""
        return await waiting_tasks(engine, settings.task_queue) > BACKLOG

    await eventually(all_wait_for_a_worker)
    async with make_worker(engine, settings.task_queue, *all_steps):
        ok(await asking)
        quiet = await first_task(engine, "demo", "quiet")
        noisy = [await first_task(engine, each.client_id, each.token) for each in backlog]
    assert sum(each < quiet for each in noisy) < BACKLOG // 10
