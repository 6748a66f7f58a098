"""The worker process: reads the settings, connects what the steps need, and works until it is stopped."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, Final

from temporalio.client import Client
from temporalio.worker import PollerBehaviorSimpleMaximum, UnsandboxedWorkflowRunner, Worker, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.booking import BookingActivities
from activities.calendars import CalendarActivities, Calendars
from activities.feeds import Feeds
from activities.interceptor import RefusalsEndTheStep
from activities.invitations import InvitationActivities
from activities.mail import MailServer
from activities.meeting_life import MeetingActivities, Telling
from activities.outbound import outbound_client
from activities.relay import RelayActivities
from activities.reservations import Terms
from activities.signatures import SIGNATURES
from activities.webhook_requests import WebhookRequests
from bookme.engine import EngineUnavailable, connect
from bookme.settings import Settings
from bookme.task_failures import NamingRunner, install
from bookme.telemetry import worker_runtime
from storage.database import Database
from workers.database_guard import work_while_database_is_usable
from workers.deliveries import CONNECTIONS, make_delivery_worker
from workers.lost_engine import repaired_when_lost
from workers.meeting_runs import MeetingRuns
from workers.meeting_sweep import MeetingSweep
from workers.webhook_runs import WebhookRuns
from workflows.booking import BookingWorkflow
from workflows.calendars import RefreshCalendarsWorkflow
from workflows.meeting import MeetingWorkflow
from workflows.openings import OpenMeetingsWorkflow
from workflows.relay import RelayWorkflow
from workflows.webhooks import WebhookDeliveryWorkflow

log = logging.getLogger(__name__)

RETRY_AFTER: Final = 1.0
"""Seconds between two tries to reach the engine at the start."""

Activity = Callable[..., Any]

BOOKING_WORKFLOWS: Final = (
    BookingWorkflow,
    MeetingWorkflow,
    OpenMeetingsWorkflow,
    RefreshCalendarsWorkflow,
    RelayWorkflow,
)
WORKFLOWS: Final = (*BOOKING_WORKFLOWS, WebhookDeliveryWorkflow)
"""All of them; those of deliveries have a worker of their own."""

TASKS_PER_CONNECTION: Final = 2
"""Workflow tasks that a worker takes for each database connection: some compute while others wait for a step."""

PURE_MODULES: Final = ("activities", "domain", "pydantic", "pydantic_core", "workflows")
"""What the workflow sandbox need not load anew for every run: messages and rules without state."""

SANDBOX: Final = SandboxedWorkflowRunner(SandboxRestrictions.default.with_passthrough_modules(*PURE_MODULES))


async def run(settings: Settings) -> None:
    """Work until SIGTERM, SIGINT or cancellation; the steps under way are finished first."""
    client = await connect_in_the_end(settings)
    url = settings.database_url.get_secret_value()
    runner = workflow_runner(settings)
    async with (
        closing(Database(url, pool_size=settings.database_pool_size)) as database,
        closing(Database(url, pool_size=CONNECTIONS)) as of_deliveries,
        closing(Database(url, pool_size=1)) as checked,
        outbound_client(private_too=settings.allow_private_addresses) as outside,
        repaired_when_lost(client, settings),
    ):
        steps = (
            *booking_steps(settings, client, database),
            CalendarActivities(database, Calendars(database, Feeds(outside, settings.max_calendar_bytes))),
            RelayActivities(database, WebhookRuns(client, settings.delivery_task_queue).hand_over),
        )
        requests = WebhookRequests(outside)

        @asynccontextmanager
        async def workers() -> AsyncIterator[None]:
            async with AsyncExitStack() as working:
                if settings.worker_role != "deliveries":
                    size = settings.database_pool_size
                    bookings = make_worker(client, settings.task_queue, *steps, runner=runner, connections=size)
                    await working.enter_async_context(bookings)
                if settings.worker_role != "bookings":
                    deliveries = make_delivery_worker(client, settings, of_deliveries, requests, runner)
                    await working.enter_async_context(deliveries)
                yield

        await work_while_database_is_usable(checked, client, workers, stop_requested)


@asynccontextmanager
async def closing(database: Database) -> AsyncIterator[Database]:
    try:
        yield database
    finally:
        await database.close()


async def connect_in_the_end(settings: Settings) -> Client:
    """The engine may start after us, or be away for a while."""
    runtime = worker_runtime(settings)
    while True:
        try:
            return await connect(settings, runtime=runtime)
        except EngineUnavailable as error:
            log.warning("waiting for the workflow engine", extra={"error": str(error)})
            await asyncio.sleep(RETRY_AFTER)


def booking_steps(settings: Settings, client: Client, database: Database) -> tuple[object, ...]:
    """What every booking and every meeting needs."""
    terms = Terms(
        settings.reservation_ttl,
        settings.booked_ttl,
        settings.max_holds,
        settings.max_end_user_holds,
        settings.max_renewals,
    )
    server = mail_server(settings)
    telling = Telling(settings.reminders, invites=server is not None)
    runs = MeetingRuns(client, database, settings.task_queue, telling)
    return (
        BookingActivities(database, terms, telling),
        MeetingActivities(database, terms, telling),
        runs,
        MeetingSweep(client, database, runs, telling),
        InvitationActivities(database, server),
    )


def mail_server(settings: Settings) -> MailServer | None:
    """Where invitations are handed in, if they are switched on."""
    if settings.smtp_host is None:
        return None
    password = settings.smtp_password
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        username=settings.smtp_username,
        password=None if password is None else password.get_secret_value(),
        sender=settings.smtp_from,
    )


def workflow_runner(settings: Settings) -> NamingRunner:
    """With the sandbox or without it, as the operator wants. The log names the runs whose tasks fail."""
    return NamingRunner(SANDBOX if settings.workflow_sandbox else UnsandboxedWorkflowRunner(), install())


def make_worker(
    client: Client, task_queue: str, *steps: object, runner: WorkflowRunner = SANDBOX, connections: int = 20
) -> Worker:
    """A worker of all workflows but the deliveries, with the steps of these objects that a signature names.

    It takes no more tasks at once than its database connections can serve in time. The others wait at the engine, where
    waiting costs nothing. A task that waited here for a connection would time out, be given to another worker, and be
    done once more, so that after a flood all workers would do nothing else.
    """
    return Worker(
        client,
        task_queue=task_queue,
        workflows=BOOKING_WORKFLOWS,
        activities=[activity for each in steps for activity in activities_of(each)],
        interceptors=[RefusalsEndTheStep()],
        workflow_runner=runner,
        max_concurrent_workflow_tasks=TASKS_PER_CONNECTION * connections,
        max_concurrent_local_activities=connections,
        workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(20),
        activity_task_poller_behavior=PollerBehaviorSimpleMaximum(5),
        # How long a run waits for a worker that has died before another one takes it.
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        graceful_shutdown_timeout=timedelta(seconds=10),
    )


def activities_of(steps: object) -> list[Activity]:
    """Its methods that one of the signatures names."""
    named = (name for each in SIGNATURES if isinstance(steps, each) for name in vars(each) if not name.startswith("_"))
    return [getattr(steps, name) for name in named]


async def stop_requested() -> None:
    """Return when the process is asked to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    await stop.wait()
