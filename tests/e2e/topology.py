"""Production in small, as docker-compose.yml has it: PostgreSQL, Temporal, API and workers, each a process of its own.

The parts know of each other what the environment tells them, as they do in production.
"""

import asyncio
import contextlib
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID

import asyncpg
import httpx
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError

from config import temporal as engine
from config.ports import LOOPBACK, free_port
from config.settings import Settings
from devstack.postgres import EmbeddedPostgres
from devstack.processes import Child, Program, until
from devstack.seeding import seed
from devstack.temporal import DevelopmentServer, is_polled_by, without_temporal
from domain.messages.booking import BookingKey
from tests.support.demo_database import EMPTY_TABLES
from workers.prepare import migrate_database, prepare_temporal
from workflows.booking.messages import BookingEnding
from workflows.booking.workflow import BookingWorkflow
from workflows.common.runs import BOOKING_WORKFLOW, OPEN_MEETINGS_SCHEDULE, REFRESH_CALENDARS_SCHEDULE, workflow_id

PATIENCE: Final = 60.0
"""Seconds in which whatever must happen does happen, on a machine that others use too."""

ROOT: Final = Path(__file__).parents[2]
API_PROCESSES: Final = 2
REQUEST_TIMEOUT: Final = "PT5S"
RUNNING: Final = "ExecutionStatus = 'Running'"

Row = dict[str, Any]
BookingHandle = WorkflowHandle[BookingWorkflow, BookingEnding]


