"""The worker process: reads the settings, connects to the servers, and runs the workers until it is stopped."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any, Final

from temporalio.client import Client
from temporalio.worker import (
    PollerBehaviorSimpleMaximum,
    UnsandboxedWorkflowRunner,
    Worker,
    WorkerDeploymentConfig,
    WorkflowRunner,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.booking import BookingActivities
from activities.calendars import CalendarActivities, Calendars
from activities.events import RelayActivities
from activities.interceptor import RefusalsEndTheStep
from activities.invitations import InvitationActivities
from activities.meeting import MeetingActivities
from activities.retention import RetentionActivities
from activities.signatures import SIGNATURES
from config.settings import Settings
from config.telemetry import worker_runtime
from config.temporal import EngineUnavailable, connect
from config.temporal_sdk.task_failures import NamingRunner, install
from config.tracing import OFF, Tracing, start_tracing
from domain.messages.retention import OldRows
from integrations.calendars.feeds import Feeds
from integrations.email.smtp import MailServer
from integrations.http.outbound import outbound_client
from integrations.webhooks.requests import WebhookRequests
from services.booking.reservations import BookingLimits
from services.meeting.run_schedule import NotificationSettings
from storage.database import Database
from workers.database_guard import work_while_database_is_usable
from workers.deliveries import CONNECTIONS, make_delivery_worker
from workers.lost_engine import repaired_when_lost
from workers.meeting_runs import MeetingRuns
from workers.meeting_sweep import MeetingSweep
from workers.versions import current_version_ensured, deployment_config
from workers.webhook_runs import WebhookRuns
from workflows.booking.pinned import PinnedBookingWorkflow
from workflows.booking.workflow import BookingWorkflow
from workflows.calendars.refresh import RefreshCalendarsWorkflow
from workflows.meeting.openings import OpenMeetingsWorkflow
from workflows.meeting.workflow import MeetingWorkflow
from workflows.notifications.relay import RelayWorkflow
from workflows.notifications.webhooks import WebhookDeliveryWorkflow
from workflows.retention import RetentionWorkflow

log = logging.getLogger(__name__)

RETRY_AFTER: Final = 1.0
"""Seconds between two attempts to connect to the engine at the start."""

Activity = Callable[..., Any]

BOOKING_WORKFLOWS: Final = (
    BookingWorkflow,
    MeetingWorkflow,
    OpenMeetingsWorkflow,
    RefreshCalendarsWorkflow,
    RelayWorkflow,
    RetentionWorkflow,
)
VERSIONED_WORKFLOWS: Final = (PinnedBookingWorkflow, *BOOKING_WORKFLOWS[1:])
"""The same, for a worker with a version (`BOOKME_BUILD_ID`)."""

WORKFLOWS: Final = (*BOOKING_WORKFLOWS, WebhookDeliveryWorkflow)
"""All workflows. The workflow of deliveries has its own worker."""

TASKS_PER_CONNECTION: Final = 2
"""Workflow tasks that a worker takes per database connection. Some tasks compute while others wait for a step."""

PURE_MODULES: Final = ("activities", "domain", "opentelemetry", "pydantic", "pydantic_core", "workflows")
"""Modules that the workflow sandbox does not load again for every run, because they have no state."""

SANDBOX: Final = SandboxedWorkflowRunner(SandboxRestrictions.default.with_passthrough_modules(*PURE_MODULES))


async def run(settings: Settings) -> None:
    """Run the workers until SIGTERM, SIGINT or cancellation. Running steps are finished first."""
    tracing = start_tracing("bookme-worker")
    client = await connect_in_the_end(settings, tracing)
    opened = partial(Database, settings.database_url.get_secret_value(), sandbox=settings.sandbox)
    runner = workflow_runner(settings)
    async with (
        aclosing(tracing),
        closing(opened(pool_size=settings.database_pool_size)) as database,
        closing(opened(pool_size=CONNECTIONS)) as of_deliveries,
        closing(opened(pool_size=1)) as checked,
        outbound_client(private_too=settings.allow_private_addresses, traced=tracing.trace_requests) as outside,
        repaired_when_lost(client, settings),
        current_version_ensured(client, settings),
    ):
        for each in (database, of_deliveries):
            tracing.trace_statements(each.engine)
        steps = (
            *booking_steps(settings, client, database),
            CalendarActivities(database, Calendars(database, Feeds(outside, settings.max_calendar_bytes))),
            RelayActivities(database, WebhookRuns(client, settings.delivery_task_queue).hand_over),
            RetentionActivities(database, retention(settings)),
        )
        requests, version = WebhookRequests(outside), deployment_config(settings)

        @asynccontextmanager
        async def workers() -> AsyncIterator[None]:
            async with AsyncExitStack() as working:
                if settings.worker_role != "deliveries":
                    size = settings.database_pool_size
                    bookings = make_worker(
                        client, settings.task_queue, *steps, runner=runner, connections=size, version=version
                    )
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


async def connect_in_the_end(settings: Settings, tracing: Tracing = OFF) -> Client:
    """Connect to the engine, with retries, because the engine may start later or be unavailable for a while."""
    runtime = worker_runtime(settings)
    while True:
        try:
            return await connect(settings, runtime=runtime, tracing=tracing)
        except EngineUnavailable as error:
            log.warning("waiting for the workflow engine", extra={"error": str(error)})
            await asyncio.sleep(RETRY_AFTER)


def booking_steps(settings: Settings, client: Client, database: Database) -> tuple[object, ...]:
    """Return the objects whose methods are the activities of bookings and meetings."""
    terms = BookingLimits(
        settings.reservation_ttl,
        settings.booked_ttl,
        settings.max_holds,
        settings.max_end_user_holds,
        settings.max_renewals,
        settings.hold_extension,
    )
    server = mail_server(settings)
    notifications = NotificationSettings(settings.reminders, invites=server is not None)
    runs = MeetingRuns(client, database, settings.task_queue, notifications, may_delay=not settings.sandbox)
    names = settings.show_employee_names
    return (
        BookingActivities(database, terms, notifications, show_names=names),
        MeetingActivities(database, terms, notifications, show_names=names, in_sandbox=settings.sandbox),
        runs,
        MeetingSweep(client, database, runs, notifications, show_names=names),
        InvitationActivities(database, server),
    )


def retention(settings: Settings) -> Mapping[OldRows, timedelta]:
    """Return how long the settings keep each kind of rows."""
    return {
        OldRows.DELIVERIES: settings.keep_deliveries,
        OldRows.EVENTS: settings.keep_events,
        OldRows.REFUSED_STEPS: settings.keep_refused_steps,
        OldRows.MAILS: settings.keep_mails,
        OldRows.MEETING_TEXTS: settings.keep_meeting_texts,
        OldRows.TIME_SLOTS: settings.keep_time_slots,
    }


def mail_server(settings: Settings) -> MailServer | None:
    """Return the mail server for invitations, or None if invitations are switched off."""
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
    """Return a runner with or without the sandbox, as set. The log then names the runs whose tasks fail."""
    return NamingRunner(SANDBOX if settings.workflow_sandbox else UnsandboxedWorkflowRunner(), install())


def make_worker(
    client: Client,
    task_queue: str,
    *steps: object,
    runner: WorkflowRunner = SANDBOX,
    connections: int = 20,
    version: WorkerDeploymentConfig | None = None,
) -> Worker:
    """Return a worker for all workflows except deliveries, with the activities of these objects.

    The worker takes no more tasks at once than its database connections can serve in time. Other tasks wait in the
    engine, where waiting costs nothing. A task that waited in the worker for a connection would time out, and another
    worker would repeat the task. After many requests at once, all workers would only repeat tasks.
    """
    return Worker(
        client,
        task_queue=task_queue,
        workflows=BOOKING_WORKFLOWS if version is None else VERSIONED_WORKFLOWS,
        activities=[activity for each in steps for activity in activities_of(each)],
        interceptors=[RefusalsEndTheStep()],
        workflow_runner=runner,
        deployment_config=version,
        max_concurrent_workflow_tasks=TASKS_PER_CONNECTION * connections,
        max_concurrent_local_activities=connections,
        workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(20),
        activity_task_poller_behavior=PollerBehaviorSimpleMaximum(5),
        # Time that a run waits for a worker that has died, before another worker takes the run.
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        graceful_shutdown_timeout=timedelta(seconds=10),
    )


def activities_of(steps: object) -> list[Activity]:
    """Return the methods of the object that one of the signatures names."""
    named = (name for each in SIGNATURES if isinstance(steps, each) for name in vars(each) if not name.startswith("_"))
    return [getattr(steps, name) for name in named]


async def stop_requested() -> None:
    """Wait until the process gets SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    await stop.wait()
