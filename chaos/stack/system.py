"""The processes of a run as in production: PostgreSQL, Temporal, two API processes and two workers.

API processes and workers reach the servers through proxies, one for each pair of process and server.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

import httpx
from temporalio.client import Client

from chaos.clients.unruly import Behaviour
from chaos.faults.clocks import Clock, libfaketime
from chaos.faults.database import DISK, SmallDisk
from chaos.faults.plan import FaultKind, Targets
from chaos.faults.proxy import Proxy
from chaos.stack.cluster import ClusterDatabase, ServerNode, built_server, register_namespace
from chaos.stack.controlled_process import ControlledProcess
from config import temporal as temporal_client
from config.ports import LOOPBACK, free_port
from config.settings import Settings
from devstack.postgres import EmbeddedPostgres
from devstack.processes import Child, Program
from devstack.seeding import seed
from devstack.system import working_in
from devstack.temporal import DevelopmentServer, is_polled_by, without_temporal
from workers.prepare import migrate_database, prepare_temporal

ROOT: Final = Path(__file__).parents[2]
PATIENCE: Final = 60.0
POSTGRES: Final = "postgres"
TEMPORAL: Final = "temporal"
ISSUER: Final = "http://bookme.test"
SETTINGS: Final = {
    "reservation_ttl": "PT3S",
    "booked_ttl": "PT4S",
    "request_timeout": "PT5S",
    "database_pool_size": "5",
    "dev_issuer": "true",
    "public_url": ISSUER,
    "allow_private_addresses": "true",
    "log_level": "WARNING",
}
"""Holds are short, so that many expire."""

NODES: Final = 2
"""Servers of a cluster."""


class Engine(StrEnum):
    """Temporal's development server with its database file, or a cluster of servers on PostgreSQL with `fsync`."""

    DEVELOPMENT = "development"
    CLUSTER = "cluster"


@dataclass
class SystemUnderTest:
    """The running processes. `links` are the proxies by "process|server"; `apis` are the addresses by name.

    `database_url` is the URL of the database's owner, `running_url` that of API and workers, `admin_url` that of the
    superuser. `clocks` and `disk` are set if `faults` has such kinds and this machine can do them.
    """

    directory: Path
    processes: dict[str, ControlledProcess] = field(default_factory=dict)
    links: dict[str, Proxy] = field(default_factory=dict)
    faults: Sequence[FaultKind] = ()
    apis: dict[str, str] = field(default_factory=dict)
    clocks: dict[str, Clock] = field(default_factory=dict)
    disk: SmallDisk | None = None
    database_url: str = ""
    running_url: str = ""
    admin_url: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    @contextlib.asynccontextmanager
    async def set(
        cls,
        directory: Path,
        faults: Sequence[FaultKind],
        engine: Engine = Engine.DEVELOPMENT,
        *,
        apis: int = 2,
        workers: int = 2,
    ) -> AsyncIterator[Self]:
        """Start all processes, and kill them at the end of the block."""
        system = cls(directory, faults=faults)
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(system._stop)
            builder = _Builder(system, stack, engine)
            await builder.start_servers()
            await builder.start_processes(apis, workers)
            yield system

    async def _stop(self) -> None:
        for process in self.processes.values():
            process.resume()
            await process.end()

    async def temporal_client(self) -> Client:
        """Connect to Temporal directly, without a proxy."""
        return await temporal_client.connect(self.settings(), environment=self.environment)

    def settings(self) -> Settings:
        """Return settings that can also migrate the database."""
        urls = {"database_url": self.running_url, "migration_database_url": self.database_url}
        return Settings.model_validate({**urls, **SETTINGS})

    @property
    def issuer_key(self) -> Path:
        return self.directory / "issuer.pem"

    @property
    def targets(self) -> Targets:
        processes, links = list(self.processes), list(self.links)
        return {
            FaultKind.KILL: processes,
            FaultKind.PAUSE: processes,
            FaultKind.CUT: links,
            FaultKind.DELAY: links,
            FaultKind.CLOCK: list(self.clocks),
            FaultKind.ISOLATE: [name for name in links if name.startswith("worker")],
            FaultKind.READ_ONLY: [POSTGRES],
            FaultKind.FULL_DISK: [POSTGRES] if self.disk else [],
            FaultKind.UNRULY: list(Behaviour),
        }


