"""A proxy on loopback in front of the API, which loses chosen requests and answers."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

from config.ports import LOOPBACK

END_OF_HEAD: Final = b"\r\n\r\n"


class Loss(StrEnum):
    """The part of an exchange that is lost. After `SILENCE`, the connection stays open."""

    REQUEST = "request"
    ANSWER = "answer"
    HALF_OF_THE_ANSWER = "half of the answer"
    SILENCE = "silence"


@dataclass
class Exchange:
    """One request that came to the proxy: `POST /bookme/meetings`. `status` is that of the API's answer."""

    request: str
    key: str | None
    status: int | None = None
    retry_after: float | None = None
    came_at: float = field(default_factory=time.monotonic)
    answered_at: float = 0.0


class LossyProxy:
    """Forwards one request on each connection. `exchanges` has all that came."""

    def __init__(self, upstream: int) -> None:
        self.port = 0
        self.exchanges: list[Exchange] = []
        self._upstream = upstream
        self._losses: list[tuple[re.Pattern[str], Loss]] = []

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @classmethod
    @asynccontextmanager
    async def to(cls, upstream: int) -> AsyncIterator[Self]:
        proxy = cls(upstream)
        server = await asyncio.start_server(proxy._serve, LOOPBACK, 0)
        proxy.port = server.sockets[0].getsockname()[1]
        try:
            yield proxy
        finally:
            server.close()

    def lose(self, request: str, loss: Loss) -> None:
        """Lose this part of the next exchange whose request fits the pattern."""
        self._losses.append((re.compile(request), loss))

    @property
    def has_lost_everything(self) -> bool:
        return not self._losses

    def of(self, request: str) -> list[Exchange]:
        return [each for each in self.exchanges if re.search(request, each.request)]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loss: Loss | None = None
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head, body = await _read_request(reader)
            exchange = Exchange(_request_line(head), _header(head, "Idempotency-Key"))
            self.exchanges.append(exchange)
            loss = self._loss_of(exchange)
            if loss is not Loss.REQUEST:
                answer = await self._forwarded(head, body)
                exchange.status = int(answer.split(b" ", 2)[1])
                after = _header(answer.partition(END_OF_HEAD)[0], "Retry-After")
                exchange.retry_after = float(after) if after else None
                exchange.answered_at = time.monotonic()
                await _pass(answer, loss, reader, writer)
        writer.transport.abort() if loss in {Loss.REQUEST, Loss.ANSWER} else writer.close()

    def _loss_of(self, exchange: Exchange) -> Loss | None:
        for each in self._losses:
            if each[0].search(exchange.request):
                self._losses.remove(each)
                return each[1]
        return None

    async def _forwarded(self, head: bytes, body: bytes) -> bytes:
        """Return the API's whole answer, after which the API closes the connection."""
        reader, writer = await asyncio.open_connection(LOOPBACK, self._upstream)
        closing = re.sub(rb"(?i)\r\nconnection: [^\r]*", b"", head).replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        writer.write(closing + END_OF_HEAD + body)
        answer = await reader.read()
        writer.close()
        return answer


async def _pass(answer: bytes, loss: Loss | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if loss is Loss.SILENCE:
        await reader.read()
    elif loss is not Loss.ANSWER:
        head, _, body = answer.partition(END_OF_HEAD)
        kept = body[: len(body) // 2] if loss is Loss.HALF_OF_THE_ANSWER else body
        writer.write(head + END_OF_HEAD + kept)
        await writer.drain()


async def _read_request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = (await reader.readuntil(END_OF_HEAD)).removesuffix(END_OF_HEAD)
    return head, await reader.readexactly(int(_header(head, "Content-Length") or 0))


def _request_line(head: bytes) -> str:
    return " ".join(head.split(b"\r\n", 1)[0].decode().split(" ")[:2])


def _header(head: bytes, name: str) -> str | None:
    found = re.search(rf"(?im)^{name}: *([^\r\n]*)", head.decode())
    return found[1] if found else None
