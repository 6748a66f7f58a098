from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.topology import Topology
from tests.support.mail_server import Certificate


@pytest.fixture(scope="session")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Topology]:
    """Servers of the tests that plant texts. Each test starts its own API and worker."""
    async with Topology.running(tmp_path_factory.mktemp("planted")) as topology:
        yield topology


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """Of the mail server, which the worker is told to trust."""
    made = Certificate.made(tmp_path / "mail.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.path))
    return made
