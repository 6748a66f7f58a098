"""A TCP proxy on loopback that can cut connections and delay data."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

from config.ports import LOOPBACK

CHUNK: Final = 65_536


class Proxy:
    """Proxy between one process and one server, or the servers of a cluster.

    `delay` is in seconds, for each piece of data in each direction. With several servers, connections take turns, and
    a server that refuses a connection is left out, as by a load balancer.
    """

    def __init__(self, *upstreams: int) -> None:
        self.port = 0
        self.delay = 0.0
        self._upstreams = list(upstreams)
        self._is_cut = False
        self._open: set[asyncio.StreamWriter] = set()

    @classmethod
    @asynccontextmanager
    async def to(cls, *upstreams: int) -> AsyncIterator["Proxy"]:
        """Run a proxy to these ports that listens during the block."""
        proxy = cls(*upstreams)
        server = await asyncio.start_server(proxy._connect, LOOPBACK, 0)
        proxy.port = server.sockets[0].getsockname()[1]
        try:
            yield proxy
        finally:
            server.close()
            proxy.cut()
            await server.wait_closed()

    def cut(self) -> None:
        """Abort every connection, and refuse new ones until `mend`."""
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
                there_reader, there_writer = await self._open_upstream()
                with self._kept(there_writer):
                    await asyncio.gather(self._pump(reader, there_writer), self._pump(there_reader, writer))

    async def _open_upstream(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the next server. Raises `OSError` if every server refuses."""
        self._upstreams.append(self._upstreams.pop(0))
        for port in self._upstreams[:-1]:
            with contextlib.suppress(OSError):
                return await asyncio.open_connection(LOOPBACK, port)
        return await asyncio.open_connection(LOOPBACK, self._upstreams[-1])

    @contextlib.contextmanager
    def _kept(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        self._open.add(writer)
        try:
            yield
        finally:
            self._open.discard(writer)
            writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Copy one direction until either side closes."""
        with contextlib.suppress(OSError):
            while piece := await reader.read(CHUNK):
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(piece)
                await writer.drain()
        # `close` still sends the data that is buffered.
        writer.close()