class _Builder:
    """Starts the processes of a `SystemUnderTest`."""

    def __init__(self, system: SystemUnderTest, stack: contextlib.AsyncExitStack, engine: Engine) -> None:
        self._system = system
        self._stack = stack
        directory = system.directory
        fast = engine is Engine.DEVELOPMENT
        self._engine = engine
        self._postgres = EmbeddedPostgres(
            directory / "postgres", free_port(), fast=fast, log=directory / "postgres.log"
        )
        self._library: Path | None = None
        self._temporal_ports: list[int] = []

    async def start_servers(self) -> None:
        await self._add(ControlledProcess(POSTGRES, self._postgres.start, self._postgres.kill, self._backends))
        await self._mount_disk()
        await self._start_cluster() if self._engine is Engine.CLUSTER else await self._start_development_server()
        system = self._system
        system.database_url, system.running_url = self._postgres.url, self._postgres.running_url
        system.admin_url = self._postgres.admin_url
        system.environment = self._environment(system.running_url, f"{LOOPBACK}:{self._temporal_ports[0]}")
        await migrate_database(system.settings())
        await seed(system.settings())
        await prepare_temporal(system.settings(), wait=PATIENCE, environment=system.environment)

    async def _start_development_server(self) -> None:
        directory = self._system.directory
        server = DevelopmentServer(data_dir=directory / "temporal", port=free_port())
        self._temporal_ports = [server.port]
        await self._add(ControlledProcess.of(TEMPORAL, Child(server.program(directory / "temporal.log"))))

    async def _start_cluster(self) -> None:
        """Start the servers, each of which reaches PostgreSQL through a proxy of its own."""
        binary = await built_server()
        database = ClusterDatabase(admin_url=self._postgres.admin_url, port=self._postgres.port)
        await database.create(binary)
        nodes = []
        for number in range(1, NODES + 1):
            name = f"{TEMPORAL}-{number}"
            proxy = await self._stack.enter_async_context(Proxy.to(self._postgres.port))
            self._system.links[f"{name}|{POSTGRES}"] = proxy
            nodes.append(
                ServerNode(
                    name=name,
                    directory=self._system.directory,
                    database_port=proxy.port,
                    password=database.password,
                )
            )
        self._temporal_ports = [node.port for node in nodes]
        for node in nodes:
            # A server exits if PostgreSQL is not there or accepts no writes. `docker-compose.yml` starts it again.
            child = Child(node.program(binary))
            await self._add(ControlledProcess.of(node.name, child, repeats_for=PATIENCE))
        await register_namespace([node.address for node in nodes])

    async def _mount_disk(self) -> None:
        """Mount a small disk for the tables only: PostgreSQL exits if its write-ahead log has no space."""
        if FaultKind.FULL_DISK not in self._system.faults:
            return
        self._system.disk = disk = SmallDisk.mounted(self._system.directory / DISK)
        if disk is not None:
            self._stack.callback(disk.unmount)
            await disk.take_the_tables(self._postgres.admin_url)

    async def start_processes(self, apis: int, workers: int) -> None:
        """All at once."""
        if FaultKind.CLOCK in self._system.faults:
            self._library = await asyncio.to_thread(libfaketime, self._system.directory / "clock")
        async with asyncio.TaskGroup() as group:
            for number in range(1, apis + 1):
                group.create_task(self._start_api(f"api-{number}"))
            for number in range(1, workers + 1):
                group.create_task(self._start_worker(f"worker-{number}"))
        # Sorted, because the plan of a seed must not depend on which process was ready first.
        self._system.processes = dict(sorted(self._system.processes.items()))
        self._system.links = dict(sorted(self._system.links.items()))
        self._system.apis = dict(sorted(self._system.apis.items()))
        self._system.clocks = dict(sorted(self._system.clocks.items()))

    async def _start_api(self, name: str) -> None:
        port = free_port()
        url = f"http://{LOOPBACK}:{port}"

        async def answers(_pid: int) -> bool:
            async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
                with contextlib.suppress(httpx.TransportError):
                    return (await http.get(f"{url}/health/live")).is_success
                return False

        await self._start(name, ("api", "--port", str(port)), answers)
        self._system.apis[name] = url

    async def _start_worker(self, name: str) -> None:
        client = await self._system.temporal_client()
        queue = self._system.settings().task_queue

        async def polls(pid: int) -> bool:
            return await is_polled_by(client, queue, pid)

        await self._start(name, ("worker",), polls)

    async def _start(self, name: str, command: tuple[str, ...], ready: Callable[[int], Awaitable[bool]]) -> None:
        program = Program(
            name=name,
            command=(sys.executable, "-m", "cli", *command),
            log=self._system.directory / f"{name}.log",
            ready=ready,
            environment=await self._behind_proxies(name) | self._with_clock(name),
            # Not in the repository, whose `.env` would be read.
            directory=self._system.directory,
        )
        await self._add(ControlledProcess.of(name, Child(program)))

    def _with_clock(self, name: str) -> dict[str, str]:
        """Return the environment that lets the process's clock be moved; empty if this machine cannot do that."""
        if self._library is None:
            return {}
        self._system.clocks[name] = clock = Clock(self._library, self._system.directory / f"{name}.clock")
        return dict(clock.environment)

    async def _behind_proxies(self, name: str) -> dict[str, str]:
        """Start proxies for a process, and return an environment that has only their addresses."""
        there = ((POSTGRES, [self._postgres.port]), (TEMPORAL, self._temporal_ports))
        proxies = [await self._stack.enter_async_context(Proxy.to(*ports)) for _, ports in there]
        self._system.links |= {f"{name}|{end}": proxy for (end, _), proxy in zip(there, proxies, strict=True)}
        database, temporal = proxies
        url = self._system.running_url.replace(f":{self._postgres.port}/", f":{database.port}/")
        return self._environment(url, f"{LOOPBACK}:{temporal.port}")

    def _environment(self, database_url: str, temporal: str) -> dict[str, str]:
        theirs = {name: value for name, value in without_temporal().items() if not name.startswith("BOOKME_")}
        ours = {"database_url": database_url, "dev_issuer_key": str(self._system.issuer_key), **SETTINGS}
        return (
            theirs
            | {"TEMPORAL_ADDRESS": temporal, "TEMPORAL_NAMESPACE": "default", "PYTHONPATH": str(ROOT)}
            | {f"BOOKME_{name.upper()}": value for name, value in ours.items()}
        )

    async def _add(self, process: ControlledProcess) -> None:
        await process.begin()
        self._system.processes[process.name] = process

    def _backends(self) -> list[int]:
        return working_in(self._postgres.cluster)
