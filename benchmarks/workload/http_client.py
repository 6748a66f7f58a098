"""HTTP client of the benchmarks. The client uses little CPU, because it shares the machine with the service."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import Any, Final, Self
from urllib.parse import urlencode

import httptools

from config.ports import LOOPBACK

PATIENCE: Final = 120.0
STALE: Final = 4.0
"""Seconds after which an idle connection is not used again, because the server will close it soon."""


@dataclass(slots=True)
class Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def is_success(self) -> bool:
        return self.status < HTTPStatus.BAD_REQUEST

    @property
    def wait(self) -> int:
        """Seconds of `Retry-After` of a 429 or 503, at least 1; else 0."""
        later = self.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
        return max(1, int(self.headers.get("retry-after", "1"))) if later else 0

    def json(self) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.body)

    def checked(self) -> Self:
        if not self.is_success:
            raise UnexpectedAnswer(f"{self.status}: {self.body[:500].decode(errors='replace')}")
        return self


class UnexpectedAnswer(Exception):
    """An answer with an error status during a measurement."""


class Connection(asyncio.Protocol):
    """A connection that stays open and sends one request after another."""

    def __init__(self) -> None:
        self.used = monotonic()
        self._transport: asyncio.Transport | None = None
        self._answered: asyncio.Future[Answer] | None = None
        self._answer = Answer()
        self._parser = httptools.HttpResponseParser(self)

    @property
    def is_fresh(self) -> bool:
        return bool(self._transport) and monotonic() - self.used < STALE

    async def send(self, request: bytes) -> Answer:
        if self._transport is None:
            raise ConnectionResetError("The server has closed the connection.")
        self._answer = Answer()
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answered

    def close(self) -> None:
        if self._transport:
            self._transport.abort()

    # Callbacks of asyncio.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answered and not self._answered.done():
            self._answered.set_exception(exc or ConnectionResetError("The server has closed the connection."))

    # Callbacks of the parser.

    def on_header(self, name: bytes, value: bytes) -> None:
        self._answer.headers[name.decode().lower()] = value.decode()

    def on_body(self, body: bytes) -> None:
        self._answer.body += body

    def on_message_complete(self) -> None:
        self._answer.status = self._parser.get_status_code()
        self.used = monotonic()
        if self._answered and not self._answered.done():
            self._answered.set_result(self._answer)


class Service:
    """Client of one server, with as many connections as there are requests at once."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.token = ""
        self._idle: list[Connection] = []

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        return await self.send("GET", f"{path}?{urlencode(query)}" if query else path)

    async def ask(self, method: str, path: str, body: object) -> Answer:
        return await self.send(method, path, json.dumps(body).encode())

    async def send(self, method: str, path: str, content: bytes = b"", media_type: str = "application/json") -> Answer:
        request = self._head(method, path, len(content), media_type) + content
        async with asyncio.timeout(PATIENCE):
            connection = self._idle_one() or await self._connect()
            try:
                answer = await connection.send(request)
            except BaseException:
                connection.close()
                raise
        self._idle.append(connection)
        return answer

    async def connect(self, count: int) -> None:
        """Open connections until `count` are idle, so that the measurement does not include opening them."""
        missing = count - len([each for each in self._idle if each.is_fresh])
        self._idle += await asyncio.gather(*(self._connect() for _ in range(missing)))

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _head(self, method: str, path: str, length: int, media_type: str) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {LOOPBACK}:{self.port}"]
        lines += [f"Authorization: Bearer {self.token}"] * bool(self.token)
        lines += [f"Content-Type: {media_type}", f"Content-Length: {length}"] * bool(length)
        return "\r\n".join([*lines, "", ""]).encode()

    def _idle_one(self) -> Connection | None:
        """Return the idle connection that was used last, and close stale ones."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_fresh:
                return connection
            connection.close()
        return None

    async def _connect(self) -> Connection:
        _, connection = await asyncio.get_running_loop().create_connection(Connection, LOOPBACK, self.port)
        return connection
