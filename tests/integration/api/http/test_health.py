"""For probes and monitoring."""

import httpx
import pytest

from tests.integration.api.support import ENDPOINTS, UNKNOWN
from tests.support.clients import ApiClient


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
async def test_a_probe_may_ask_for_the_head_alone(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_alive_and_ready(http: httpx.AsyncClient) -> None:
    assert (await http.get("/health/live")).json() == {"status": "up"}
    ready = await http.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "database": "up", "engine": "up"})


async def test_metrics_count_by_route_and_never_by_what_clients_make_up(http: httpx.AsyncClient) -> None:
    client = await ApiClient.authorised(http, "demo")
    for endpoint in ENDPOINTS:
        await endpoint.call(client)
    await http.get("/nothing/made-up-path")
    await http.request("MADE-UP-METHOD", "/bookme/meetings")
    answer = await http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    for endpoint in ENDPOINTS:
        assert f'{{method="{endpoint.method}",route="{endpoint.path}",' in answer.text
    assert "made-up" not in answer.text.lower()
    assert UNKNOWN not in answer.text
