"""A cluster of Temporal servers on PostgreSQL, as child processes on loopback.

Go builds the server from `deploy/temporal/server`, once, into a cache directory outside the repository.
"""

import asyncio
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from config.errors import StackError
from config.ports import LOOPBACK, free_port
from devstack.directory import write_private
from devstack.processes import Program, until
from devstack.temporal import without_temporal

ROOT: Final = Path(__file__).parents[2]
MODULE: Final = ROOT / "deploy" / "temporal" / "server"
DYNAMIC_CONFIG: Final = ROOT / "deploy" / "temporal" / "dynamic-config.yaml"
SHARDS: Final = 512
ROLES: Final = ("frontend", "history", "matching", "worker")
DRIVER: Final = "postgres12_pgx"
ROLE: Final = "temporal"
SCHEMAS: Final = {"temporal": "temporal", "temporal_visibility": "visibility"}
"""Temporal's databases, and the names of their schemas."""

CONNECTIONS: Final = {"temporal": 10, "temporal_visibility": 4}
"""The most connections of each role of a server: two servers with four roles each stay below PostgreSQL's 200."""

PATIENCE: Final = 120.0
NAMESPACE: Final = "default"
RETENTION: Final = timedelta(hours=72)
NO_GO: Final = (
    "The cluster's Temporal server is built with Go, which is not on the PATH. Install the version in {module}/go.mod "
    "or a newer one from https://go.dev/doc/install, and start again."
)


@dataclass(frozen=True, kw_only=True)
class ClusterDatabase:
    """Temporal's databases in a PostgreSQL server. `admin_url` is the URL of the superuser."""

    admin_url: str
    port: int
    password: str = field(default_factory=lambda: secrets.token_hex(24), repr=False)

    async def create(self, binary: Path) -> None:
        """Create the role, both databases and their schemas. Raises `StackError` if the schema tool fails."""
        connection = await asyncpg.connect(self.admin_url)
        try:
            await connection.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{self.password}'")
            for database in SCHEMAS:
                await connection.execute(f"CREATE DATABASE {database} OWNER {ROLE}")
        finally:
            await connection.close()
        for database, schema in SCHEMAS.items():
            await self._tool(binary, database, "setup-schema", "--version", "0.0")
            await self._tool(binary, database, "update-schema", "--schema-name", f"postgresql/v12/{schema}")

    async def _tool(self, binary: Path, database: str, *command: str) -> None:
        where = ("--plugin", DRIVER, "--endpoint", LOOPBACK, "--port", str(self.port))
        options = ("schema", *where, "--user", ROLE, "--database", database, *command)
        await _run(str(binary), *options, environment=os.environ | {"SQL_PASSWORD": self.password})


