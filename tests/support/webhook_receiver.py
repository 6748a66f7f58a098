"""A web server on loopback that takes webhooks, verifies them as receivers do, and answers what tests tell it to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook


@dataclass(frozen=True)
class Received:
    """One request: its headers in small letters, and its body as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> dict[str, Any]:
        """The event. Raises `WebhookVerificationError` when it is not signed with this secret."""
        event: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return event


@dataclass
class WebhookReceiver:
    """Answers `answers`, one each, then `status` with `body`. Before it answers it waits for `open`."""

    url: str = ""
    status: str = "204 No Content"
    headers: str = ""
    body: bytes = b""
    answers: list[str] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.received.append(await read_request(reader))
            await self.open.wait()
            status = self.answers.pop(0) if self.answers else self.status
            length = f"Content-Length: {len(self.body)}\r\nConnection: close\r\n\r\n"
            writer.write(f"HTTP/1.1 {status}\r\n{self.headers}{length}".encode() + self.body)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            # Whoever has read enough of the answer hangs up, and so does one that is killed.
            return
        finally:
            writer.close()

    def events(self, secret: str) -> list[dict[str, Any]]:
        return [each.verified(secret) for each in self.received]


async def read_request(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    return Received(headers, await reader.readexactly(int(headers["content-length"])))


@asynccontextmanager
async def webhook_receiver() -> AsyncIterator[WebhookReceiver]:
    receiver = WebhookReceiver()
    receiver.open.set()
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", 0)
    async with server:
        receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        yield receiver
