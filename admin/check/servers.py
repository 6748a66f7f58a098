"""Checks of what always has to run: the servers, workers, the relay of events, schedules, and deliveries."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Final

from sqlalchemy.engine import make_url
from temporalio.client import ScheduleDescription
from temporalio.service import RPCError, RPCStatusCode

from admin.check.common import Checking, Mismatch, Part, Repair, found
from admin.story.runs import RPC_TIMEOUT, read_runs
from admin.story.timeline import failing
from admin.words import utc
from config.temporal import last_start, pollers
from storage.bookings.time_slots import database_time
from storage.database import StorageUnavailable
from storage.operator_actions import SubjectKind
from storage.operators.mismatches import clients_with_late_deliveries, late_events
from workers.schedules import prepare_engine, start_relay
from workers.webhook_runs import WebhookRuns
from workflows.common.runs import RELAY_ID, SCHEDULES, delivery_workflow_id

DATABASE_RUNBOOK: Final = "The runbook is docs/runbooks/database-unreachable.md."

INTERVALS_MISSED: Final = 3
"""Intervals without a start after which a schedule is late. One run that takes long makes the next one start late."""


async def database(check: Checking) -> AsyncIterator[Mismatch]:
    """Find out whether the database can be used. Workers take no tasks while it is read-only."""
    try:
        why = await check.opened.database.why_read_only()
    except StorageUnavailable as error:
        yield database_missing(check, error)
        return
    if why:
        advice = f"Make the server writable, or name the primary in BOOKME_DATABASE_URL. {DATABASE_RUNBOOK}"
        text = f"the database at {_address(check)} is read-only: {why}"
        yield found("database-read-only", "database", text, advice, missing=Part.DATABASE)


async def engine(check: Checking) -> AsyncIterator[Mismatch]:
    """Find out whether Temporal can be used, and has the namespace."""
    try:
        await check.client.count_workflows(rpc_timeout=RPC_TIMEOUT)
    except (RPCError, RuntimeError) as error:
        yield engine_missing(check, error)


def database_missing(check: Checking, error: StorageUnavailable) -> Mismatch:
    """Return the finding that the database cannot be used, with its address and without its password."""
    why = f" ({_in_a_line(error.__cause__)})" if error.__cause__ else ""
    advice = f"Start PostgreSQL, or correct BOOKME_DATABASE_URL (beside `bookme dev`: --data-dir). {DATABASE_RUNBOOK}"
    text = f"the database at {_address(check)} cannot be used{why}"
    return found("database-unreachable", "database", text, advice, missing=Part.DATABASE)


def _address(check: Checking) -> str:
    url = make_url(check.settings.database_url.get_secret_value())
    return f"{url.host or 'a local socket'}:{url.port or 5432}/{url.database}"


def engine_missing(check: Checking, error: Exception) -> Mismatch:
    """Return the finding that Temporal cannot be used, with its address."""
    address = check.client.service_client.config.target_host
    advice = "Start Temporal, or correct TEMPORAL_ADDRESS. The runbook is docs/runbooks/engine-unreachable.md."
    text = f"Temporal at {address} cannot be used ({_in_a_line(error)})"
    return found("engine-unreachable", "engine", text, advice, missing=Part.ENGINE)


def _in_a_line(error: BaseException) -> str:
    """Return the first line of the message. The others may be a statement with its parameters."""
    return next(iter(str(error).splitlines()), "")[:200] or type(error).__name__


async def workers(check: Checking) -> AsyncIterator[Mismatch]:
    """Find task queues from which no worker takes tasks. Workers take none while the database cannot be used."""
    for queue in (check.settings.task_queue, check.settings.delivery_task_queue):
        number = len(await pollers(check.client, queue))
        check.count("workers", number)
        if not number:
            advice = "Start `bookme worker` with this task queue (BOOKME_TASK_QUEUE, BOOKME_WORKER_ROLE)."
            missing = Part.WORKERS if queue == check.settings.task_queue else None
            text = f"no worker takes tasks from the task queue {queue}"
            yield found("no-worker", queue, text, advice, missing=missing)


async def relay(check: Checking) -> AsyncIterator[Mismatch]:
    """Find out whether the relay of events runs."""
    runs = await read_runs(check.client, RELAY_ID, most=1, with_history=False)
    check.count("relays", len(runs))
    if not runs or not runs[0].is_running:
        text = "RelayWorkflow does not run: no event is published, and no overdue hold is removed"
        advice = "`bookme migrate` or --repair starts it."
        repair = Repair(SubjectKind.RUN.named(RELAY_ID), partial(_start_relay, check))
        yield found("relay-not-running", RELAY_ID, text, advice, check.url(RELAY_ID), repair)
    for step in runs[0].pending if runs and runs[0].is_running else ():
        advice = "Remove the cause that the failure names. The step then continues by itself."
        yield found("relay-failing", RELAY_ID, failing(step), advice, check.url(RELAY_ID))


async def _start_relay(check: Checking) -> str:
    await start_relay(check.client, check.settings.task_queue)
    return "started RelayWorkflow"


async def events(check: Checking) -> AsyncIterator[Mismatch]:
    """Find out whether events wait to be published."""
    async with check.opened.database.transaction() as session:
        count, since = await late_events(session)
    if since is not None:
        text = f"{count} events wait to be published, the first one since {utc(since)}"
        advice = "See whether RelayWorkflow runs, and whether its steps fail."
        yield found("events-unpublished", "events", text, advice, check.url(RELAY_ID))


async def schedules(check: Checking) -> AsyncIterator[Mismatch]:
    """Find schedules that are missing or paused."""
    for name in SCHEDULES:
        check.count("schedules")
        described = await _schedule(check, name)
        if described is None:
            text, advice = f"the schedule {name} is missing", "`bookme migrate` or --repair creates it."
            repair = Repair(SubjectKind.SCHEDULE.named(name), partial(_prepare, check))
            yield found("schedule-missing", name, text, advice, repair=repair)
        elif described.schedule.state.paused:
            note = described.schedule.state.note
            text = f"the schedule {name} is paused" + (f": {note}" if note else "")
            advice = f"Unpause it, for example with `temporal schedule toggle --schedule-id {name} --unpause`."
            yield found("schedule-paused", name, text, advice)


async def late_schedules(check: Checking) -> AsyncIterator[Mismatch]:
    """Find schedules that are not paused, and that have started nothing for long."""
    async with check.opened.database.transaction() as session:
        now = await database_time(session)
    for name in SCHEDULES:
        described = await _schedule(check, name)
        if described is None or described.schedule.state.paused:
            continue
        if (last := last_start(described)) < now - INTERVALS_MISSED * _interval(described):
            text = f"the schedule {name} has started nothing since {utc(last)}"
            yield found("schedule-late", name, text, "See whether its last run hangs.")


def _interval(described: ScheduleDescription) -> timedelta:
    return max((each.every for each in described.schedule.spec.intervals), default=timedelta(days=1))


async def _schedule(check: Checking, name: str) -> ScheduleDescription | None:
    """Return the schedule, or None if Temporal does not have it."""
    try:
        return await check.client.get_schedule_handle(name).describe(rpc_timeout=RPC_TIMEOUT)
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
        repair = Repair(SubjectKind.CLIENT.named(each.client_id), partial(_deliver, check, each.client_id))
        yield found("deliveries-without-run", each.client_id, text, advice, check.url(name), repair)


async def _deliver(check: Checking, client_id: str) -> str:
    await WebhookRuns(check.client, check.settings.delivery_task_queue).hand_over(client_id)
    return "started the run that delivers"
