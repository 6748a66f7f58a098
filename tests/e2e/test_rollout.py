"""A release that cannot continue the bookings of the one before is rolled out and back while clients book."""

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from uuid import uuid4

import httpx
import pytest

from config.errors import StackError
from devstack.processes import Child
from tests.e2e.customer import Customer, offered_for
from tests.e2e.steady_clients import SteadyClient, booking
from tests.e2e.topology import BookingHandle, Topology
from tests.support.clients import ApiClient, Json
from workers.deployments import Version, read_deployment
from workflows.booking.messages import BookingStatus

log = logging.getLogger(__name__)
pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci, pytest.mark.timeout(180)]

CLIENTS = 20
NOW, NEXT = "1.0.0", "2.0.0"
NEXT_RELEASE = ("tests.e2e.next_release",)


class Releases:
    """The workers of one task queue, and `bookme deploy` for it."""

    def __init__(self, topology: Topology, task_queue: str) -> None:
        self._topology = topology
        self._task_queue = task_queue

    async def start_worker(self, build_id: str, module: tuple[str, ...] = ("cli", "worker")) -> Child:
        worker = await self._topology.start_worker(
            module=module, alone=False, task_queue=self._task_queue, build_id=build_id
        )
        await self._until(build_id, lambda version: not version.lacks_workers)
        return worker

    async def until_current(self, build_id: str) -> None:
        await self._until(build_id, lambda version: version.status == "current")

    async def until_drained(self, build_id: str) -> None:
        await self._until(build_id, lambda version: version.bookings == 0)

    async def deploy(self, *arguments: str) -> Json:
        """What the command prints, run as an operator runs it."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli", "deploy", *arguments, "--json"),
            env=self._topology.environment(task_queue=self._task_queue),
            cwd=self._topology.directory,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
        found: Json = json.loads(output)
        return found

    async def _until(self, build_id: str, condition: Callable[[Version], bool]) -> None:
        settings = self._topology.settings(task_queue=self._task_queue)

        async def holds() -> bool:
            with contextlib.suppress(StackError):
                deployment = await read_deployment(await self._topology.engine(), settings)
                return (version := deployment.version(build_id)) is not None and condition(version)
            return False

        await self._topology.until(holds)


@pytest.fixture
async def task_queue(topology: Topology) -> AsyncIterator[str]:
    yield f"rollout-{uuid4().hex}"
    await topology.end_workers()


async def build_of(run: BookingHandle) -> str:
    """The release whose worker did the last task of the run."""
    info = (await run.describe()).raw_description.workflow_execution_info
    return info.versioning_info.deployment_version.build_id


async def assert_ended_on(topology: Topology, build_id: str, customers: Sequence[Customer]) -> None:
    for customer in customers:
        run = await topology.booking(customer.slot["id"])
        assert (await run.result()).status is BookingStatus.MEETING_CREATED
        assert await build_of(run) == build_id


async def reserved(client: ApiClient, offers: Sequence[Json], meeting: Json) -> list[Customer]:
    """Customers who have reserved, and wait."""
    customers = [Customer(client, [offer], meeting) for offer in offers]
    await asyncio.gather(*(customer.take_step(0) for customer in customers))
    return customers


async def finish(customers: Sequence[Customer]) -> None:
    for step in (1, 2):
        await asyncio.gather(*(customer.take_step(step) for customer in customers))
    assert not [answer.text for customer in customers for answer in customer.refused_for_now]


async def test_clients_notice_nothing_of_a_rollout_and_a_rollback(topology: Topology, task_queue: str) -> None:
    releases = Releases(topology, task_queue)
    _, url = await topology.start_api(task_queue=task_queue)
    first = await releases.start_worker(NOW)
    await releases.until_current(NOW)
    limits = httpx.Limits(max_connections=2 * CLIENTS)
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30, limits=limits) as http:
        client = await ApiClient.authorised(http, "demo")
        meeting = await client.meeting({"id": "", "employeeId": ""})
        offers = await offered_for(client, meeting)
        early, late, last, shared = offers[:5], offers[5:10], offers[10:15], offers[15:]
        clients = [SteadyClient(client, shared[number::CLIENTS], meeting) for number in range(CLIENTS)]
        async with booking(clients):
            log.info("reserve on the first release")
            on_first = await reserved(client, early, meeting)
            log.info("start the next release")
            await releases.start_worker(NEXT, NEXT_RELEASE)
            log.info("promote")
            assert (await releases.deploy("promote", NEXT))["current"] == NEXT
            on_next = await reserved(client, late, meeting)
            log.info("promoted")
            await finish(on_first)
            log.info("roll back")
            assert (await releases.deploy("rollback"))["current"] == NOW
            log.info("rolled back")
            await finish(on_next)
            log.info("start another worker")
            await releases.start_worker(NOW)
            log.info("stop the first worker")
            await first.stop()
            log.info("stopped")
            after = await reserved(client, last, meeting)
            await finish(after)
    repeated = sum(len(each.repeated) for each in clients)
    log.info("%d meetings, %d repeated requests", sum(each.meetings for each in clients), repeated)
    assert [problem for each in clients for problem in each.lost] == []
    assert all(each.meetings for each in clients)
    await assert_ended_on(topology, NOW, on_first)
    await assert_ended_on(topology, NEXT, on_next)
    await assert_ended_on(topology, NOW, after)
    await releases.until_drained(NEXT)