@dataclass(frozen=True, kw_only=True)
class ServerNode:
    """A server with all roles. It reaches PostgreSQL on `database_port`, which may be that of a proxy."""

    name: str
    directory: Path
    database_port: int
    password: str = field(repr=False)
    dynamic_config: Path = DYNAMIC_CONFIG
    shards: int = SHARDS
    rpc_ports: tuple[int, ...] = field(default_factory=lambda: tuple(free_port() for _ in ROLES))
    membership_ports: tuple[int, ...] = field(default_factory=lambda: tuple(free_port() for _ in ROLES))

    @property
    def port(self) -> int:
        """The port of the frontend."""
        return self.rpc_ports[0]

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def program(self, binary: Path) -> Program:
        """Write the configuration, and return the program that uses it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        file = self.directory / f"{self.name}.yaml"
        # JSON is YAML. The file has a password.
        write_private(file, json.dumps(self.configuration(), indent=1))
        return Program(
            name=self.name,
            command=(str(binary), str(file)),
            log=self.directory / f"{self.name}.log",
            environment=without_temporal(),
            ready=self.answers,
            patience=PATIENCE,
        )

    def configuration(self) -> dict[str, Any]:
        ports = zip(ROLES, self.rpc_ports, self.membership_ports, strict=True)
        return {
            "log": {"stdout": True, "level": "error"},
            "persistence": {
                "defaultStore": "temporal",
                "visibilityStore": "temporal_visibility",
                "numHistoryShards": self.shards,
                "datastores": {database: {"sql": self._store(database)} for database in SCHEMAS},
            },
            "global": {"membership": {"maxJoinDuration": "30s", "broadcastAddress": LOOPBACK}},
            "services": {
                role: {"rpc": {"grpcPort": rpc, "membershipPort": membership, "bindOnLocalHost": True}}
                for role, rpc, membership in ports
            },
            "clusterMetadata": {
                "enableGlobalNamespace": False,
                "failoverVersionIncrement": 10,
                "masterClusterName": "active",
                "currentClusterName": "active",
                "clusterInformation": {
                    "active": {
                        "enabled": True,
                        "initialFailoverVersion": 1,
                        "rpcName": "frontend",
                        "rpcAddress": self.address,
                    }
                },
            },
            "dcRedirectionPolicy": {"policy": "noop"},
            "dynamicConfigClient": {"filepath": str(self.dynamic_config.resolve()), "pollInterval": "60s"},
        }

    def _store(self, database: str) -> dict[str, Any]:
        most = CONNECTIONS[database]
        return {
            "pluginName": DRIVER,
            "databaseName": database,
            "connectAddr": f"{LOOPBACK}:{self.database_port}",
            "connectProtocol": "tcp",
            "user": ROLE,
            "password": self.password,
            "maxConns": most,
            "maxIdleConns": most,
            "maxConnLifetime": "1h",
        }

    async def answers(self, _pid: int) -> bool:
        try:
            client = await Client.connect(self.address)
            return await client.service_client.check_health()
        except (RuntimeError, RPCError):
            return False


async def register_namespace(addresses: Sequence[str]) -> None:
    """Register the namespace, and wait until every server knows it."""
    clients = [await Client.connect(each) for each in addresses]
    registered = RegisterNamespaceRequest(namespace=NAMESPACE, workflow_execution_retention_period=Duration())
    registered.workflow_execution_retention_period.FromTimedelta(RETENTION)
    try:
        await clients[0].workflow_service.register_namespace(registered)
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise

    async def is_known() -> bool:
        with suppress(RPCError):
            for client in clients:
                await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=NAMESPACE))
                # Reads of workflows use the servers' caches of namespaces, which are refreshed every few seconds.
                await client.count_workflows()
            return True
        return False

    await until(is_known, PATIENCE)


def cached_server() -> Path:
    """Return where the binary of this version of the module is, or would be."""
    parts = [(MODULE / name).read_bytes() for name in ("go.mod", "go.sum", "main.go")]
    version = hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "bookme" / f"temporal-server-{version}"


async def built_server() -> Path:
    """Return the path of the server. Build it if it is not in the cache, which takes minutes.

    Raises:
        StackError: Go is not installed, or the build fails.

    """
    binary = cached_server()
    if binary.exists():
        return binary
    go = shutil.which("go")
    if go is None:
        raise StackError(NO_GO.format(module=MODULE.relative_to(ROOT)))
    binary.parent.mkdir(parents=True, exist_ok=True)
    unfinished = binary.with_suffix(f".{os.getpid()}")
    # Below the priority of everything else on the machine.
    command = ("nice", go, "build", "-trimpath", "-ldflags=-s -w", "-o", str(unfinished), ".")
    await _run(*command, environment=os.environ, directory=MODULE)
    unfinished.rename(binary)
    return binary


async def _run(*command: str, environment: dict[str, str] | os._Environ[str], directory: Path | None = None) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        env=environment,
        cwd=directory,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise StackError(f"`{Path(command[0]).name}` failed: {said.decode(errors='replace').strip()[-2000:]}")
