import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.topology import API_PROCESSES, Topology
from tests.support.clients import ApiClient


@contextlib.asynccontextmanager
async def with_an_api(directory: Path, *, sandbox: bool = False) -> AsyncIterator[Topology]:
    async with Topology.running(directory, sandbox=sandbox) as topology:
        _, topology.url = await topology.start_api(processes=1 if sandbox else API_PROCESSES)
        yield topology
    # The logs stay; the data is large, and pytest keeps that of three runs.
    shutil.rmtree(directory / "postgres")
    shutil.rmtree(directory / "temporal")


@pytest.fixture(scope="session")
async def processes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Topology]:
    async with with_an_api(tmp_path_factory.mktemp("topology")) as topology:
        yield topology


@pytest.fixture(scope="session")
async def sandbox_processes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Topology]:
    """A sandbox. A test that would wait for a deadline overrides `processes` by it, and moves the clock."""
    async with with_an_api(tmp_path_factory.mktemp("sandbox"), sandbox=True) as topology:
        yield topology


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
