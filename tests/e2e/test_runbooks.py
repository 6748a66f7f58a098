"""The commands of the runbooks, pasted as they stand, on a real stack with a booking."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from devstack.postgres import binary
from domain.messages.booking import BookingKey
from tests.docs.runbooks import Block, blocks
from tests.e2e.customer import Customer
from tests.e2e.topology import ROOT, Topology
from tests.support.clients import ApiClient
from workers.prepare import prepare_temporal
from workflows.common.runs import workflow_id

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci, pytest.mark.timeout(180)]

PAGES = sorted({block.page for block in blocks("sh")})


@pytest.fixture
async def topology(topology: Topology) -> AsyncIterator[Topology]:
    """With a worker, the relay and the schedules."""
    await prepare_temporal(topology.settings(), environment=topology.environment())
    await topology.standing_worker()
    yield topology
    await topology.pause_schedules()


async def run(block: Block, topology: Topology, directory: Path, workflow: str) -> str:
    """Run the block in bash, and return its output."""
    programs = (Path(sys.executable).parent, binary("psql").parent)
    environment = topology.environment() | {
        "PATH": ":".join([*map(str, programs), os.environ["PATH"]]),
        "HOME": str(directory),
        "TMPDIR": str(directory),
        "API": topology.url,
        "METRICS": topology.url,
        "DATABASE": topology.postgres.running_url,
        "BOOKME_MIGRATION_DATABASE_URL": topology.postgres.url,
        "WORKFLOW": workflow,
    }
    bash = await asyncio.create_subprocess_exec(
        *("bash", "-eu", "-o", "pipefail", "-c", block.text),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await bash.communicate()
    assert bash.returncode == 0, f"{block.text}\n{output.decode()}"
    return output.decode()


async def a_hold(client: ApiClient) -> tuple[Customer, str]:
    """A customer who holds a time slot, and the id of the run."""
    customer = await Customer.arrived(client)
    await customer.take_step(0)
    return customer, workflow_id(BookingKey(client_id="demo", token=customer.token))


@pytest.mark.parametrize("page", PAGES)
async def test_the_commands_of_a_page_work(page: str, topology: Topology, client: ApiClient, tmp_path: Path) -> None:
    _, workflow = await a_hold(client)
    for block in blocks("sh"):
        if block.page == page:
            await run(block, topology, tmp_path, workflow)


async def test_a_booking_goes_on_after_its_run_was_reset(topology: Topology, client: ApiClient, tmp_path: Path) -> None:
    customer, workflow = await a_hold(client)
    before = await (await topology.booking(customer.slot["id"])).describe()
    (reset,) = [block for block in blocks("sh") if " reset " in block.text]
    await run(reset, topology, tmp_path, workflow)
    after = await (await topology.booking(customer.slot["id"])).describe()
    assert after.run_id != before.run_id
    await customer.take_step(1)
    await customer.take_step(2)
    assert await topology.told(customer.slot["id"]) == ["booking.reserved", "booking.booked", "meeting.created"]
    (meeting,) = await topology.query("SELECT id FROM meeting")
    assert meeting["id"] == UUID(customer.meeting["id"])
