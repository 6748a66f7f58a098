"""A feed of thousands of meetings: reading it holds up nobody else."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from icalendar import Calendar

from api.feeds import files as feed_files
from api.feeds import writer as feed_writer
from api.feeds.files import FeedFiles
from api.feeds.writer import FeedFile
from storage.database import Database
from storage.notifications import feeds
from storage.tables.booking import MeetingRow
from storage.tables.notifications import FeedRow
from tests.integration.api.support import CUSTOMER_TYPE, EVERY_SCOPE, FREJA, TOPIC, ok, problem
from tests.support.clients import ApiClient, Json

log = logging.getLogger(__name__)

MANY: Final = 3000
LONGEST_HOLD: Final = 1.0
"""Seconds of processor time. To write the file of so many meetings takes twice as long."""


@pytest.fixture
async def operator(http: httpx.AsyncClient) -> ApiClient:
    return await ApiClient.authorised(http, "operator", EVERY_SCOPE)


@pytest.fixture
async def feed(operator: ApiClient, database: Database) -> Json:
    return ok(await operator.post("/bookme/config/feeds", {"employeeId": FREJA, "name": "Her meetings"}))


async def plant(database: Database, number: int, **columns: object) -> list[UUID]:
    """Store so many cancelled meetings, which need no time slots."""
    now = datetime.now(UTC)
    row = MeetingRow(
        id=uuid4(),
        time_slot_id=None,
        start_at=now,
        end_at=now + timedelta(hours=1),
        client_id="demo",
        booked_by="customer",
        type="online",
        topic_id=UUID(TOPIC),
        customer_type_id=UUID(CUSTOMER_TYPE),
        employee_id=UUID(FREJA),
        customer_id="customer-4711",
        cancelled_at=now,
        created_at=now,
        modified_at=now,
    ).model_dump()
    rows = [row | {"id": uuid4()} | columns for _ in range(number)]
    async with database.transaction() as session:
        await session.execute(sa.insert(MeetingRow), rows)
    return [each["id"] for each in rows]


async def read(client: ApiClient, feed: Json, **headers: str) -> httpx.Response:
    return await client.http.get(urlsplit(feed["url"]).path, headers=headers)


@asynccontextmanager
async def longest_hold() -> AsyncIterator[list[float]]:
    """Measure how long the event loop does nothing else: in seconds of its processor time, so that no load counts."""
    holds = [0.0]

    async def beat() -> None:
        before = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            holds[0] = max(holds[0], now - before)
            before = now

    beating = asyncio.create_task(beat())
    yield holds
    beating.cancel()


@pytest.mark.ci
async def test_a_long_feed_holds_up_nobody(operator: ApiClient, app: FastAPI, database: Database, feed: Json) -> None:
    await plant(database, MANY)
    app.state.resources.feeds._patience = 60.0
    async with longest_hold() as first_hold:
        first = await read(operator, feed)
    async with longest_hold() as second_hold:
        again = await read(operator, feed, **{"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert first.content.count(b"BEGIN:VEVENT") == MANY
    log.info("the event loop was held for %.3f s by a 200, for %.3f s by a 304", *first_hold, *second_hold)
    assert max(*first_hold, *second_hold) < LONGEST_HOLD


async def test_who_has_it_is_told_so_without_its_being_written(
    operator: ApiClient, database: Database, feed: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plant(database, 3)
    etag = (await read(operator, feed)).headers["etag"]

    async def never(*_: object) -> FeedFile:
        pytest.fail("it was written again")

    monkeypatch.setattr(feed_writer, "write", never)
    assert (await read(operator, feed, **{"If-None-Match": etag})).status_code == 304
    assert (await read(operator, feed)).status_code == 200


async def test_it_is_written_once_for_all_who_ask_at_once(
    operator: ApiClient, database: Database, feed: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plant(database, 3)
    written = []
    write = feed_writer.write

    async def counted(database: Database, feed: FeedRow) -> FeedFile:
        written.append(feed.id)
        return await write(database, feed)

    monkeypatch.setattr(feed_writer, "write", counted)
    answers = await asyncio.gather(*(read(operator, feed) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({(answer.headers["etag"], answer.headers["last-modified"]) for answer in answers}) == 1
    assert len(written) == 1


async def test_who_cannot_wait_is_told_when_to_come_again(
    operator: ApiClient, app: FastAPI, database: Database, feed: Json
) -> None:
    await plant(database, 3)
    shared = app.state.resources
    shared.feeds._patience = 0.0
    problem(await read(operator, feed), 503)
    shared.feeds._patience = 60.0
    assert (await read(operator, feed)).status_code == 200


async def test_a_feed_is_read_tens_of_times_a_minute(operator: ApiClient, feed: Json) -> None:
    answers = [await read(operator, feed) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert int(answers[-1].headers["retry-after"]) <= 60


async def test_what_is_kept_in_memory_is_bounded(
    operator: ApiClient, app: FastAPI, database: Database, feed: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plant(database, 3)
    files: FeedFiles = app.state.resources.feeds
    monkeypatch.setattr(feed_files, "MOST_KEPT", 10)
    assert (await read(operator, feed)).status_code == 200
    assert not files._kept


async def test_many_cancelled_meetings_hide_none_that_takes_place(
    operator: ApiClient, database: Database, feed: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "MOST_MEETINGS", 5)
    await plant(database, 8)
    later = datetime.now(UTC) + timedelta(days=9)
    await plant_booked(database, later)
    events = Calendar.from_ical((await read(operator, feed)).content).walk("VEVENT")
    assert [str(each["STATUS"]) for each in events] == ["CONFIRMED"] + ["CANCELLED"] * 4


async def test_long_texts_are_bounded(
    operator: ApiClient, database: Database, feed: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_writer, "MOST_TEXT", 25_000)
    await plant(database, 5, title="A title", description="x" * 10_000)
    assert (await read(operator, feed)).content.count(b"BEGIN:VEVENT") == 2


async def plant_booked(database: Database, start: datetime) -> None:
    end = start + timedelta(hours=1)
    (identity,) = await plant(database, 1, start_at=start, end_at=end)
    slot = {"id": uuid4(), "start": start, "end": end, "employee": UUID(FREJA), "key": uuid4(), "meeting": identity}
    async with database.transaction() as session:
        await session.execute(
            sa.text(
                "INSERT INTO time_slot"
                " (id, start_at, end_at, status, employee_id, booking_key, version, created_at, modified_at) VALUES"
                " (:id, :start, :end, 'Booked', :employee, :key, 1, now(), now())"
            ),
            slot,
        )
        await session.execute(
            sa.text("UPDATE meeting SET cancelled_at = NULL, time_slot_id = :id WHERE id = :meeting"), slot
        )
