"""SIGSTOP of a worker inside a step; others go on without it; SIGCONT: what it does then changes nothing any more."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from devstack.processes import Child
from tests.e2e.customer import Customer
from tests.e2e.topology import Topology
from tests.support.clients import ApiClient
from workflows.booking.messages import BookingStatus

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci, pytest.mark.timeout(180)]


class FrozenWorker:
    """A worker that stands still at one moment of one step, once, until it is told to go on."""

    def __init__(self, worker: Child, file: Path) -> None:
        self._worker = worker
        self._file = file

    async def stands_still(self) -> bool:
        return self._file.exists()

    def go_on(self) -> None:
        os.kill(self._worker.pid, signal.SIGCONT)

    async def has_ended_its_step(self) -> bool:
        return self._file.with_suffix(".over").exists()


@pytest.fixture
def freeze(topology: Topology, tmp_path: Path) -> Callable[..., Awaitable[FrozenWorker]]:
    async def start(step: str, moment: str, reservation_ttl: str = "PT5M") -> FrozenWorker:
        file = tmp_path / "struck"
        module = ("tests.e2e.programs.dying_worker", step, moment, "SIGSTOP", str(file))
        return FrozenWorker(await topology.start_worker(module=module, reservation_ttl=reservation_ttl), file)

    return start


Freeze = Callable[..., Awaitable[FrozenWorker]]


async def assert_it_changes_nothing(topology: Topology, frozen: FrozenWorker) -> None:
    before = await topology.stored()
    frozen.go_on()
    await topology.until(frozen.has_ended_its_step)
    assert await topology.stored() == before


async def test_another_worker_finishes_the_booking(topology: Topology, client: ApiClient, freeze: Freeze) -> None:
    """Its transaction holds the row's lock until the database ends it, as idle for too long."""
    frozen = await freeze("create_meeting", "within")
    customer = await Customer.arrived(client)
    booking = asyncio.create_task(customer.book())
    await topology.until(frozen.stands_still)
    await topology.start_worker(alone=False)
    await booking
    assert await topology.told(customer.slot["id"]) == ["booking.reserved", "booking.booked", "meeting.created"]
    await assert_it_changes_nothing(topology, frozen)


@pytest.mark.parametrize("step", ["reserve_time_slot", "book_time_slot"])
async def test_the_hold_expires_meanwhile(topology: Topology, client: ApiClient, freeze: Freeze, step: str) -> None:
    frozen = await freeze(step, "before", reservation_ttl="PT3S")
    customer = await Customer.arrived(client)
    booking = asyncio.create_task(customer.book())
    await topology.until(frozen.stands_still)
    booking.cancel()
    await topology.start_worker(alone=False, reservation_ttl="PT3S")
    await topology.until(topology.no_booking_is_open)
    stored = await topology.stored()
    assert stored["time_slot"] == []
    assert [event["kind"] for event in stored["booking_event"]] == ["booking.reserved", "booking.expired"]
    slot = str(stored["booking_event"][0]["time_slot_id"])
    assert (await (await topology.booking(slot)).result()).status is BookingStatus.EXPIRED
    await assert_it_changes_nothing(topology, frozen)
