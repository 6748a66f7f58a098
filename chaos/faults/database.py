"""Faults of the database: it refuses writes, or the disk of its tables is full."""

import asyncio
import contextlib
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import asyncpg

from config.errors import StackError
from devstack.postgres import DATABASE, SYSTEM_USER
from devstack.system import let_in

LARGEST: Final = "2g"
DISK: Final = Path("postgres") / "tables"
"""Path of the disk in the directory of a run, which PostgreSQL's user can reach."""
TABLESPACE: Final = "small_disk"


@contextlib.asynccontextmanager
async def administered(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Connect as the superuser, with writes allowed whatever the server's default is."""
    connection = await asyncpg.connect(url, timeout=10, server_settings={"default_transaction_read_only": "off"})
    try:
        yield connection
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def read_only(url: str) -> AsyncIterator[None]:
    """Make the database refuse writes during the block, also on open connections."""
    async with administered(url) as connection:
        await connection.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        await connection.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            await connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
            await connection.execute("SELECT pg_reload_conf()")


class SmallDisk:
    """A file system in memory that can be shrunk to its used size. Only root can mount it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @classmethod
    def mounted(cls, directory: Path) -> "SmallDisk | None":
        """Mount a disk. Return None if that is not permitted."""
        if os.geteuid() != 0:
            return None
        directory.mkdir(parents=True)
        let_in(SYSTEM_USER, directory.parent)
        if _mount("-t", "tmpfs", "-o", f"size={LARGEST},mode=0700", "tmpfs", str(directory)):
            shutil.chown(directory, SYSTEM_USER, SYSTEM_USER)
            return cls(directory)
        return None

    async def take_the_tables(self, url: str) -> None:
        """Move the database to this disk. It must have no open connections."""
        async with administered(url) as connection:
            await connection.execute(f"CREATE TABLESPACE {TABLESPACE} LOCATION '{self._directory}'")
            await connection.execute(f"ALTER DATABASE {DATABASE} SET TABLESPACE {TABLESPACE}")

    @contextlib.asynccontextmanager
    async def full(self) -> AsyncIterator[None]:
        """Leave no free space during the block: PostgreSQL reports error 53100 (disk full)."""
        if not await asyncio.to_thread(self._leave_no_room):
            raise StackError(f"{self._directory} cannot be made small")
        try:
            yield
        finally:
            await asyncio.to_thread(self._resize, LARGEST)

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", str(self._directory)], capture_output=True, check=False)

    def _leave_no_room(self) -> bool:
        """Shrink the disk to its used size. This fails, and is tried again, if something was written meanwhile."""
        return any(self._resize(str(self._used())) for _ in range(10))

    def _used(self) -> int:
        now = os.statvfs(self._directory)
        return (now.f_blocks - now.f_bfree) * now.f_frsize

    def _resize(self, size: str) -> bool:
        return _mount("-o", f"remount,size={size}", str(self._directory))


def _mount(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0
