import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from config.ports import free_port
from devstack.postgres import EmbeddedPostgres
from devstack.processes import Child
from devstack.temporal import DevelopmentServer


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """Deleted when the test is over: a database server's files are large, and pytest keeps those of three runs."""
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.fixture(scope="session")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedPostgres]:
    files = tmp_path_factory.mktemp("postgres")
    async with EmbeddedPostgres.running(files, fast=True) as server:
        yield server
    shutil.rmtree(files)


@pytest.fixture(scope="session")
async def temporal(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DevelopmentServer]:
    """Without search attributes: they are registered in the tests."""
    directory: Path = tmp_path_factory.mktemp("temporal")
    server = DevelopmentServer(data_dir=directory, port=free_port())
    child = Child(server.program(directory / "temporal.log"))
    await child.start()
    yield server
    await child.stop()
