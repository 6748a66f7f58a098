"""A web server with one feed, on loopback, that tests tell what to answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class FeedServer:
    """`requests` are the request heads that came."""

    url: str = ""
    status: str = "200 OK"
    headers: str = ""
    body: bytes = b""
    requests: list[str] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
        head = f"HTTP/1.1 {self.status}\r\n{self.headers}Content-Length: {len(self.body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + self.body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def feed_server() -> AsyncIterator[FeedServer]:
    feed = FeedServer()
    server = await asyncio.start_server(feed.answer, "127.0.0.1", 0)
    async with server:
        feed.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/secret.ics"
        yield feed
