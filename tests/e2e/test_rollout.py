"""A release that cannot continue the bookings of the one before is rolled out and back while clients book."""

import asyncio
import contextlib
import json
import logging
import re
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from uuid import uuid4

import httpx
import pytest

from config.errors import StackError
from devstack.processes import Child
from devstack.temporal import binary
from tests.docs.test_documented import OPERATIONS
from tests.e2e.customer import offered_for
from tests.e2e.steady_clients import SteadyClient, booking
from tests.e2e.topology import BookingHandle, Topology
from tests.support.clients import ApiClient, Json
from workers.deployments import Version, read_deployment
from workers.prepare import prepare_temporal
from workflows.booking.messages import BookingStatus

log = logging.getLogger(__name__)
pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci, pytest.mark.timeout(180)]

CLIENTS, WAITING = 20, 5
PAUSE = 0.5
NOW, NEXT = "1.0.0", "2.0.0"
NEXT_RELEASE = ("tests.e2e.programs.next_release",)


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

    async def until_open(self, build_id: str, *, at_least: int) -> None:
        """Wait until the engine's index has so many open bookings of this release."""
        await self._until(build_id, lambda version: version.bookings >= at_least)

    async def until_drained(self, build_id: str) -> None:
        await self._until(build_id, lambda version: version.bookings == 0)

    async def terminate_bookings(self, build_id: str) -> None:
        """As docs/operations/releases.md says it."""
        (statement,) = re.findall(r"^```sh\n(temporal workflow terminate.*?)^```", OPERATIONS, re.MULTILINE | re.DOTALL)
        statement = statement.replace("temporal ", f"{binary()} ", 1)
        process = await asyncio.create_subprocess_shell(
            statement.replace("bookings:0.4.0", f"{self._task_queue}:{build_id}"),
            env=self._topology.environment(),
            stdout=asyncio.subprocess.DEVNULL,
        )
        assert await process.wait() == 0
        await self.until_drained(build_id)

    async def deploy(self, *arguments: str) -> Json:
        """Run the command as an operator does. Return its output."""
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
                if (version := deployment.version(build_id)) is not None and condition(version):
                    return True
            # Temporal limits the rate of requests about one deployment.
            await asyncio.sleep(PAUSE)
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


class Waiting:
    """Bookings that wait for their clients, each of a client that books nothing else."""

    def __init__(self, topology: Topology, clients: Sequence[SteadyClient]) -> None:
        self._topology = topology
        self._clients = clients
        self._slots: list[Json] = []

    async def hold(self) -> None:
        held = await asyncio.gather(*(client.hold() for client in self._clients))
        self._slots = [slot for slot in held if slot]
        assert len(self._slots) == len(self._clients)

    async def complete(self) -> None:
        pairs = zip(self._clients, self._slots, strict=True)
        await asyncio.gather(*(client.complete(slot) for client, slot in pairs))

    async def assert_ended_on(self, build_id: str) -> None:
        for slot in self._slots:
            run = await self._topology.booking(slot["id"])
            assert (await run.result()).status is BookingStatus.MEETING_CREATED
            assert await build_of(run) == build_id


@pytest.fixture
async def customers(topology: Topology, task_queue: str) -> AsyncIterator[list[SteadyClient]]:
    """Each has offers of its own."""
    api, url = await topology.start_api(task_queue=task_queue, request_timeout="PT10S")
    limits = httpx.Limits(max_connections=2 * CLIENTS)
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30, limits=limits) as http:
        client = await ApiClient.authorised(http, "demo")
        meeting = await client.meeting({"id": "", "employeeId": ""})
        offers = await offered_for(client, meeting)
        everybody = CLIENTS + 4 * WAITING
        yield [SteadyClient(client, offers[number::everybody], meeting) for number in range(everybody)]
    await api.stop()


async def test_clients_notice_nothing_of_a_rollout_and_a_rollback(
    topology: Topology, task_queue: str, customers: list[SteadyClient]
) -> None:
    releases = Releases(topology, task_queue)
    before, between, stuck, after = (
        Waiting(topology, customers[number : number + WAITING]) for number in range(CLIENTS, len(customers), WAITING)
    )
    first = await releases.start_worker(NOW)
    await releases.until_current(NOW)
    async with booking(customers[:CLIENTS]):
        await before.hold()
        await releases.start_worker(NEXT, NEXT_RELEASE)
        assert (await releases.deploy("promote", NEXT))["current"] == NEXT
        log.info("promoted")
        await asyncio.gather(between.hold(), stuck.hold())
        await before.complete()
        await releases.until_open(NEXT, at_least=2 * WAITING)
        assert (await releases.deploy("rollback"))["current"] == NOW
        log.info("rolled back")
        await between.complete()
        await releases.terminate_bookings(NEXT)
        await stuck.complete()
        await releases.start_worker(NOW)
        await first.stop()
        log.info("the first worker has stopped")
        await after.hold()
        await after.complete()
    repeated, slowest = sum(len(each.repeated) for each in customers), max(each.slowest for each in customers)
    made = sum(each.meetings for each in customers)
    log.info("%d meetings, %d requests repeated, slowest answer after %.1f s", made, repeated, slowest)
    assert [problem for each in customers for problem in each.lost] == []
    assert all(each.meetings for each in customers[:CLIENTS])
    await before.assert_ended_on(NOW)
    await between.assert_ended_on(NEXT)
    await stuck.assert_ended_on(NOW)
    await after.assert_ended_on(NOW)


@pytest.fixture
async def prepared_again(topology: Topology) -> AsyncIterator[None]:
    """For the next test, the engine has what `bookme migrate` creates, on the task queue of the other tests."""
    yield
    await prepare_temporal(topology.settings(), environment=topology.environment())
    await topology.pause_schedules()


async def test_a_release_promotes_itself_again_when_the_engine_has_lost_its_database(
    topology: Topology, prepared_again: None, task_queue: str, customers: list[SteadyClient]
) -> None:
    releases = Releases(topology, task_queue)
    await releases.start_worker(NOW)
    await releases.until_current(NOW)
    await topology.lose_the_engine()
    await releases.until_current(NOW)
    booked = Waiting(topology, customers[:1])
    await booked.hold()
    await booked.complete()
    await booked.assert_ended_on(NOW)
