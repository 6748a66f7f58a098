"""Faults of the database itself: it takes no writes, or the disk of its tables is full."""

import asyncio
import contextlib
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import asyncpg

from bookme.stack.errors import StackError
from bookme.stack.postgres import DATABASE, SYSTEM_USER
from bookme.stack.system import let_in

LARGEST: Final = "2g"
DISK: Final = Path("postgres") / "tables"
"""Where it is in the directory of a run: PostgreSQL's user may pass through to it."""
TABLESPACE: Final = "small_disk"


@contextlib.asynccontextmanager
async def administered(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the superuser, who may write whatever the default is."""
    connection = await asyncpg.connect(url, timeout=10, server_settings={"default_transaction_read_only": "off"})
    try:
        yield connection
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def read_only(url: str) -> AsyncIterator[None]:
    """Let the database refuse writes as long as the block lasts: those of connections that are open, too."""
    async with administered(url) as connection:
        await connection.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        await connection.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            await connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
            await connection.execute("SELECT pg_reload_conf()")


class SmallDisk:
    """A file system in memory that can be made as small as what it holds. To mount it, one must be root."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @classmethod
    def mounted(cls, directory: Path) -> "SmallDisk | None":
        """Mount one; answer None when we may not."""
        if os.geteuid() != 0:
            return None
        directory.mkdir(parents=True)
        let_in(SYSTEM_USER, directory.parent)
        if _mount("-t", "tmpfs", "-o", f"size={LARGEST},mode=0700", "tmpfs", str(directory)):
            shutil.chown(directory, SYSTEM_USER, SYSTEM_USER)
            return cls(directory)
        return None

    async def take_the_tables(self, url: str) -> None:
        """Move the database there. Nobody may be connected to it."""
        async with administered(url) as connection:
            await connection.execute(f"CREATE TABLESPACE {TABLESPACE} LOCATION '{self._directory}'")
            await connection.execute(f"ALTER DATABASE {DATABASE} SET TABLESPACE {TABLESPACE}")

    @contextlib.asynccontextmanager
    async def full(self) -> AsyncIterator[None]:
        """Leave no room as long as the block lasts: PostgreSQL answers 53100."""
        if not await asyncio.to_thread(self._leave_no_room):
            raise StackError(f"{self._directory} cannot be made small")
        try:
            yield
        finally:
            await asyncio.to_thread(self._resize, LARGEST)

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", str(self._directory)], capture_output=True, check=False)

    def _leave_no_room(self) -> bool:
        """The first try is refused when something was written meanwhile."""
        return any(self._resize(str(self._used())) for _ in range(10))

    def _used(self) -> int:
        now = os.statvfs(self._directory)
        return (now.f_blocks - now.f_bfree) * now.f_frsize

    def _resize(self, size: str) -> bool:
        return _mount("-o", f"remount,size={size}", str(self._directory))


def _mount(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0
