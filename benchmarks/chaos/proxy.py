"""A TCP proxy on loopback that can cut what goes through it, and let it wait."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

from bookme.stack.ports import LOOPBACK

CHUNK: Final = 65_536


class Proxy:
    """Between one process and one server. `delay` is in seconds, for each piece in each direction."""

    def __init__(self, upstream: int) -> None:
        self.port = 0
        self.delay = 0.0
        self._upstream = upstream
        self._is_cut = False
        self._open: set[asyncio.StreamWriter] = set()

    @classmethod
    @asynccontextmanager
    async def to(cls, upstream: int) -> AsyncIterator["Proxy"]:
        """One that listens as long as the block lasts."""
        proxy = cls(upstream)
        server = await asyncio.start_server(proxy._connect, LOOPBACK, 0)
        proxy.port = server.sockets[0].getsockname()[1]
        try:
            yield proxy
        finally:
            server.close()
            proxy.cut()
            await server.wait_closed()

    def cut(self) -> None:
        """Break every connection, and refuse new ones until it is mended."""
        self._is_cut = True
        for each in self._open:
            each.transport.abort()

    def mend(self) -> None:
        self._is_cut = False
        self.delay = 0.0

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with self._kept(writer):
            if self._is_cut:
                return
            with contextlib.suppress(OSError):
                there_reader, there_writer = await asyncio.open_connection(LOOPBACK, self._upstream)
                with self._kept(there_writer):
                    await asyncio.gather(self._pump(reader, there_writer), self._pump(there_reader, writer))

    @contextlib.contextmanager
    def _kept(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        self._open.add(writer)
        try:
            yield
        finally:
            self._open.discard(writer)
            writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One direction, until either side is gone."""
        with contextlib.suppress(OSError):
            while piece := await reader.read(CHUNK):
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(piece)
                await writer.drain()
        # What was sent before still arrives; nothing more comes.
        writer.close()
