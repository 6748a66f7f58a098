"""The gauges of the state: measured, unknown, and never in the way of an answer."""

import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY, generate_latest
from temporalio.client import Client, ScheduleHandle

from api.metrics.state import measure_database, measure_engine
from api.middleware.metrics import registry
from config.ports import LOOPBACK, free_port
from devstack.processes import until
from storage.database import Database
from workers.schedules import SWEEP_EVERY, schedule_meeting_sweep
from workflows.common.runs import OPEN_MEETINGS_SCHEDULE, SCHEDULES


def value(name: str, **labels: str) -> float:
    found = REGISTRY.get_sample_value(name, labels)
    assert found is not None, name
    return found


@pytest.fixture
async def nowhere() -> AsyncIterator[Database]:
    """A database that cannot be reached."""
    database = Database(f"postgresql://bookme@{LOOPBACK}:{free_port()}/bookme", pool_size=1)
    yield database
    await database.close()


@pytest.fixture
async def schedule(engine: Client) -> AsyncIterator[ScheduleHandle]:
    await schedule_meeting_sweep(engine, "nobody-polls-here")
    handle = engine.get_schedule_handle(OPEN_MEETINGS_SCHEDULE)
    yield handle
    await handle.delete()


async def test_a_database_that_cannot_be_reached_is_unknown(database: Database, nowhere: Database) -> None:
    await measure_database(database)
    assert (value("bookme_database_up"), value("bookme_holds", state="overdue")) == (1, 0)
    await measure_database(nowhere)
    assert value("bookme_database_up") == 0
    assert math.isnan(value("bookme_holds", state="overdue"))
    assert math.isnan(value("bookme_oldest_pending_delivery_age_seconds", webhooks="healthy"))
    await measure_database(database)
    assert (value("bookme_database_up"), value("bookme_holds", state="overdue")) == (1, 0)


async def test_an_engine_that_cannot_be_reached_is_unknown(engine: Client) -> None:
    await measure_engine(engine)
    assert value("bookme_engine_up") == 1
    assert not math.isnan(value("bookme_runs_needing_operator")), "other tests have such runs on the same server"
    await measure_engine(await Client.connect(f"{LOOPBACK}:{free_port()}", lazy=True))
    assert value("bookme_engine_up") == 0
    assert math.isnan(value("bookme_runs_needing_operator"))
    for each in SCHEDULES:
        assert math.isnan(value("bookme_schedule_last_run_timestamp_seconds", schedule=each))


async def test_a_schedule_shows_its_last_run_and_its_pause(engine: Client, schedule: ScheduleHandle) -> None:
    await measure_engine(engine)
    created = value("bookme_schedule_last_run_timestamp_seconds", schedule=schedule.id)
    assert datetime.fromtimestamp(created, UTC) == pytest.approx(datetime.now(UTC), abs=timedelta(minutes=1))
    assert value("bookme_schedule_interval_seconds", schedule=schedule.id) == SWEEP_EVERY.total_seconds()
    assert value("bookme_schedule_paused", schedule=schedule.id) == 0
    await schedule.trigger()

    async def has_run() -> bool:
        await measure_engine(engine)
        return value("bookme_schedule_last_run_timestamp_seconds", schedule=schedule.id) > created

    await until(has_run, 30)
    await schedule.pause()
    await measure_engine(engine)
    assert value("bookme_schedule_paused", schedule=schedule.id) == 1


async def test_a_schedule_that_is_lost_is_unknown(engine: Client) -> None:
    await measure_engine(engine)
    assert value("bookme_engine_up") == 1
    assert math.isnan(value("bookme_schedule_paused", schedule=OPEN_MEETINGS_SCHEDULE))


async def test_metrics_are_shown_without_a_database(nowhere: Database) -> None:
    await measure_database(nowhere)
    shown = generate_latest(registry()).decode()
    assert "\nbookme_database_up 0.0\n" in shown
    assert "\nbookme_unpublished_events NaN\n" in shown
