"""Too many requests of one kind, or of one client, leave the others served; and nothing waits longer than it may."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from api.middleware.admission import CALENDARS, SEARCHES
from config.settings import Settings
from storage.database import Database, driver_error
from tests.integration.api.support import ENDPOINTS, EVERY_SCOPE, SEARCH, Endpoint, eventually, problem
from tests.support.clients import ApiClient

pytestmark = pytest.mark.ci

TIMEOUT: Final = 1.5
"""Seconds that a request may take in these tests."""

FLOOD: Final = 60
"""Requests of one kind at once: more than may be in flight."""

TIME_SLOT: Final = next(each for each in ENDPOINTS if str(each) == "GET /bookme/time-slots/{id}")
BOUNDED: Final = [each for each in ENDPOINTS if each.path not in {*CALENDARS, "/bookme/config/time-zones"}]
"""What asks the database. Readings of calendars have a longer limit, and time zones need no database."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(
        update={
            "request_timeout": timedelta(seconds=TIMEOUT),
            "max_searches_in_flight": 20,
            "max_reads_in_flight": 20,
        }
    )


DEADLOCK: Final = "40P01"
LOCKABLE: Final = [table.name for table in SQLModel.metadata.sorted_tables if table.name != "operator_action"]
"""All tables that requests use. The running role may not lock the log of operators' actions."""


@pytest.fixture
async def client(http: httpx.AsyncClient, worker: None) -> ApiClient:
    return await ApiClient.authorised(http, "demo", EVERY_SCOPE)


@asynccontextmanager
async def locked(database: Database, *tables: str) -> AsyncIterator[None]:
    """Let everything wait that reads these tables."""
    lock = sa.text(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
    async with database.engine.connect() as connection:
        # Steps of former requests lock the tables in another order: the database may end one of the transactions.
        while True:
            try:
                await connection.execute(lock)
                break
            except DBAPIError as error:
                await connection.rollback()
                if getattr(driver_error(error), "sqlstate", None) != DEADLOCK:
                    raise
        yield
        await connection.rollback()


def flood(client: ApiClient, endpoint: Endpoint, times: int = FLOOD) -> list[asyncio.Task[httpx.Response]]:
    return [asyncio.create_task(endpoint.call(client)) for _ in range(times)]


async def test_searches_do_not_starve_bookings(client: ApiClient, database: Database) -> None:
    """Searches that wait for the database leave connections to bookings, and places to reads."""
    held = await client.reserved()
    async with database.transaction() as session:
        # The next search reads the configuration again, for which it must wait.
        await session.execute(sa.text("UPDATE organisation SET time_zone = time_zone"))
    async with locked(database, "organisation"):
        searches = flood(client, SEARCH)
        await asyncio.sleep(0)
        started = time.monotonic()
        booked = await client.book(held["id"])
        seen = await client.time_slot(held["id"])
        seconds = time.monotonic() - started
        answers = await asyncio.gather(*searches)
    assert (booked.status_code, seen.status_code) == (200, 200), (booked.text, seen.text)
    assert seconds < TIMEOUT
    messages = [problem(answer, 503)["message"] for answer in answers]
    assert sum("Too many searches" in message for message in messages) == FLOOD - 15, "one client has not all places"
    assert (await SEARCH.call(client)).status_code == 200, "places are given back"


async def test_reads_do_not_starve_bookings_either(client: ApiClient, database: Database) -> None:
    held = await client.reserved()
    topics = next(each for each in ENDPOINTS if str(each) == "GET /config/rooms")
    async with locked(database, "room"):
        reads = flood(client, topics)
        await asyncio.sleep(0)
        booked = await client.book(held["id"])
        answers = await asyncio.gather(*reads)
    assert booked.status_code == 200, booked.text
    assert sum("Too many reads" in problem(answer, 503)["message"] for answer in answers) == FLOOD - 15


async def test_a_quiet_client_is_searched_for_before_the_rest_of_a_flood(client: ApiClient, database: Database) -> None:
    quiet = await client.as_another("quiet")
    async with locked(database, "organisation"):
        searches = flood(client, SEARCH)
        await asyncio.sleep(0.1)
        asked = asyncio.create_task(SEARCH.call(quiet))
        await asyncio.sleep(0.1)
    answer = await asked
    waiting = sum(not each.done() for each in searches)
    await asyncio.gather(*searches)
    assert answer.status_code == 200, answer.text
    assert waiting > 0, "it had to wait for the whole flood"


async def test_retries_after_a_refusal_do_not_come_all_at_once(client: ApiClient, database: Database) -> None:
    async with locked(database, "organisation"):
        answers = await asyncio.gather(*flood(client, SEARCH))
    seconds = {int(answer.headers["retry-after"]) for answer in answers}
    assert len(seconds) > 1
    assert all(1 <= each <= 10 for each in seconds)


@pytest.mark.ci
async def test_no_operation_takes_longer_than_a_request_may(client: ApiClient, database: Database) -> None:
    tables = LOCKABLE
    async with locked(database, *tables):
        for some in (BOUNDED[i : i + 20] for i in range(0, len(BOUNDED), 20)):
            started = time.monotonic()
            answers = await asyncio.gather(*(endpoint.call(client) for endpoint in some))
            seconds = time.monotonic() - started
            for endpoint, answer in zip(some, answers, strict=True):
                assert answer.status_code == 503, (str(endpoint), answer.text)
            assert seconds < 2 * TIMEOUT + 1


def test_every_path_that_is_named_is_an_operation(app: FastAPI) -> None:
    assert set(app.openapi()["paths"]) >= SEARCHES | CALENDARS


@pytest.fixture
async def unseen() -> AsyncIterator[list[str]]:
    """What the event loop is told of failures that nobody has looked at."""
    gc.collect()
    found: list[str] = []

    def note(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        found.append(f"{context['message']}: {context.get('exception')!r}")

    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(note)
    yield found
    loop.set_exception_handler(before)


async def kill_backends(database: Database) -> None:
    """End every other connection of this database that waits for a lock."""
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    async with database.engine.connect() as connection:
        await connection.execute(sa.text(kill))


async def is_waited_for(database: Database) -> bool:
    count = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    async with database.engine.connect() as connection:
        return bool(await connection.scalar(sa.text(count)))


async def hang_up(url: str, path: str, headers: dict[str, str]) -> None:
    """Send a request and go, without waiting for its answer."""
    host, port = url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    await writer.drain()
    writer.transport.abort()


@pytest.mark.ci
async def test_no_failure_is_left_that_nobody_looks_at(
    client: ApiClient, database: Database, url: str, unseen: list[str]
) -> None:
    """Requests run out of time, clients go away, connections to the database break: all of them at once."""
    slots = (await client.search(getBestTimeSlots="false"))[:10]
    tables = LOCKABLE
    for is_killed in (False, True):
        async with locked(database, *tables):
            reads = [*flood(client, SEARCH), *flood(client, TIME_SLOT)]
            bookings = [asyncio.create_task(client.reserve(each)) for each in slots for _ in range(6)]
            for _ in range(20):
                await hang_up(url, "/bookme/time-slots/available?requireEmployeeParticipation=false", client.headers)
            await eventually(lambda: is_waited_for(database))
            if is_killed:
                await kill_backends(database)
            answers = await asyncio.gather(*reads, *bookings)
        assert {answer.status_code for answer in answers} == {503}
    assert (await SEARCH.call(client)).status_code == 200
    gc.collect()
    await asyncio.sleep(0)
    assert unseen == []
