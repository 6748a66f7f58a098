"""The whole stack: its programs, the order of their start, and the file that describes the running stack."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

import httpx
from pydantic import SecretStr
from temporalio.client import Client

from config import temporal as engine
from config.errors import StackError
from config.ports import LOOPBACK, remembered_port, require_free
from config.settings import Settings
from devstack.console import ConsoleReporter
from devstack.directory import DataDirectory, Running
from devstack.postgres import EmbeddedPostgres
from devstack.processes import Program, Supervisor, until
from devstack.system import working_in
from devstack.temporal import DevelopmentServer, is_polled_by, without_temporal
from workflows.common import search_attributes

PATIENCE: Final = 30.0

PAGES: Final = Path(__file__).parent / "pages"
"""The built booking page and staff board. `uv run just pages` builds them from `examples/booking-page`."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of `bookme dev`."""

    data_dir: Path
    api_port: int = 8000
    temporal_port: int = 7233
    ui_port: int = 8233
    api_workers: int = 1
    workers: int = 1
    fresh: bool = False
    sandbox: bool = True
    """Whether new data become a sandbox. Existing data stay what they are."""

    @property
    def api_url(self) -> str:
        return f"http://{LOOPBACK}:{self.api_port}"

    @property
    def ui_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ui_port}"


class Stack:
    """PostgreSQL, Temporal, the workers and the API, run as child processes. With a payload key, also the codec server.

    The development UI sends no token, so the codec server of this stack needs none. It listens on loopback.
    """

    def __init__(self, options: Options, settings: Settings, reporter: ConsoleReporter) -> None:
        self.directory = DataDirectory(options.data_dir)
        self.supervisor = Supervisor(reporter.say, self._write_state)
        self._options = options
        self._settings = settings
        self._reporter = reporter
        self._codec_port: int | None = None

    @property
    def codec_url(self) -> str | None:
        """Address of the codec server, or None if nothing is encrypted."""
        return None if self._codec_port is None else f"http://{LOOPBACK}:{self._codec_port}"

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Running]:
        """Run the stack as long as the block lasts."""
        if self._settings.auth_issuer:
            raise StackError("`bookme dev` brings its own token issuer: unset BOOKME_AUTH_ISSUER.")
        if self._settings.build_id:
            raise StackError("`bookme dev` runs one release only: unset BOOKME_BUILD_ID.")
        with self.directory.locked():
            self._require_ports()
            if self._options.fresh:
                await self._clear()
            try:
                await self._start()
                yield self._write_state()
            finally:
                await self.supervisor.stop()

    def _require_ports(self) -> None:
        options = self._options
        flags = {"--api-port": options.api_port, "--temporal-port": options.temporal_port, "--ui-port": options.ui_port}
        require_free(flags)

    async def _clear(self) -> None:
        """Wait until the server of a killed stack has ended, and then delete the data."""

        async def is_idle() -> bool:
            return not working_in(self.directory.postgres / "cluster")

        await until(is_idle, PATIENCE)
        self.directory.clear()

    async def _start(self) -> None:
        """Start all programs at once: each becomes ready after those that it needs. They stop in reverse order."""
        self.directory.postgres.mkdir(exist_ok=True)
        port = remembered_port(self.directory.postgres / "port")
        postgres = EmbeddedPostgres(self.directory.postgres, port, log=self.directory.log("postgres"))
        is_sandbox = self._is_sandbox(is_new=not postgres.cluster.exists())
        await postgres.prepare()
        urls = {"database_url": postgres.running_url, "migration_database_url": postgres.url}
        found: dict[str, object] = {name: SecretStr(url) for name, url in urls.items()}
        self._settings = self._settings.model_copy(update=found | {"sandbox": is_sandbox})
        if engine.encryption_codec(self._settings) is not None:
            self._codec_port = remembered_port(self.directory.codec_port)
        client = await engine.connect(self._settings, lazy=True, environment=self._environment())
        workers = (self._start_worker(number, client) for number in range(1, self._options.workers + 1))
        codec = () if self._codec_port is None else (self._start_codec(self._codec_port),)
        await _together(self._start_database(postgres), self._start_engine(), *workers, self._start_api(), *codec)

    def _is_sandbox(self, *, is_new: bool) -> bool:
        """Return whether the data are those of a sandbox. A file says it: no program can ask the database yet."""
        if is_new and self._options.sandbox:
            self.directory.sandbox.touch()
        elif is_new:
            self.directory.sandbox.unlink(missing_ok=True)
        is_sandbox = self.directory.sandbox.exists()
        if self._options.sandbox and not is_sandbox:
            self._reporter.say("These data have no test clock. Data in a new --data-dir, or after --fresh, have one.")
        return is_sandbox

    async def _start_database(self, postgres: EmbeddedPostgres) -> None:
        with self._reporter.step("PostgreSQL") as tell:
            await self.supervisor.run(postgres.program)
            await postgres.ensure_database()
            tell(f"{LOOPBACK}:{postgres.port}")
            tell(await _late("workers.prepare").migrate_database(self._settings))
            tell(await _late("devstack.seeding").seed(self._settings, only_when_empty=True))

    async def _start_engine(self) -> None:
        server = DevelopmentServer(
            data_dir=self.directory.temporal,
            port=self._options.temporal_port,
            ui_port=self._options.ui_port,
            codec_url=self.codec_url,
            search_attributes=search_attributes.ALL,
        )
        with self._reporter.step("Temporal") as tell:
            await self.supervisor.run(server.program(self.directory.log("temporal")))
            tell(server.address)
            environment = self._environment()
            tell(
                await _late("workers.prepare").prepare_temporal(self._settings, wait=PATIENCE, environment=environment)
            )

    async def _start_worker(self, number: int, client: Client) -> None:
        async def polls(pid: int) -> bool:
            return await is_polled_by(client, self._settings.task_queue, pid)

        program = replace(self._bookme(f"worker-{number}", "worker", number=number), ready=polls)
        with self._reporter.step(program.name) as tell:
            child = await self.supervisor.run(program)
            tell(f"pid {child.pid}")

    async def _start_api(self) -> None:
        arguments = ("--port", str(self._options.api_port), "--workers", str(self._options.api_workers))
        with self._reporter.step("API") as tell:
            await self.supervisor.run(replace(self._bookme("api", "api", *arguments), name="API"))
            tell(self._options.api_url)

    async def _start_codec(self, port: int) -> None:
        url = f"http://{LOOPBACK}:{port}"
        program = self._bookme("codec", "codec", "--port", str(port))
        with self._reporter.step("codec") as tell:
            await self.supervisor.run(replace(program, ready=_answers(f"{url}/health/live")))
            tell(url)

    def _bookme(self, name: str, *arguments: str, number: int = 1) -> Program:
        return Program(
            name=name,
            command=(sys.executable, "-m", "cli", *arguments),
            log=self.directory.log(name),
            environment=self._environment(number=number),
            ready=_answers(f"{self._options.api_url}/health/ready"),
        )

    def _environment(self, *, number: int = 1) -> dict[str, str]:
        environment = without_temporal() | {
            "TEMPORAL_ADDRESS": f"{LOOPBACK}:{self._options.temporal_port}",
            "TEMPORAL_NAMESPACE": "default",
            "BOOKME_DATABASE_URL": self._settings.database_url.get_secret_value(),
            "BOOKME_PUBLIC_URL": self._options.api_url,
            "BOOKME_TEMPORAL_UI_URL": self._options.ui_url,
            "BOOKME_DEV_ISSUER": "true",
            "BOOKME_SANDBOX": str(self._settings.sandbox).lower(),
            "BOOKME_SHUTDOWN_DELAY": "PT0S",
            "BOOKME_ALLOW_PRIVATE_ADDRESSES": "true",
            "BOOKME_DEV_ISSUER_KEY": str(self.directory.issuer_key),
            "BOOKME_DEMO_PAGES": str(PAGES),
        }
        if address := environment.get("BOOKME_WORKER_METRICS_ADDRESS"):
            # One address serves the metrics of one worker: the next worker has the next port.
            host, _, port = address.rpartition(":")
            environment["BOOKME_WORKER_METRICS_ADDRESS"] = f"{host}:{int(port) + number - 1}"
        return environment

    def _write_state(self) -> Running:
        running = Running(
            pid=os.getpid(),
            api_url=self._options.api_url,
            docs_url=f"{self._options.api_url}/docs",
            ui_url=self._options.ui_url,
            codec_url=self.codec_url,
            temporal_address=f"{LOOPBACK}:{self._options.temporal_port}",
            database_url=self._settings.database_url.get_secret_value(),
            client_secret=self._settings.dev_issuer_secret.get_secret_value(),
            pids=self.supervisor.pids,
            is_sandbox=self._settings.sandbox,
        )
        self.directory.write_running(running)
        return running


def _answers(url: str) -> Callable[[int], Awaitable[bool]]:
    """Return a condition that holds if a request to the address succeeds."""

    async def answers(_pid: int) -> bool:
        # Without certificates, because the address is plain HTTP and loading them takes longer than the request.
        async with httpx.AsyncClient(trust_env=False, verify=False, timeout=5) as http:  # noqa: S501 - plain HTTP
            try:
                return (await http.get(url)).is_success
            except httpx.TransportError:
                return False

    return answers


def _late(module: str) -> ModuleType:
    """Import a module late. The import takes a second or more, and the servers can start at the same time."""
    return import_module(module)


async def _together(*work: Coroutine[None, None, None]) -> None:
    """Run all coroutines at once. The first failure cancels the others and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for coroutine in work:
                group.create_task(coroutine)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
