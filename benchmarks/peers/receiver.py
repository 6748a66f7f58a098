"""A slow receiver that is told of each meeting after the client was answered, as a mail server would be."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from chaos.stack.webhook_receiver import NO_CONTENT, read_request
from config.ports import LOOPBACK

SLOW: Final = 0.3
"""Seconds until the receiver has taken a message. Whoever is killed earlier has told it nothing."""


@dataclass
class SlowReceiver:
    url: str = ""
    taken: list[bytes] = field(default_factory=list)

    def knows(self, meeting: str) -> bool:
        return any(meeting.encode() in body for body in self.taken)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                _, body = await read_request(reader)
                try:
                    await asyncio.wait_for(reader.read(1), SLOW)
                except TimeoutError:
                    # The sender still waits.
                    self.taken.append(body)
                    writer.write(NO_CONTENT)
                    await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[SlowReceiver]:
    receiver = SlowReceiver()
    server = await asyncio.start_server(receiver.handle, LOOPBACK, 0)
    receiver.url = f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()
