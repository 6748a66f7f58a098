"""The benchmarks' own HTTP client: what it costs is its point, that it reads every answer right is its duty."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from benchmarks.workload.http_client import Service, UnexpectedAnswer
from benchmarks.workload.journeys import BookingJourneys, NoFreeSlotLeft

WHOLE = b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"id": "one"}'
IN_PIECES = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{"id": \r\n6\r\n"two"}\r\n0\r\n\r\n'
LATER = b"HTTP/1.1 503 Later\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
REFUSED = b"HTTP/1.1 409 Conflict\r\nContent-Length: 5\r\n\r\ntaken"
BROKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"


class Server:
    """Gives one answer after another, and remembers what it was asked on which connection."""

    def __init__(self, answers: Iterator[bytes]) -> None:
        self.asked: list[bytes] = []
        self.connections = 0
        self._answers = answers

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while head := await head_of(reader):
            self.asked.append(head)
            writer.write(answer := next(self._answers))
            if answer == BROKEN:
                break
        writer.close()


async def head_of(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[tuple[Service, Server]]:
    says = Server(iter(answers))
    async with await asyncio.start_server(says.serve, "127.0.0.1", 0) as server:
        service = Service(server.sockets[0].getsockname()[1])
        try:
            yield service, says
        finally:
            service.close()


async def test_one_connection_serves_one_request_after_another() -> None:
    async with answering(WHOLE, IN_PIECES, WHOLE) as (service, server):
        service.token = "secret"
        assert [(await service.get("/x", {"a": "1"})).json()["id"] for _ in range(3)] == ["one", "two", "one"]
        assert server.connections == 1
        assert server.asked[0].startswith(b"GET /x?a=1 HTTP/1.1\r\nHost: 127.0.0.1")
        assert b"\r\nAuthorization: Bearer secret\r\n" in server.asked[0]


async def test_several_requests_at_once_have_a_connection_each() -> None:
    async with answering(*[WHOLE] * 6) as (service, server):
        await service.connect(3)
        for _ in range(2):
            await asyncio.gather(*(service.get("/") for _ in range(3)))
        assert server.connections == 3


async def test_a_connection_that_breaks_is_an_error_of_its_request() -> None:
    async with answering(BROKEN, WHOLE) as (service, server):
        with pytest.raises(ConnectionError):
            await service.get("/")
        assert (await service.get("/")).is_success
        assert server.connections == 2


async def test_who_is_told_to_come_later_does() -> None:
    async with answering(LATER, WHOLE) as (service, server):
        booked = BookingJourneys(service, iter(()), {})
        assert await booked._ask("PATCH", "/", {}) == {"id": "one"}
        assert booked.again == 1
        assert len(server.asked) == 2


async def test_a_refusal_ends_the_measurement() -> None:
    async with answering(REFUSED) as (service, _):
        with pytest.raises(UnexpectedAnswer, match="409: taken"):
            await BookingJourneys(service, iter(()), {})._ask("PATCH", "/", {})


def test_when_everything_is_booked_it_says_so() -> None:
    with pytest.raises(NoFreeSlotLeft, match="measure less"):
        BookingJourneys(Service(1), iter(()), {}).next_slot()
