"""Checks of what always has to run: workers, the relay of events, schedules, and deliveries to webhooks."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import ScheduleDescription
from temporalio.service import RPCError, RPCStatusCode

from admin.check.common import Checking, Mismatch, found
from admin.story.runs import read_runs
from admin.story.timeline import failing
from admin.words import utc
from storage.bookings.time_slots import database_time
from storage.operators.mismatches import clients_with_late_deliveries, late_events
from workers.schedules import prepare_engine, start_relay
from workers.webhook_runs import WebhookRuns
from workflows.common.runs import RELAY_ID, SCHEDULES, delivery_workflow_id

INTERVALS_MISSED: Final = 3
"""Intervals without a start after which a schedule is late. One run that takes long makes the next one start late."""


async def workers(check: Checking) -> AsyncIterator[Mismatch]:
    """Find task queues from which no worker takes tasks."""
    for queue in (check.settings.task_queue, check.settings.delivery_task_queue):
        request = DescribeTaskQueueRequest(
            namespace=check.client.namespace,
            task_queue=TaskQueue(name=queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        answer = await check.client.workflow_service.describe_task_queue(request)
        check.count("workers", len(answer.pollers))
        if not answer.pollers:
            advice = "Start `bookme worker` with this task queue (BOOKME_TASK_QUEUE, BOOKME_WORKER_ROLE)."
            yield found("no-worker", queue, f"no worker takes tasks from the task queue {queue}", advice)


async def relay(check: Checking) -> AsyncIterator[Mismatch]:
    """Find out whether the relay of events runs, and whether events wait to be published."""
    runs = await read_runs(check.client, RELAY_ID, most=1, with_history=False)
    check.count("relays", len(runs))
    if not runs or not runs[0].is_running:
        text = "RelayWorkflow does not run: no event is published, and no overdue hold is removed"
        advice = "`bookme migrate` or --repair starts it."
        yield found("relay-not-running", RELAY_ID, text, advice, check.url(RELAY_ID), partial(_start_relay, check))
    for step in runs[0].pending if runs and runs[0].is_running else ():
        advice = "Remove the cause that the failure names. The step then continues by itself."
        yield found("relay-failing", RELAY_ID, failing(step), advice, check.url(RELAY_ID))
    async with check.opened.database.transaction() as session:
        count, since = await late_events(session)
    if since is not None:
        text = f"{count} events wait to be published, the first one since {utc(since)}"
        advice = "See whether RelayWorkflow runs, and whether a worker takes its tasks."
        yield found("events-unpublished", "events", text, advice, check.url(RELAY_ID))


async def _start_relay(check: Checking) -> str:
    await start_relay(check.client, check.settings.task_queue)
    return "started RelayWorkflow"


async def schedules(check: Checking) -> AsyncIterator[Mismatch]:
    """Find schedules that are missing or paused, or that have started nothing for long."""
    async with check.opened.database.transaction() as session:
        now = await database_time(session)
    for name in SCHEDULES:
        check.count("schedules")
        described = await _schedule(check, name)
        if described is None:
            text, advice = f"the schedule {name} is missing", "`bookme migrate` or --repair creates it."
            yield found("schedule-missing", name, text, advice, None, partial(_prepare, check))
        elif described.schedule.state.paused:
            note = described.schedule.state.note
            text = f"the schedule {name} is paused" + (f": {note}" if note else "")
            advice = f"Unpause it, for example with `temporal schedule toggle --schedule-id {name} --unpause`."
            yield found("schedule-paused", name, text, advice)
        elif (last := last_start(described)) < now - INTERVALS_MISSED * _interval(described):
            text = f"the schedule {name} has started nothing since {utc(last)}"
            yield found(
                "schedule-late", name, text, "See whether its last run hangs, and whether a worker takes tasks."
            )


def last_start(described: ScheduleDescription) -> datetime:
    """Return when the schedule has last started a run, or when it was created or changed."""
    info = described.info
    started = (each.started_at for each in info.recent_actions)
    return max(filter(None, (info.created_at, info.last_updated_at, *started)))


def _interval(described: ScheduleDescription) -> timedelta:
    return max((each.every for each in described.schedule.spec.intervals), default=timedelta(days=1))


async def _schedule(check: Checking, name: str) -> ScheduleDescription | None:
    try:
        return await check.client.get_schedule_handle(name).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


async def _prepare(check: Checking) -> str:
    await prepare_engine(check.client, check.settings)
    return "created the search attributes, the schedules and RelayWorkflow that were missing"


async def deliveries(check: Checking) -> AsyncIterator[Mismatch]:
    """Find clients with late deliveries and no run that delivers them."""
    async with check.opened.database.transaction() as session:
        late = {delivery_workflow_id(each.client_id): each for each in await clients_with_late_deliveries(session)}
    check.count("clients with late deliveries", len(late))
    for name in sorted(await check.without_run(late)):
        each = late[name]
        text = f"{each.number} deliveries of client {each.client_id} wait since {utc(each.due_at)}, and have no run"
        advice = "RelayWorkflow starts the run, if it runs. --repair starts the run now."
        repair = partial(_deliver, check, each.client_id)
        yield found("deliveries-without-run", each.client_id, text, advice, check.url(name), repair)


async def _deliver(check: Checking, client_id: str) -> str:
    await WebhookRuns(check.client, check.settings.delivery_task_queue).hand_over(client_id)
    return "started the run that delivers"
