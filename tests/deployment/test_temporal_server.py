"""deploy/temporal/server: the version that compose runs, the same shards and settings, and a clear word without Go."""

import re
from pathlib import Path
from typing import Final

import pytest
import yaml

from chaos.stack import cluster
from chaos.stack.cluster import MODULE, ROLES, SHARDS, ServerNode, built_server
from config.errors import StackError

ROOT: Final = Path(__file__).parents[2]
COMPOSE: Final = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["temporal"]


@pytest.fixture
def node(tmp_path: Path) -> ServerNode:
    return ServerNode(name="temporal-1", directory=tmp_path, database_port=5432, password="secret")


def test_module_has_the_version_of_compose() -> None:
    required = re.search(
        r"^(?:require )?\s*go\.temporal\.io/server v([\d.]+)$", (MODULE / "go.mod").read_text(), re.MULTILINE
    )

    assert required is not None
    assert COMPOSE["image"] == f"temporalio/server:${{TEMPORAL_VERSION:-{required[1]}}}"
    assert f"go.temporal.io/server v{required[1]} h1:" in (MODULE / "go.sum").read_text()


def test_a_server_has_the_shards_and_dynamic_configuration_of_compose(node: ServerNode) -> None:
    configuration = node.configuration()

    assert COMPOSE["environment"]["NUM_HISTORY_SHARDS"] == str(SHARDS)
    assert configuration["persistence"]["numHistoryShards"] == SHARDS
    assert Path(configuration["dynamicConfigClient"]["filepath"]) == ROOT / "deploy/temporal/dynamic-config.yaml"


def test_each_role_has_ports_of_its_own(node: ServerNode) -> None:
    services = node.configuration()["services"]

    assert list(services) == list(ROLES)
    assert len({port for each in services.values() for port in each["rpc"].values()}) == 2 * len(ROLES) + 1


def test_written_configuration_is_private_yaml(node: ServerNode) -> None:
    command = node.program(Path("server")).command

    written = Path(command[1])
    assert yaml.safe_load(written.read_text()) == node.configuration()
    assert written.stat().st_mode & 0o077 == 0


async def test_without_go_the_error_says_where_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(StackError, match=r"https://go\.dev/doc/install"):
        await built_server()


async def test_a_server_is_built_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    binary = cluster.cached_server()
    binary.parent.mkdir()
    binary.touch()
    monkeypatch.setenv("PATH", "")

    assert await built_server() == binary