class Topology:
    """The servers, and one API if it is started, run for all tests; workers come and go with each.

    With `sandbox`, the database is made as a sandbox: tests move its clock in place of waiting.
    """

    def __init__(self, directory: Path, *, sandbox: bool = False) -> None:
        self.directory = directory
        self.is_sandbox = sandbox
        self.postgres = EmbeddedPostgres(directory / "postgres", free_port(), fast=True, log=directory / "postgres.log")
        self.address = DevelopmentServer(data_dir=directory / "temporal", port=free_port())
        self.temporal = Child(self.address.program(directory / "temporal.log"))
        self.workers: list[Child] = []
        self.under: tuple[str, ...] = ()
        """A program that executes the command of each process that is started from now on."""
        self.url = ""
        """Address of the API that all tests share."""
        self._apis: list[Child] = []
        self._standing: Child | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, directory: Path, *, sandbox: bool = False) -> AsyncIterator[Self]:
        topology = cls(directory, sandbox=sandbox)
        try:
            await topology._start()
            yield topology
        finally:
            await topology._stop()

    async def _start(self) -> None:
        await self.postgres.start()
        await self.temporal.start()
        await migrate_database(self.settings())
        await seed(self.settings())
        await prepare_temporal(self.settings(), wait=PATIENCE, environment=self.environment())
        await self.pause_schedules()

    async def pause_schedules(self) -> None:
        """Nothing happens because it is half past: a test sees the same at every hour."""
        client = await self.engine()
        for name in (REFRESH_CALENDARS_SCHEDULE, OPEN_MEETINGS_SCHEDULE):
            await client.get_schedule_handle(name).pause()

    async def _stop(self) -> None:
        await self.end_workers()
        for child in self._apis:
            child.kill()
            await child.exited()
        await self.temporal.stop()
        await self.postgres.stop()

    async def begin_anew(self) -> None:
        """For a new test: no booking, and no worker but the standing one."""
        await self.end_workers(but=[self._standing])
        await self.until(self._nothing_goes_on)
        await self.until(self._tables_are_empty)
        if self.is_sandbox:
            await self.query("UPDATE sandbox.clock SET seconds_ahead = 0")

    async def _tables_are_empty(self) -> bool:
        """Empty the tables. A step or a measurement may hold locks in another order, so that the database ends one."""
        try:
            await self.query(f"TRUNCATE {EMPTY_TABLES} CASCADE")
        except asyncpg.DeadlockDetectedError:
            return False
        return True

    async def _nothing_goes_on(self) -> bool:
        """A request that is still under way may start another run."""
        client = await self.engine()
        async for run in client.list_workflows(RUNNING):
            with contextlib.suppress(RPCError):
                await client.get_workflow_handle(run.id).terminate("the test is over")
        return await self.no_run_is_open()

    def settings(self, **bookme: str) -> Settings:
        return Settings.model_validate({**self._databases(), "sandbox": self.is_sandbox, **bookme})

    def _databases(self) -> dict[str, str]:
        return {"database_url": self.postgres.running_url, "migration_database_url": self.postgres.url}

    def environment(self, **bookme: str) -> dict[str, str]:
        """What a process is told. `reservation_ttl="PT2S"` is the setting `BOOKME_RESERVATION_TTL`."""
        theirs = {name: value for name, value in without_temporal().items() if not name.startswith("BOOKME_")}
        ours = {
            "database_url": self.postgres.running_url,
            "request_timeout": REQUEST_TIMEOUT,
            "sandbox": str(self.is_sandbox).lower(),
            # The receivers of webhooks are on loopback.
            "allow_private_addresses": "true",
            "dev_issuer": "true",
            "dev_issuer_key": str(self.directory / "issuer.pem"),
        }
        return (
            theirs
            | {"TEMPORAL_ADDRESS": self.address.address, "TEMPORAL_NAMESPACE": "default", "PYTHONPATH": str(ROOT)}
            | {f"BOOKME_{name.upper()}": value for name, value in (ours | bookme).items()}
        )

    async def start_api(self, *, processes: int = 1, **settings: str) -> tuple[Child, str]:
        """An API, and the address at which it answers."""
        port = str(free_port())
        url = f"http://{LOOPBACK}:{port}"

        async def answers(_pid: int) -> bool:
            async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
                with contextlib.suppress(httpx.TransportError):
                    return (await http.get(f"{url}/health/ready")).is_success
                return False

        command = ("cli", "api", "--port", port, "--workers", str(processes))
        child = Child(self._program(f"api-{port}", command, {"public_url": url} | settings, answers))
        self._apis.append(child)
        await child.start()
        return child, url

    async def standing_worker(self) -> Child:
        """The worker of ordinary tests, started when there is none."""
        if self._standing not in self.workers:
            self._standing = await self.start_worker()
        assert self._standing is not None
        return self._standing

    async def start_worker(
        self, *, module: tuple[str, ...] = ("cli", "worker"), alone: bool = True, **settings: str
    ) -> Child:
        """A worker in place of those that are there, unless it is not to be `alone`."""
        await self.end_workers(but=() if alone else self.workers)
        its = self.settings(**{name: settings[name] for name in ("task_queue", "worker_role") if name in settings})
        queue = its.delivery_task_queue if its.worker_role == "deliveries" else its.task_queue

        client = await self.engine()

        async def polls(pid: int) -> bool:
            return await is_polled_by(client, queue, pid)

        child = Child(self._program(f"worker-{len(self.workers)}", module, settings, polls))
        self.workers.append(child)
        await child.start()
        return child

    def _program(
        self, name: str, module: tuple[str, ...], settings: dict[str, str], ready: Callable[[int], Awaitable[bool]]
    ) -> Program:
        return Program(
            name=name,
            command=(*self.under, sys.executable, "-m", *module),
            log=self.directory / f"{name}.log",
            ready=ready,
            environment=self.environment(**settings),
            # Away from the repository, whose `.env` would speak too.
            directory=self.directory,
        )

    async def end_workers(self, *, but: Sequence[Child | None] = ()) -> None:
        """As `kill -9` does."""
        for worker in [worker for worker in self.workers if worker not in but]:
            worker.kill()
            await worker.exited()
            self.workers.remove(worker)

    async def restart_temporal(self) -> None:
        await self.temporal.exited()
        await self.temporal.start()

    async def lose_the_engine(self) -> None:
        """Kill Temporal, delete its database file, and start it with an empty one."""
        self.temporal.kill()
        await self.temporal.exited()
        for file in (self.directory / "temporal").glob("temporal.db*"):
            file.unlink()
        await self.temporal.start()

    async def back_up_engine(self) -> None:
        """Copy Temporal's database as it is now, for `restore_engine`."""
        await self._with_temporal_stopped(shutil.copytree, self.directory / "temporal", self.directory / "engine")

    async def restore_engine(self) -> None:
        """Bring Temporal's database back to the moment of `back_up_engine`, while everything else goes on."""

        def restore(backup: Path, data: Path) -> None:
            shutil.rmtree(data)
            backup.rename(data)

        await self._with_temporal_stopped(restore, self.directory / "engine", self.directory / "temporal")

    async def _with_temporal_stopped(self, change: Callable[[Path, Path], object], one: Path, other: Path) -> None:
        self.temporal.kill()
        await self.temporal.exited()
        await asyncio.to_thread(change, one, other)
        await self.temporal.start()

    async def back_up(self) -> None:
        """Copy the database as it is now, for `restore`."""
        await self._with_postgres_stopped("cp", "-a", str(self.postgres.cluster), str(self.directory / "backup"))

    async def restore(self) -> None:
        """Bring the database back to the moment of `back_up`, while everything else goes on."""
        cluster = str(self.postgres.cluster)
        await self._with_postgres_stopped(
            "sh", "-c", 'rm -r "$1" && mv "$0" "$1"', str(self.directory / "backup"), cluster
        )

    async def _with_postgres_stopped(self, *command: str) -> None:
        await self.postgres.stop()
        await asyncio.to_thread(subprocess.run, command, check=True)
        await self.postgres.start()

    async def until_runs(self, run_id: str) -> None:
        """Wait until the workflow of this id runs."""
        run = (await self.engine()).get_workflow_handle(run_id)

        async def is_running() -> bool:
            with contextlib.suppress(RPCError):
                return (await run.describe()).status is WorkflowExecutionStatus.RUNNING
            return False

        await self.until(is_running)

    async def engine(self, **bookme: str) -> Client:
        """Temporal as an operator reaches it."""
        return await engine.connect(self.settings(**bookme), environment=self.environment())

    async def no_booking_is_open(self) -> bool:
        """Meetings' runs go on until the meetings are over."""
        query = f"WorkflowType = '{BOOKING_WORKFLOW}' AND {RUNNING}"
        return (await (await self.engine()).count_workflows(query)).count == 0

    async def no_run_is_open(self) -> bool:
        return (await (await self.engine()).count_workflows(RUNNING)).count == 0

    async def booking(self, time_slot_id: str, **bookme: str) -> BookingHandle:
        """The run of the booking that this time slot was reserved by."""
        found = await self.query("SELECT * FROM booking_event WHERE time_slot_id = $1 LIMIT 1", UUID(time_slot_id))
        name = BookingKey(client_id=found[0]["client_id"], token=found[0]["reservation_token"])
        return (await self.engine(**bookme)).get_workflow_handle(workflow_id(name), result_type=BookingEnding)

    async def query(self, sql: str, *values: object) -> list[Row]:
        connection = await asyncpg.connect(self.postgres.url)
        try:
            return [dict(row) for row in await connection.fetch(sql, *values)]
        finally:
            await connection.close()

    async def told(self, time_slot_id: str) -> list[str]:
        """What the booking log tells of a time slot, in order."""
        sql = "SELECT kind FROM booking_event WHERE time_slot_id = $1 ORDER BY id"
        return [row["kind"] for row in await self.query(sql, UUID(time_slot_id))]

    async def stored(self) -> dict[str, list[Row]]:
        """Everything that bookings have left in the database."""
        tables = ("time_slot", "meeting", "booking_event")
        return {table: await self.query(f"SELECT * FROM {table} ORDER BY id") for table in tables}

    async def ended(self, child: Child) -> int:
        """Its exit status, when it has ended by itself."""
        return await asyncio.wait_for(child.exited(), PATIENCE)

    async def until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        await until(condition, PATIENCE)
