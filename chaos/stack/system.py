"""The processes of a run as in production: PostgreSQL, Temporal, two API processes and two workers.

API processes and workers reach the servers through proxies, one for each pair of process and server.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import httpx
from temporalio.client import Client

from chaos.clients.unruly import Behaviour
from chaos.faults.clocks import Clock, libfaketime
from chaos.faults.database import DISK, SmallDisk
from chaos.faults.plan import FaultKind, Targets
from chaos.faults.proxy import Proxy
from chaos.stack.controlled_process import Actor
from config import temporal as engine
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


@dataclass
class Stage:
    """The running processes. `links` are the proxies by "process|server"; `apis` are the addresses by name.

    `database_url` is the URL of the database's owner, `running_url` that of API and workers, `admin_url` that of the
    superuser. `clocks` and `disk` are set if `faults` has such kinds and this machine can do them.
    """

    directory: Path
    actors: dict[str, Actor] = field(default_factory=dict)
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
        cls, directory: Path, faults: Sequence[FaultKind], *, apis: int = 2, workers: int = 2
    ) -> AsyncIterator[Self]:
        """Start all processes, and kill them at the end of the block."""
        stage = cls(directory, faults=faults)
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(stage._strike)
            builder = _Builder(stage, stack)
            await builder.start_servers()
            await builder.start_processes(apis, workers)
            yield stage

    async def _strike(self) -> None:
        for actor in self.actors.values():
            actor.go_on()
            await actor.end()

    async def engine(self) -> Client:
        """Connect to Temporal directly, without a proxy."""
        return await engine.connect(self.settings(), environment=self.environment)

    def settings(self) -> Settings:
        """Return settings that can also migrate the database."""
        urls = {"database_url": self.running_url, "migration_database_url": self.database_url}
        return Settings.model_validate({**urls, **SETTINGS})

    @property
    def issuer_key(self) -> Path:
        return self.directory / "issuer.pem"

    @property
    def targets(self) -> Targets:
        actors, links = list(self.actors), list(self.links)
        return {
            FaultKind.KILL: actors,
            FaultKind.PAUSE: actors,
            FaultKind.CUT: links,
            FaultKind.DELAY: links,
            FaultKind.CLOCK: list(self.clocks),
            FaultKind.ISOLATE: [name for name in links if name.startswith("worker")],
            FaultKind.READ_ONLY: [POSTGRES],
            FaultKind.FULL_DISK: [POSTGRES] if self.disk else [],
            FaultKind.UNRULY: list(Behaviour),
        }


class _Builder:
    """Starts the processes of a stage."""

    def __init__(self, stage: Stage, stack: contextlib.AsyncExitStack) -> None:
        self._stage = stage
        self._stack = stack
        directory = stage.directory
        self._postgres = EmbeddedPostgres(
            directory / "postgres", free_port(), fast=True, log=directory / "postgres.log"
        )
        self._library: Path | None = None
        self._server = DevelopmentServer(data_dir=directory / "temporal", port=free_port())

    async def start_servers(self) -> None:
        await self._add(Actor(POSTGRES, self._postgres.start, self._postgres.kill, self._backends))
        await self._mount_disk()
        await self._add(Actor.of(TEMPORAL, Child(self._server.program(self._stage.directory / "temporal.log"))))
        stage = self._stage
        stage.database_url, stage.running_url = self._postgres.url, self._postgres.running_url
        stage.admin_url = self._postgres.admin_url
        stage.environment = self._environment(stage.running_url, self._server.address)
        await migrate_database(stage.settings())
        await seed(stage.settings())
        await prepare_temporal(stage.settings(), wait=PATIENCE, environment=stage.environment)

    async def _mount_disk(self) -> None:
        """Mount a small disk for the tables only: PostgreSQL exits if its write-ahead log has no space."""
        if FaultKind.FULL_DISK not in self._stage.faults:
            return
        self._stage.disk = disk = SmallDisk.mounted(self._stage.directory / DISK)
        if disk is not None:
            self._stack.callback(disk.unmount)
            await disk.take_the_tables(self._postgres.admin_url)

    async def start_processes(self, apis: int, workers: int) -> None:
        """All at once."""
        if FaultKind.CLOCK in self._stage.faults:
            self._library = await asyncio.to_thread(libfaketime, self._stage.directory / "clock")
        async with asyncio.TaskGroup() as group:
            for number in range(1, apis + 1):
                group.create_task(self._start_api(f"api-{number}"))
            for number in range(1, workers + 1):
                group.create_task(self._start_worker(f"worker-{number}"))
        # Sorted, because the plan of a seed must not depend on which process was ready first.
        self._stage.actors = dict(sorted(self._stage.actors.items()))
        self._stage.links = dict(sorted(self._stage.links.items()))
        self._stage.apis = dict(sorted(self._stage.apis.items()))
        self._stage.clocks = dict(sorted(self._stage.clocks.items()))

    async def _start_api(self, name: str) -> None:
        port = free_port()
        url = f"http://{LOOPBACK}:{port}"

        async def answers(_pid: int) -> bool:
            async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
                with contextlib.suppress(httpx.TransportError):
                    return (await http.get(f"{url}/health/live")).is_success
                return False

        await self._start(name, ("api", "--port", str(port)), answers)
        self._stage.apis[name] = url

    async def _start_worker(self, name: str) -> None:
        client = await self._stage.engine()
        queue = self._stage.settings().task_queue

        async def polls(pid: int) -> bool:
            return await is_polled_by(client, queue, pid)

        await self._start(name, ("worker",), polls)

    async def _start(self, name: str, command: tuple[str, ...], ready: Callable[[int], Awaitable[bool]]) -> None:
        program = Program(
            name=name,
            command=(sys.executable, "-m", "cli", *command),
            log=self._stage.directory / f"{name}.log",
            ready=ready,
            environment=await self._behind_proxies(name) | self._with_clock(name),
            # Not in the repository, whose `.env` would be read.
            directory=self._stage.directory,
        )
        await self._add(Actor.of(name, Child(program)))

    def _with_clock(self, name: str) -> dict[str, str]:
        """Return the environment that lets the process's clock be moved; empty if this machine cannot do that."""
        if self._library is None:
            return {}
        self._stage.clocks[name] = clock = Clock(self._library, self._stage.directory / f"{name}.clock")
        return dict(clock.environment)

    async def _behind_proxies(self, name: str) -> dict[str, str]:
        """Start proxies for a process, and return an environment that has only their addresses."""
        there = ((POSTGRES, self._postgres.port), (TEMPORAL, self._server.port))
        proxies = [await self._stack.enter_async_context(Proxy.to(port)) for _, port in there]
        self._stage.links |= {f"{name}|{end}": proxy for (end, _), proxy in zip(there, proxies, strict=True)}
        database, temporal = proxies
        url = self._stage.running_url.replace(f":{self._postgres.port}/", f":{database.port}/")
        return self._environment(url, f"{LOOPBACK}:{temporal.port}")

    def _environment(self, database_url: str, temporal: str) -> dict[str, str]:
        theirs = {name: value for name, value in without_temporal().items() if not name.startswith("BOOKME_")}
        ours = {"database_url": database_url, "dev_issuer_key": str(self._stage.issuer_key), **SETTINGS}
        return (
            theirs
            | {"TEMPORAL_ADDRESS": temporal, "TEMPORAL_NAMESPACE": "default", "PYTHONPATH": str(ROOT)}
            | {f"BOOKME_{name.upper()}": value for name, value in ours.items()}
        )

    async def _add(self, actor: Actor) -> None:
        await actor.begin()
        self._stage.actors[actor.name] = actor

    def _backends(self) -> list[int]:
        return working_in(self._postgres.cluster)
