import shutil
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.e2e.topology import Topology
from tests.support.clients import ApiClient


@pytest.fixture(scope="session")
async def processes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Topology]:
    directory = tmp_path_factory.mktemp("topology")
    async with Topology.running(directory) as topology:
        yield topology
    # The logs stay; the data is large, and pytest keeps that of three runs.
    shutil.rmtree(directory / "postgres")
    shutil.rmtree(directory / "temporal")


@pytest.fixture
async def topology(processes: Topology) -> Topology:
    """The servers and the API, without a booking. Whether there is a worker is the test's to say."""
    await processes.begin_anew()
    return processes


@pytest.fixture
async def http(topology: Topology) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=topology.url, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
async def client(http: httpx.AsyncClient) -> ApiClient:
    """An external service, which may read and book."""
    return await ApiClient.authorised(http, "demo")
