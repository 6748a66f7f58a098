"""Metrics of several processes, on the real stack."""

import asyncio
import re
from typing import Final

import httpx
import pytest

from config.ports import LOOPBACK, free_port
from tests.e2e.customer import crowd
from tests.e2e.topology import API_PROCESSES, Topology
from tests.support.clients import ApiClient

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci, pytest.mark.timeout(180)]

ROUTE: Final = 'bookme_http_requests_total{method="GET",route="/health/live",status="200"}'
REQUESTS: Final = 60

OF_THE_DASHBOARD: Final = (
    "temporal_request",
    "temporal_request_latency_bucket",
    "temporal_long_request_latency_bucket",
    "temporal_workflow_completed",
    "temporal_workflow_endtoend_latency_bucket",
    "temporal_workflow_task_execution_latency_bucket",
    "temporal_workflow_task_schedule_to_start_latency_bucket",
    "temporal_workflow_task_queue_poll_succeed",
    "temporal_sticky_cache_size",
    "temporal_worker_task_slots_available",
    "temporal_worker_task_slots_used",
)
"""What `sdk/temporal-core-sdks-otel.json` of github.com/temporalio/dashboards asks for, and one booking makes."""


async def ask_often(url: str) -> None:
    """Ask over connections of their own, so that each process gets some of them."""

    async def ask(_: int) -> None:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as one:
            (await one.get("/health/live")).raise_for_status()

    await asyncio.gather(*map(ask, range(REQUESTS)))


async def counted(url: str) -> float:
    """What a fresh connection is told: any of the processes may answer."""
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        found = re.search(re.escape(ROUTE) + r" (\S+)", (await http.get("/metrics")).text)
    return float(found[1]) if found else 0


async def test_every_process_of_the_api_tells_the_sum_of_all(topology: Topology) -> None:
    child, url = await topology.start_api(processes=API_PROCESSES)
    await ask_often(url)
    assert {await counted(url) for _ in range(20)} == {REQUESTS}
    child.kill()
    await child.exited()


@pytest.mark.parametrize("number", [1, API_PROCESSES])
async def test_an_address_of_their_own_has_the_sum_and_the_api_has_none(topology: Topology, number: int) -> None:
    address = f"{LOOPBACK}:{free_port()}"
    child, url = await topology.start_api(processes=number, metrics_address=address)
    await ask_often(url)
    assert await counted(f"http://{address}") == REQUESTS
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        assert (await http.get("/metrics")).status_code == 404
    child.kill()
    await child.exited()


async def test_a_worker_has_the_metrics_of_the_engines_own_dashboard(topology: Topology, client: ApiClient) -> None:
    address = f"{LOOPBACK}:{free_port()}"
    await topology.start_worker(worker_metrics_address=address)
    (customer,) = await crowd(client, (3,))
    await customer.book()
    await topology.until(topology.no_booking_is_open)
    async with httpx.AsyncClient(trust_env=False) as http:
        shown = (await http.get(f"http://{address}/metrics")).text
    names = set(re.findall(r"^(\w+)[{ ]", shown, re.MULTILINE))
    assert set(OF_THE_DASHBOARD) <= names
