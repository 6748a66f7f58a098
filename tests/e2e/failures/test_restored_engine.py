"""Temporal's database, or both databases, are restored to an earlier moment."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest
from temporalio.service import RPCError

from tests.e2e.customer import Customer, accepted, advance, crowd
from tests.e2e.failures.test_killed_servers import OVERLAPS, STORIES
from tests.e2e.topology import RUNNING, Row, Topology
from tests.support.clients import ApiClient
from workers.prepare import prepare_temporal
from workflows.common.runs import BOOKING_WORKFLOW, CLOCK_MOVED

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci, pytest.mark.timeout(240)]


@pytest.fixture
def processes(sandbox_processes: Topology) -> Topology:
    return sandbox_processes


@pytest.fixture(autouse=True)
async def worker(topology: Topology) -> AsyncIterator[None]:
    await prepare_temporal(topology.settings(), environment=topology.environment())
    await topology.start_worker()
    yield
    await topology.end_workers()
    await topology.pause_schedules()


async def all_are_over(topology: Topology) -> bool:
    """Whether no booking's run is open. A sandbox wakes the runs of holds only, and this engine remembers others."""
    engine = await topology.engine()
    async for run in engine.list_workflows(f"WorkflowType = '{BOOKING_WORKFLOW}' AND {RUNNING}"):
        with contextlib.suppress(RPCError):
            await engine.get_workflow_handle(run.id).signal(CLOCK_MOVED)
    return await topology.no_booking_is_open()


async def stored(topology: Topology) -> dict[str, list[Row]]:
    """Return all rows of bookings, without the places in the event log, which events get a little later."""
    found = await topology.stored()
    return {table: [{**row, "position": None} for row in rows] for table, rows in found.items()}


async def meetings(topology: Topology) -> set[str]:
    return {str(row["id"]) for row in (await stored(topology))["meeting"]}


async def test_an_earlier_engine_loses_no_booking(topology: Topology, client: ApiClient) -> None:
    goes_on, given_back, left_alone, finished, held_later, finished_later = await crowd(client, (1, 1, 1, 3, 1, 3))
    for customer in (goes_on, given_back, left_alone, finished):
        await customer.book()
    await topology.back_up_engine()
    await goes_on.take_step(1)
    await goes_on.take_step(2)
    await given_back.give_back()
    await held_later.book()
    await finished_later.book()
    before = await stored(topology)

    await topology.restore_engine()
    assert await stored(topology) == before
    await held_later.take_step(1)
    await held_later.take_step(2)
    again = accepted(await client.post("/bookme/meetings", goes_on.meeting_request))
    assert again["id"] == goes_on.meeting["id"], "the run of before the moment knows of no meeting, the database does"
    await advance(client, timedelta(minutes=10))
    await topology.until(partial(all_are_over, topology))

    everybody = (goes_on, finished, held_later, finished_later)
    assert await meetings(topology) == {customer.meeting["id"] for customer in everybody}
    for customer in everybody:
        assert await topology.told(customer.slot["id"]) == STORIES[3]
    assert await topology.told(given_back.slot["id"]) == ["booking.reserved", "booking.released"]
    assert await topology.told(left_alone.slot["id"]) == ["booking.reserved", "booking.expired"]
    assert await topology.query(OVERLAPS) == []


async def test_both_restored_lose_what_came_after_and_nothing_else(topology: Topology, client: ApiClient) -> None:
    goes_on, finished, *lost = await crowd(client, (1, 3, 1, 3, 3))
    await goes_on.book()
    await finished.book()
    await topology.back_up()
    await topology.back_up_engine()
    before = await stored(topology)
    for customer in lost:
        await customer.book()
    await topology.restore()
    await topology.restore_engine()

    assert await stored(topology) == before
    await goes_on.take_step(1)
    await goes_on.take_step(2)
    assert await meetings(topology) == {goes_on.meeting["id"], finished.meeting["id"]}
    for customer in lost:
        await booked_anew(customer)
    assert len(await meetings(topology)) == 4
    await advance(client, timedelta(minutes=10))
    await topology.until(partial(all_are_over, topology))
    assert await topology.query(OVERLAPS) == []


async def booked_anew(customer: Customer) -> None:
    """The client repeats its requests, with the same token."""
    former = customer.slot["id"]
    await customer.book()
    assert customer.slot["id"] != former
