"""kill -9 of an API process in the middle of a request: another one finds the outcome."""

import asyncio
import os
import signal
from pathlib import Path

import httpx
import pytest

from tests.e2e.customer import STEPS, Customer, accepted
from tests.e2e.topology import Topology
from tests.support.clients import ApiClient

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci, pytest.mark.timeout(180)]


@pytest.mark.parametrize("step", ["reserve_time_slot", "create_meeting"])
async def test_the_repeated_request_finds_the_outcome(
    topology: Topology, client: ApiClient, tmp_path: Path, step: str
) -> None:
    file = tmp_path / "struck"
    api, url = await topology.start_api(public_url=topology.url)
    worker = await topology.start_worker(
        module=("tests.e2e.programs.dying_worker", step, "after", "SIGSTOP", str(file))
    )
    number = STEPS.index(step)

    async def worker_stands_still() -> bool:
        return file.exists()

    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
        customer = await Customer.arrived(ApiClient(http, client.headers))
        for done in range(number):
            await customer.take_step(done)
        request = asyncio.create_task(customer.take_step(number))
        await topology.until(worker_stands_still)
        api.kill()
        await api.exited()
        request.cancel()
    os.kill(worker.pid, signal.SIGCONT)
    customer.turn_to(client)
    for left in range(number, len(STEPS)):
        await customer.take_step(left)
    stored = await topology.stored()
    assert [str(meeting["id"]) for meeting in stored["meeting"]] == [customer.meeting["id"]]
    assert await topology.told(customer.slot["id"]) == ["booking.reserved", "booking.booked", "meeting.created"]
    assert len(stored["booking_event"]) == 3
    assert accepted(await client.time_slot(customer.slot["id"]))["status"] == "Booked"
