"""kill -9 of a worker: between two steps, and between a step's commit and its report."""

import asyncio
import logging
import time
from pathlib import Path

import pytest

from tests.e2e.customer import STEPS, Customer, accepted, apart
from tests.e2e.topology import Topology
from tests.support.clients import ApiClient
from workflows.booking.messages import BookingStatus

log = logging.getLogger(__name__)
pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci]

STORY = ["booking.reserved", "booking.booked", "meeting.created"]
QUICKLY = 15.0
"""Seconds; on an idle machine it takes less than two."""


async def assert_booked_once(topology: Topology, customer: Customer) -> None:
    stored = await topology.stored()
    assert [str(slot["id"]) for slot in stored["time_slot"]] == [customer.slot["id"]]
    assert [str(meeting["id"]) for meeting in stored["meeting"]] == [customer.meeting["id"]]
    assert [event["kind"] for event in stored["booking_event"]] == STORY
    ending = await (await topology.booking(customer.slot["id"])).result()
    assert ending.status is BookingStatus.MEETING_CREATED


@pytest.mark.parametrize("done", range(len(STEPS)), ids=["while idle", "after reserve", "after book"])
async def test_the_next_step_succeeds_after_the_worker_was_killed(
    topology: Topology, client: ApiClient, done: int
) -> None:
    await topology.standing_worker()
    customer = await Customer.arrived(client)
    for number in range(done):
        await customer.take_step(number)
    await topology.end_workers()
    await topology.standing_worker()
    started = time.monotonic()
    await customer.take_step(done)
    seconds = time.monotonic() - started
    log.info("%s took %.1f s with a new worker", STEPS[done], seconds)
    assert seconds < QUICKLY
    for number in range(done + 1, len(STEPS)):
        await customer.take_step(number)
    await assert_booked_once(topology, customer)


async def dies_after(topology: Topology, step: str, file: Path, *, nth: int = 1) -> asyncio.Task[int]:
    """A worker that kills itself between the commit and the report of the step. The task ends when it has."""
    module = ("tests.e2e.programs.dying_worker", step, "after", "SIGKILL", str(file), str(nth))
    worker = await topology.start_worker(module=module)
    return asyncio.create_task(topology.ended(worker))


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_that_was_committed_and_never_reported_is_found_done(
    topology: Topology, client: ApiClient, tmp_path: Path, step: str
) -> None:
    death = await dies_after(topology, step, tmp_path / "struck")
    customer = await Customer.arrived(client)
    booking = asyncio.create_task(customer.book())
    assert await death == -9
    await topology.end_workers()
    await topology.standing_worker()
    await booking
    await assert_booked_once(topology, customer)


async def everything_but_the_database_forgets(topology: Topology) -> None:
    """The engine keeps an update that no worker has accepted in memory alone."""
    await topology.end_workers()
    topology.temporal.kill()
    await topology.restart_temporal()


async def test_the_run_learns_that_its_time_slot_is_held(topology: Topology, client: ApiClient, tmp_path: Path) -> None:
    death = await dies_after(topology, "reserve_time_slot", tmp_path / "struck")
    customer = await Customer.arrived(client)
    unknown = await client.reserve(customer.wanted, customer.token)
    assert (unknown.status_code, await death) == (503, -9)
    await everything_but_the_database_forgets(topology)
    await customer.reserve()
    marking = asyncio.create_task(customer.mark_booked())
    await topology.standing_worker()
    await marking
    await customer.create_meeting()
    await assert_booked_once(topology, customer)


async def test_the_run_learns_that_its_time_slot_is_booked(
    topology: Topology, client: ApiClient, tmp_path: Path
) -> None:
    death = await dies_after(topology, "book_time_slot", tmp_path / "struck")
    customer = await Customer.arrived(client)
    await customer.reserve()
    unknown = await client.book(customer.slot["id"])
    assert (unknown.status_code, await death) == (503, -9)
    await everything_but_the_database_forgets(topology)
    await customer.mark_booked()
    await topology.standing_worker()
    await customer.create_meeting()
    await assert_booked_once(topology, customer)


@pytest.mark.parametrize("next_wish", [1, 2], ids=["the second", "a third"])
async def test_the_run_learns_that_its_time_slot_was_replaced(
    topology: Topology, client: ApiClient, tmp_path: Path, next_wish: int
) -> None:
    death = await dies_after(topology, "reserve_time_slot", tmp_path / "struck", nth=2)
    offers = apart(await client.search(meetingTypes="online"))
    accepted(await client.reserve(offers[0], "order-1"))
    unknown = await client.reserve(offers[1], "order-1")
    assert (unknown.status_code, await death) == (503, -9)
    await everything_but_the_database_forgets(topology)
    await topology.standing_worker()
    held = accepted(await client.reserve(offers[next_wish], "order-1"))
    assert (held["startDate"], held["employeeId"]) == (offers[next_wish]["startDate"], offers[next_wish]["employeeId"])
    accepted(await client.book(held["id"]))
    assert [str(slot["id"]) for slot in (await topology.stored())["time_slot"]] == [held["id"]]


async def test_a_time_slot_whose_release_was_never_reported_is_given_back_once(
    topology: Topology, client: ApiClient, tmp_path: Path
) -> None:
    death = await dies_after(topology, "release_time_slot", tmp_path / "struck")
    customer = await Customer.arrived(client, steps=2)
    await customer.book()
    giving_back = asyncio.create_task(customer.give_back())
    assert await death == -9
    await topology.end_workers()
    await topology.standing_worker()
    await giving_back
    assert (await topology.stored())["time_slot"] == []
    assert await topology.told(customer.slot["id"]) == ["booking.reserved", "booking.booked", "booking.released"]
    assert (await (await topology.booking(customer.slot["id"])).result()).status is BookingStatus.RELEASED
