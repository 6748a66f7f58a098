"""Gauges of the state that the database and Temporal have, measured by each API process every few seconds.

The gauges are the same truth in every process. Processes that share `PROMETHEUS_MULTIPROC_DIR` show the newest
measurement, never a sum. Rules and dashboards take the maximum over several machines.
"""

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from prometheus_client import Gauge
from temporalio.client import Client, ScheduleDescription
from temporalio.service import RPCError, RPCStatusCode

from config.temporal import last_start
from storage.database import Database
from storage.monitoring import read_stored_state
from workflows.common.runs import SCHEDULES

log = logging.getLogger(__name__)

MEASURED_EVERY: Final = 10.0
"""Seconds between two measurements. Prometheus usually scrapes every 15 seconds or less often."""

FIRST_AFTER: Final = 1.0
"""Seconds after which a new process measures for the first time, so that its first requests do not wait for that."""

PATIENCE: Final = 5.0
"""Seconds after which a part that has not answered counts as unreachable."""

NEEDS_OPERATOR: Final = "NeedsOperator = true AND ExecutionStatus = 'Running'"


def _gauge(name: str, description: str, labels: Sequence[str] = ()) -> Gauge:
    return Gauge(name, description, labels, multiprocess_mode="mostrecent")


DATABASE_UP: Final = _gauge("bookme_database_up", "1 if this process could measure the database, else 0.")
ENGINE_UP: Final = _gauge("bookme_engine_up", "1 if this process could measure Temporal, else 0.")

HOLDS: Final = _gauge("bookme_holds", "Holds: reserved and booked are live, overdue are not.", ["state"])
PENDING: Final = _gauge(
    "bookme_pending_deliveries", "Deliveries that wait, at most 1000 counted of each webhook.", ["webhooks"]
)
PENDING_AGE: Final = _gauge(
    "bookme_oldest_pending_delivery_age_seconds", "Age of the oldest delivery that waits, 0 if none.", ["webhooks"]
)

STORED: Final[Mapping[str, Gauge]] = {
    "reserved_holds": HOLDS.labels("reserved"),
    "booked_holds": HOLDS.labels("booked"),
    "overdue_holds": HOLDS.labels("overdue"),
    "oldest_overdue_hold": _gauge(
        "bookme_oldest_overdue_hold_age_seconds", "Time since the deadline of the oldest overdue hold, 0 if none."
    ),
    "unpublished_events": _gauge("bookme_unpublished_events", "Events that the relay has not published yet."),
    "oldest_unpublished_event": _gauge(
        "bookme_oldest_unpublished_event_age_seconds", "Lag of the relay: age of the oldest unpublished event."
    ),
    "failing_webhooks": _gauge("bookme_failing_webhooks", "Webhooks whose last attempt failed."),
    "pending_deliveries": PENDING.labels("healthy"),
    "oldest_pending_delivery": PENDING_AGE.labels("healthy"),
    "failing_deliveries": PENDING.labels("failing"),
    "oldest_failing_delivery": PENDING_AGE.labels("failing"),
    "pending_mails": _gauge("bookme_pending_mails", "Invitation mails that are not sent yet."),
    "oldest_pending_mail": _gauge("bookme_oldest_pending_mail_age_seconds", "Age of the oldest of them, 0 if none."),
    "calendars": _gauge("bookme_calendars", "External calendars that BookMe reads."),
    "failing_calendars": _gauge("bookme_failing_calendars", "External calendars whose last reading failed."),
}
"""The gauge of each field of `StoredState`."""

NEEDING_OPERATOR: Final = _gauge("bookme_runs_needing_operator", "Running workflows with `NeedsOperator`.")
LAST_RUN: Final = _gauge(
    "bookme_schedule_last_run_timestamp_seconds",
    "Time at which the schedule last started its workflow, or was created or changed.",
    ["schedule"],
)
INTERVAL: Final = _gauge("bookme_schedule_interval_seconds", "Interval of the schedule.", ["schedule"])
PAUSED: Final = _gauge("bookme_schedule_paused", "1 if an operator has paused the schedule, else 0.", ["schedule"])

_UNKNOWN: Final = math.nan
"""Value of a gauge that could not be measured. No alert fires for it: `DATABASE_UP` and `ENGINE_UP` have their own."""


@contextlib.asynccontextmanager
async def state_measured(database: Database, client: Client) -> AsyncIterator[None]:
    """Measure the state every `MEASURED_EVERY` seconds as long as the block lasts.

    `database` should have its own connection, so that measurements neither wait for requests nor delay them.
    """
    measuring = asyncio.create_task(_measure_always(database, client))
    try:
        yield
    finally:
        measuring.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await measuring


async def _measure_always(database: Database, client: Client) -> None:
    await asyncio.sleep(FIRST_AFTER)
    while True:
        await asyncio.gather(measure_database(database), measure_engine(client))
        await asyncio.sleep(MEASURED_EVERY)


async def measure_database(database: Database) -> None:
    """Set the gauges of the stored state, or mark them as unknown if the database cannot be measured."""
    async with _noting_reachability("database", DATABASE_UP, [*STORED.values()]), database.autocommit() as session:
        for name, value in (await read_stored_state(session))._asdict().items():
            STORED[name].set(value)


async def measure_engine(client: Client) -> None:
    """Set the gauges of Temporal's state, or mark them as unknown if Temporal cannot be measured."""
    of_schedules = [gauge.labels(each) for gauge in (LAST_RUN, INTERVAL, PAUSED) for each in SCHEDULES]
    async with _noting_reachability("engine", ENGINE_UP, [NEEDING_OPERATOR, *of_schedules]):
        NEEDING_OPERATOR.set((await client.count_workflows(NEEDS_OPERATOR)).count)
        for schedule in SCHEDULES:
            _show_schedule(schedule, await _describe(client, schedule))


@contextlib.asynccontextmanager
async def _noting_reachability(part: str, is_up: Gauge, measured: Sequence[Gauge]) -> AsyncIterator[None]:
    """Set `is_up`. If the block fails or takes too long, set `measured` to unknown, and never raise."""
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except Exception as error:  # noqa: BLE001 - whatever is wrong, the next measurement must still be made
        log.warning("the state cannot be measured", extra={"part": part, "error": str(error)})
        is_up.set(0)
        for each in measured:
            each.set(_UNKNOWN)
    else:
        is_up.set(1)


async def _describe(client: Client, schedule: str) -> ScheduleDescription | None:
    """Return the schedule, or None if Temporal does not have it (any more)."""
    try:
        return await client.get_schedule_handle(schedule).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


def _show_schedule(schedule: str, found: ScheduleDescription | None) -> None:
    """Set the gauges of the schedule."""
    if found is None:
        for gauge in (LAST_RUN, INTERVAL, PAUSED):
            gauge.labels(schedule).set(_UNKNOWN)
        return
    LAST_RUN.labels(schedule).set(last_start(found).timestamp())
    intervals = [each.every for each in found.schedule.spec.intervals]
    INTERVAL.labels(schedule).set(min(intervals).total_seconds() if intervals else _UNKNOWN)
    PAUSED.labels(schedule).set(found.schedule.state.paused)
