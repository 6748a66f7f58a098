"""A connection to the API, byte by byte, for what no HTTP client would send."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final, Self

import uvicorn
from fastapi import FastAPI

from api.connections import Connection
from config.ports import LOOPBACK, free_port
from tests.integration.api.support import eventually

PATIENCE: Final = 10.0
"""Seconds in which what must happen does."""


@dataclass(frozen=True)
class Wire:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    @asynccontextmanager
    async def to(cls, port: int) -> AsyncIterator[Self]:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        try:
            yield cls(reader, writer)
        finally:
            writer.transport.abort()

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> bytes:
        """All of the next answer, which says how long it is."""
        async with asyncio.timeout(PATIENCE):
            head = await self.reader.readuntil(b"\r\n\r\n")
            lines = (line.partition(b":") for line in head.lower().split(b"\r\n"))
            length = next(int(value) for name, _, value in lines if name == b"content-length")
            return head + await self.reader.readexactly(length)

    async def rest(self) -> bytes:
        """All that comes until the other end has closed."""
        came = bytearray()
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionError):
                while more := await self.reader.read(65_536):
                    came += more
        return bytes(came)

    async def dribble(self, data: bytes, every: float = 0.02) -> bytes:
        """Send it again and again, slowly, until the other end has closed. What came meanwhile."""
        came = asyncio.ensure_future(self.rest())
        while not came.done():
            self.writer.write(data)
            await asyncio.wait([came], timeout=every)
        return came.result()


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[int]:
    """The app behind a socket, as `bookme api` serves it; its port."""
    port = free_port()
    config = uvicorn.Config(app, LOOPBACK, port, http=Connection, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())

    async def is_up() -> bool:
        return server.started

    await eventually(is_up)
    yield port
    server.should_exit = server.force_exit = True
    await serving
