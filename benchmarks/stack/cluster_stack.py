"""The stack on a cluster of Temporal servers: PostgreSQL with `fsync`, servers, workers, API and bare worker."""

import contextlib
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from temporalio.client import Client

from benchmarks.stack.dev_stack import PATIENT, ROOT, bare_worker, is_ready, started
from benchmarks.workload.http_client import Service
from benchmarks.workload.journeys import authorise
from chaos.faults.proxy import Proxy
from chaos.stack.cluster import DYNAMIC_CONFIG, SHARDS, ClusterDatabase, ServerNode, built_server, register_namespace
from config.ports import LOOPBACK, free_port
from config.settings import Settings
from config.temporal import connect
from devstack.postgres import EmbeddedPostgres
from devstack.processes import Program
from devstack.seeding import seed
from devstack.temporal import is_polled_by, without_temporal
from workers.prepare import migrate_database, prepare_temporal

PATIENCE: Final = 120.0


@dataclass(frozen=True, slots=True)
class Size:
    """Numbers of Temporal servers, workers and API processes."""

    nodes: int = 1
    workers: int = 1
    apis: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `nodes,workers,apis`, for example `2,2,2`."""
        nodes, workers, apis = map(int, text.split(","))
        return cls(nodes, workers, apis)

    def __str__(self) -> str:
        return f"{self.nodes} server(s), {self.workers} worker(s), {self.apis} API process(es)"


@dataclass(frozen=True, slots=True)
class Cluster:
    """The running stack: clients of API and engine, and the URL of PostgreSQL's superuser."""

    service: Service
    client: Client
    admin_url: str


@contextlib.asynccontextmanager
async def running(
    directory: Path, size: Size, dynamic_config: Path = DYNAMIC_CONFIG, shards: int = SHARDS
) -> AsyncIterator[Cluster]:
    """Start the stack in `directory`. Raises `StackError` if the server cannot be built or does not start."""
    binary = await built_server()
    async with contextlib.AsyncExitStack() as stack:
        log = directory / "postgres.log"
        postgres = EmbeddedPostgres(directory / "postgres", free_port(), log=log)
        await postgres.start()
        stack.push_async_callback(postgres.stop)
        database = ClusterDatabase(admin_url=postgres.admin_url, port=postgres.port)
        await database.create(binary)
        nodes = [
            ServerNode(
                name=f"temporal-{number}",
                directory=directory,
                database_port=postgres.port,
                password=database.password,
                dynamic_config=dynamic_config,
                shards=shards,
            )
            for number in range(1, size.nodes + 1)
        ]
        for node in nodes:
            await stack.enter_async_context(started(node.program(binary)))
        await register_namespace([node.address for node in nodes])
        settings = Settings.model_validate(
            {"database_url": postgres.running_url, "migration_database_url": postgres.url}
        )
        balancers = [await _balanced(stack, nodes) for _ in range(size.workers + 2)]
        port = free_port()
        environment = _environment(directory, postgres.running_url, nodes[0].address, port)
        await migrate_database(settings)
        await seed(settings)
        await prepare_temporal(settings, wait=PATIENCE, environment=environment)
        client = await connect(settings, environment=environment)
        for number, address in enumerate(balancers[2:], 1):
            worker = _worker(client, settings, number, directory, environment | {"TEMPORAL_ADDRESS": address})
            await stack.enter_async_context(started(worker))
        service = Service(port)
        stack.callback(service.close)
        api = _api(service, size.apis, directory, environment | {"TEMPORAL_ADDRESS": balancers[0]})
        await stack.enter_async_context(started(api))
        bare = bare_worker(client, directory, environment | {"TEMPORAL_ADDRESS": balancers[1]})
        await stack.enter_async_context(started(bare))
        await authorise(service)
        yield Cluster(service, client, postgres.admin_url)


async def _balanced(stack: contextlib.AsyncExitStack, nodes: Sequence[ServerNode]) -> str:
    """Return the address of the only server, or of a proxy whose connections take turns among the servers."""
    if len(nodes) == 1:
        return nodes[0].address
    return f"{LOOPBACK}:{(await stack.enter_async_context(Proxy.to(*(node.port for node in nodes)))).port}"


def _environment(directory: Path, database_url: str, temporal: str, port: int) -> dict[str, str]:
    theirs = {name: value for name, value in without_temporal().items() if not name.startswith("BOOKME_")}
    return theirs | {
        "TEMPORAL_ADDRESS": temporal,
        "TEMPORAL_NAMESPACE": "default",
        "PYTHONPATH": str(ROOT),
        "BOOKME_DATABASE_URL": database_url,
        "BOOKME_DEV_ISSUER": "true",
        "BOOKME_DEV_ISSUER_KEY": str(directory / "issuer.pem"),
        "BOOKME_PUBLIC_URL": f"http://{LOOPBACK}:{port}",
        "BOOKME_LOG_LEVEL": "ERROR",
        **PATIENT,
    }


def _worker(
    client: Client, settings: Settings, number: int, directory: Path, environment: Mapping[str, str]
) -> Program:
    async def polls(pid: int) -> bool:
        return await is_polled_by(client, settings.task_queue, pid)

    return Program(
        name=f"worker-{number}",
        command=(sys.executable, "-m", "cli", "worker"),
        log=directory / f"worker-{number}.log",
        environment=environment,
        ready=polls,
        directory=directory,
    )


def _api(service: Service, processes: int, directory: Path, environment: Mapping[str, str]) -> Program:
    return Program(
        name="API",
        command=(sys.executable, "-m", "cli", "api", "--port", str(service.port), "--workers", str(processes)),
        log=directory / "api.log",
        environment=environment,
        ready=lambda _pid: is_ready(service),
        directory=directory,
    )
