"""In a sandbox, a client gets the same answers and the same events in the same order as in real time.

Random scripts are carried out twice, with the same short lifetimes of holds. The one waits, the other moves the clock.
A batch of ten scripts takes a minute. `BOOKME_TEST_BATCHES=5` carries out fifty scripts. A machine that is too slow for
real time skips the test.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import SecretStr
from temporalio.client import Client

from api.app import create_app, lifespan
from config.settings import Settings
from devstack.postgres import EmbeddedPostgres
from storage.database import Database
from tests.integration.api.sandbox import scripts
from tests.integration.api.sandbox.scripts import SCRIPT, Place, Player, Script, Told
from tests.integration.api.sandbox.support import CLOCK, advance_to
from tests.integration.api.support import ok
from tests.support.clients import ApiClient
from tests.support.demo_database import DemoDatabase
from workers.main import booking_steps, make_worker

pytestmark = [pytest.mark.ci, pytest.mark.timeout(900)]

BATCHES: Final = int(os.environ.get("BOOKME_TEST_BATCHES", "1"))
AT_ONCE: Final = 10
"""Scripts that are carried out at the same time, by as many clients."""

HEAD_START: Final = timedelta(seconds=8)
"""Time in which the applications start and the clients get their tokens."""

TOO_SLOW: Final = "this machine is too slow to carry out the scripts in real time"

Wait = Callable[[datetime], Awaitable[None]]


@asynccontextmanager
async def service(engine: Client, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """An API and a worker."""
    app = create_app(settings)
    database = Database(settings.database_url.get_secret_value(), sandbox=settings.sandbox)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        lifespan(settings)(app),
        make_worker(engine, settings.task_queue, *booking_steps(settings, engine, database)),
        httpx.AsyncClient(transport=transport, base_url="http://bookme.test", timeout=30) as http,
    ):
        yield http
    await database.close()


async def told(
    http: httpx.AsyncClient, batch: Sequence[Script], where: Sequence[Place], wait: Wait, began: datetime
) -> list[Told] | None:
    """Carry out the scripts, each as a client of its own."""
    run = uuid4().hex[:6]
    clients = [await ApiClient.authorised(http, f"{run}-{number}") for number in range(len(batch))]
    players = [Player(client, script, place) for client, script, place in zip(clients, batch, where, strict=True)]
    return await scripts.play(players, wait, began)


def short(settings: Settings, where: Sequence[Place], began: datetime) -> Settings:
    """Short lifetimes, and a reminder of each meeting at the same time after the beginning."""
    reminded = began + scripts.REMINDED_AFTER
    starts = {datetime.fromisoformat(place.offer["startDate"]) for place in where}
    its = {
        "reservation_ttl": scripts.RESERVATION_TTL,
        "booked_ttl": scripts.BOOKED_TTL,
        "reminders": tuple(start - reminded for start in sorted(starts)),
        "task_queue": f"scripts-{uuid4().hex}",
    }
    return settings.model_copy(update=its)


async def sleep_until(at: datetime) -> None:
    await asyncio.sleep(max(0, (at - datetime.now(UTC)).total_seconds()))
    if datetime.now(UTC) - at >= scripts.ON_TIME:
        pytest.skip(TOO_SLOW)


@given(batch=st.lists(SCRIPT, min_size=AT_ONCE, max_size=AT_ONCE))
@hypothesis_settings(
    max_examples=BATCHES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
async def test_clients_are_told_the_same_in_the_same_order(
    batch: list[Script], engine: Client, settings: Settings, database: Database, postgres: EmbeddedPostgres,
    demo: DemoDatabase, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setitem(os.environ, "TEMPORAL_ADDRESS", engine.service_client.config.target_host)
    real = settings.model_copy(update={"sandbox": False, "database_url": SecretStr(postgres.running_url)})
    await demo.remove_bookings()
    async with service(engine, real) as http:
        where = await scripts.places(await ApiClient.authorised(http, "search"), AT_ONCE)

    began = (datetime.now(UTC) + HEAD_START).replace(microsecond=0)
    async with service(engine, short(real, where, began)) as http:
        expected = await told(http, batch, where, sleep_until, began)

    began = (datetime.now(UTC) + HEAD_START).replace(microsecond=0)
    async with service(engine, short(settings, where, began)) as http:
        mover = await ApiClient.authorised(http, "mover")
        ok(await mover.http.delete(CLOCK, headers=mover.headers))
        found = await told(http, batch, where, partial(moved_to, mover), began)
    if expected is None or found is None:
        pytest.skip(TOO_SLOW)
    for script, in_sandbox, in_real_time in zip(batch, found, expected, strict=True):
        assert in_sandbox == in_real_time, script
    assert any(each.events for each in found)


async def moved_to(mover: ApiClient, at: datetime) -> None:
    while (await advance_to(mover, at))["status"] != "ready":
        pass
