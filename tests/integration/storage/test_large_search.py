"""A large search leaves the event loop to others, and its answer is encoded as the schemas say."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pydantic import TypeAdapter

from api.resources.compact_search import compact_search
from api.resources.computing import LARGE
from api.resources.search import search
from api.schemas.availability.compact import CompactAvailability
from api.schemas.availability.search import AvailableQuery, AvailableTimeslot
from benchmarks.workload.bank import Bank, fill, monday
from devstack.postgres import EmbeddedPostgres
from storage.availability.index import AvailabilityIndex
from storage.database import Database
from storage.migrate import migrate
from tests.integration.storage.conftest import made
from tests.integration.storage.index_views import url_of

BANK = Bank(400, 14)
MOST = 0.1
"""Seconds of CPU time. A search that is computed on the event loop needs several times as long."""

SLOTS = TypeAdapter(list[AvailableTimeslot])


@pytest.fixture(scope="module")
async def bank(postgres: EmbeddedPostgres) -> AsyncIterator[Database]:
    """No test changes it."""
    async with made(postgres) as database:
        await migrate(database)
        await fill(database, url_of(database), BANK)
        yield database


def query(**values: object) -> AvailableQuery:
    asked = {"requireEmployeeParticipation": False, "startDate": monday().isoformat(), "lookForwardTime": "P14D"}
    return AvailableQuery.model_validate(asked | values)


class Watch:
    """Longest CPU time of one callback of the event loop. Time in which another process had the core does not count."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.longest = 0.0
        run = asyncio.Handle._run

        def timed(handle: asyncio.Handle) -> None:
            before = time.thread_time()
            run(handle)
            self.longest = max(self.longest, time.thread_time() - before)

        monkeypatch.setattr(asyncio.Handle, "_run", timed)


@pytest.mark.parametrize("best", [True, False])
async def test_the_event_loop_is_left_to_others(bank: Database, monkeypatch: pytest.MonkeyPatch, best: bool) -> None:
    assert BANK.employees * BANK.days >= LARGE
    async with bank.autocommit() as session:
        # The first statements of a process configure the mapped classes.
        await search(session, AvailabilityIndex(bank), query(), by_staff=False)
        watch = Watch(monkeypatch)
        index = AvailabilityIndex(bank)
        for _ in range(2):
            await search(session, index, query(getBestTimeSlots=best), by_staff=False)
            await compact_search(session, index, query(getBestTimeSlots=True), by_staff=False, shortest=timedelta())
    assert 0 < watch.longest < MOST


@pytest.mark.parametrize("best", [True, False])
async def test_a_page_is_encoded_as_its_schema(bank: Database, best: bool) -> None:
    async with bank.autocommit() as session:
        found = await search(session, AvailabilityIndex(bank), query(getBestTimeSlots=best), by_staff=False)
    slots = SLOTS.validate_json(found.body)
    assert len(slots) > 100
    assert found.body == SLOTS.dump_json(slots, by_alias=True, exclude_none=True)


async def test_ranges_are_encoded_as_their_schema(bank: Database) -> None:
    async with bank.autocommit() as session:
        body = await compact_search(session, AvailabilityIndex(bank), query(), by_staff=False, shortest=timedelta())
    found = CompactAvailability.model_validate_json(body)
    assert found.days
    assert body == found.model_dump_json(by_alias=True, exclude_none=True).encode()


async def test_more_searches_than_connections_are_answered(bank: Database) -> None:
    """No search keeps a connection while it waits for the index, which needs one."""
    index = AvailabilityIndex(bank)

    async def ask() -> bytes:
        async with bank.autocommit() as session:
            return (
                await search(session, index, query(lookForwardTime="P1D", customerLocation="north"), by_staff=False)
            ).body

    assert len(set(await asyncio.gather(*(ask() for _ in range(40))))) == 1
