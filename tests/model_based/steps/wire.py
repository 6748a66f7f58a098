"""The way between a process and PostgreSQL, which something can happen to at any request, or at any answer.

It knows where requests end, and counts those that do something: preparing a statement, which depends on what the
connection remembers, is none of them.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from config.ports import LOOPBACK

CHUNK: Final = 65_536
ENDS: Final = b"QSHX"
"""The kinds of messages after which something is waited for: Query, Sync, Flush, Terminate."""

ACTS: Final = b"QB"
"""The kinds that do something: Query, Bind."""


class Cut(Exception):
    """What was on its way is lost, and so is the connection."""


class Moment(StrEnum):
    """When it happens: before the request reaches the database, or after that has answered, before anybody knows."""

    REQUEST = "request"
    ANSWER = "answer"


Happening = Callable[[], Awaitable[None]]
"""What happens: it may raise `Cut`; else, when it is over, what was on its way goes on."""


@dataclass(frozen=True)
class Trap:
    """Something that happens once, at that request or its answer."""

    number: int
    moment: Moment
    happening: Happening


@dataclass
class Line:
    """One connection; `number` is that of its last request, `greeted` whether the database has let it in."""

    number: int = 0
    greeted: bool = False


class Wire:
    """A proxy on loopback in front of a server."""

    def __init__(self, upstream: int) -> None:
        self.port = 0
        self.requests = 0
        self._upstream = upstream
        self._trap: Trap | None = None

    @classmethod
    @asynccontextmanager
    async def to(cls, upstream: int) -> AsyncIterator["Wire"]:
        wire = cls(upstream)
        server = await asyncio.start_server(wire._connect, LOOPBACK, 0)
        wire.port = server.sockets[0].getsockname()[1]
        try:
            yield wire
        finally:
            server.close()
            await server.wait_closed()

    @contextlib.contextmanager
    def counting(self, trap: Trap | None = None) -> Iterator[None]:
        """Count requests anew, and have that happen."""
        self.requests, self._trap = 0, trap
        try:
            yield
        finally:
            self._trap = None

    @property
    def has_sprung(self) -> bool:
        """Whether the trap has been gone into; asked while it counts."""
        return self._trap is None

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(LOOPBACK, self._upstream)
        line = Line()
        pumps = [
            asyncio.create_task(self._carry_requests(line, reader, back)),
            asyncio.create_task(self._carry_answers(line, there, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in pumps:
                each.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            writer.transport.abort()
            back.transport.abort()

    async def _carry_requests(self, line: Line, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, Cut):
            async for kinds, piece in requests(source, line):
                if set(kinds) & set(ACTS):
                    self.requests += 1
                    line.number = self.requests
                    await self._pass(line, Moment.REQUEST)
                sink.write(piece)

    async def _carry_answers(self, line: Line, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, Cut):
            while piece := await source.read(CHUNK):
                await self._pass(line, Moment.ANSWER)
                line.greeted = line.greeted or is_ready(piece)
                sink.write(piece)

    async def _pass(self, line: Line, moment: Moment) -> None:
        trap = self._trap
        if trap is not None and (trap.number, trap.moment) == (line.number, moment):
            self._trap = None
            await trap.happening()


def is_ready(piece: bytes) -> bool:
    """Whether it ends with ReadyForQuery."""
    return piece[-6:-1] == b"Z\x00\x00\x00\x05"


async def requests(source: asyncio.StreamReader, line: Line) -> AsyncIterator[tuple[bytes, bytes]]:
    """The kinds of the messages, and the messages, up to each that ends a request; while it greets, as they come."""
    waiting = b""
    while piece := await source.read(CHUNK):
        if not line.greeted:
            yield b"", piece
            continue
        whole, waiting = split(waiting + piece)
        for each in whole:
            yield each
    yield b"", waiting


def split(data: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """The complete requests, and what is left."""
    found: list[tuple[bytes, bytes]] = []
    kinds, begin, at = b"", 0, 0
    while len(data) >= at + 5 and len(data) >= (after := at + 1 + int.from_bytes(data[at + 1 : at + 5])):
        kinds, at = kinds + data[at : at + 1], after
        if kinds[-1] in ENDS:
            found.append((kinds, data[begin:at]))
            kinds, begin = b"", at
    return found, data[begin:]
