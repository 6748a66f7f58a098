"""SIGTERM of an API process while clients book: readiness goes first, and no request is refused or cut off."""

import asyncio
import contextlib
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest

from config.ports import LOOPBACK
from tests.e2e.customer import offered_for
from tests.e2e.topology import Topology
from tests.support.clients import ApiClient

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci, pytest.mark.timeout(180)]

CLIENTS = 10
DELAY = 3.0
PROBE_EVERY = 0.2
ENOUGH = 100


@dataclass
class Balancer:
    """Gives requests to the first API that was ready at the last probe, as a load balancer does."""

    urls: list[str]
    not_ready: list[httpx.Response] = field(default_factory=list)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    url: str = ""

    @contextlib.asynccontextmanager
    async def probing(self) -> AsyncIterator[None]:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            await self._probe(http)
            probes = asyncio.create_task(self._probe_for_ever(http))
            try:
                yield
            finally:
                probes.cancel()

    async def _probe_for_ever(self, http: httpx.AsyncClient) -> None:
        while True:
            await asyncio.sleep(PROBE_EVERY)
            await self._probe(http)

    async def _probe(self, http: httpx.AsyncClient) -> None:
        for url in self.urls:
            with contextlib.suppress(httpx.TransportError):
                answer = await http.get(f"{url}/health/ready")
                if answer.is_success:
                    self.url = url
                    return
                self.not_ready.append(answer)

    async def send_until(self, stop: asyncio.Event, http: httpx.AsyncClient, client: ApiClient) -> None:
        while not stop.is_set():
            url = self.url
            answer = await http.get(f"{url}/config/rooms", headers=client.headers)
            self.answers[url, answer.status_code] += 1

    async def has_answers_of(self, url: str) -> bool:
        return self.answers[url, 200] > ENOUGH


async def test_no_request_is_refused_while_another_api_is_there(topology: Topology, client: ApiClient) -> None:
    old, old_url = await topology.start_api(processes=2, shutdown_delay=f"PT{DELAY:g}S", public_url=topology.url)
    balancer, stop = Balancer([old_url, topology.url]), asyncio.Event()
    async with balancer.probing(), httpx.AsyncClient(trust_env=False, timeout=30) as http, asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(balancer.send_until(stop, http, client))
        await topology.until(lambda: balancer.has_answers_of(old_url))
        os.kill(old.pid, signal.SIGTERM)
        await topology.ended(old)
        await topology.until(lambda: balancer.has_answers_of(topology.url))
        stop.set()
    assert set(balancer.answers) == {(old_url, 200), (topology.url, 200)}
    assert {answer.json()["status"] for answer in balancer.not_ready} == {"stopping"}
    assert {answer.headers["connection"] for answer in balancer.not_ready} == {"close"}


async def test_a_request_under_way_is_answered_while_new_connections_are_refused(
    topology: Topology, client: ApiClient
) -> None:
    """No worker runs, so the request waits as long as a request may wait."""
    await topology.end_workers()
    api, url = await topology.start_api(public_url=topology.url)
    meeting = await client.meeting({"id": "", "employeeId": ""})
    offer = (await offered_for(client, meeting))[0]
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
        request = asyncio.create_task(ApiClient(http, client.headers).reserve(offer))
        await topology.until(lambda: run_exists(topology))
        os.kill(api.pid, signal.SIGTERM)
        await topology.until(lambda: refuses(url))
        assert not request.done()
        assert (await request).status_code == 503
    await topology.ended(api)


async def run_exists(topology: Topology) -> bool:
    return not await topology.no_booking_is_open()


async def refuses(url: str) -> bool:
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, int(url.rpartition(":")[2]))
    except OSError:
        return True
    writer.close()
    return False
