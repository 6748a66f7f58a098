"""Clients that are slow on purpose, or never come to an end, behind a real server: they cost nobody else anything."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Final

import httpx
import pytest
from fastapi import FastAPI

from api import connections
from api.http import bodies
from tests.integration.api.support import EVERY_SCOPE
from tests.security.support.wire import Wire, served
from tests.support.clients import ApiClient

SOON: Final = 0.5
"""Seconds after which connections are cut off here, where half a minute would be too long to wait for."""

LIVE: Final = b"GET /health/live HTTP/1.1\r\nHost: bookme\r\n\r\n"
HEAD: Final = b"POST /bookme/time-slots/reserve HTTP/1.1\r\nHost: bookme\r\nContent-Type: application/json\r\n"
CHUNKED: Final = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


SLOW: Final = {
    "nothing at all": (b"", b"", b""),
    "line breaks": (b"", b"\r\n", b""),
    "a method without an end": (b"GE", b"", b""),
    "an address without an end": (b"GET /", b"x", b""),
    "a header without an end": (b"GET / HTTP/1.1\r\nX-Slow: ", b"x", b""),
    "headers without an end": (b"GET / HTTP/1.1\r\n", b"X: y\r\n", b""),
    "line breaks after a request": (LIVE, b"\r\n", b"200"),
    "a second request without an end": (LIVE, b"GET / HTTP/1.1\r\nX-Slow: ", b"200"),
    "a body without an end": (HEAD + b"Content-Length: 20000\r\n\r\n", b"x", b"401"),
    "a body in pieces without an end": (CHUNKED, b"1\r\nx\r\n", b"401"),
    "an extension of a piece without an end": (CHUNKED + b"1;", b"x", b"401"),
    "trailers without an end": (CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n", b"401"),
}
"""What comes first, what then again and again, and what it is answered before it is cut off."""


@pytest.fixture
async def port(app: FastAPI) -> AsyncIterator[int]:
    async with served(app) as port:
        yield port


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_SECONDS", SOON)
    monkeypatch.setattr(bodies, "BODY_TIMEOUT", SOON / 5)


@pytest.mark.usefixtures("impatient")
async def test_who_sends_slowly_is_cut_off(port: int) -> None:
    async def cut_off(first: bytes, then: bytes, told: bytes) -> None:
        began = time.monotonic()
        async with Wire.to(port) as slow:
            await slow.send(first)
            came = await slow.dribble(then)
        assert time.monotonic() - began > SOON / 2
        assert (came[9:12], came.count(b"HTTP/1.1")) == (told, bool(told))

    endings = await asyncio.gather(*(cut_off(*case) for case in SLOW.values()), return_exceptions=True)
    assert dict(zip(SLOW, endings, strict=True)) == dict.fromkeys(SLOW)


@pytest.mark.usefixtures("impatient")
async def test_who_sends_whole_requests_is_not(port: int) -> None:
    """However long the connection is used."""
    until = time.monotonic() + 2 * SOON
    async with Wire.to(port) as steady:
        while time.monotonic() < until:
            await steady.send(LIVE + LIVE[:30])
            assert (await steady.answer()).startswith(b"HTTP/1.1 200")
            await steady.send(LIVE[30:])
            assert (await steady.answer()).startswith(b"HTTP/1.1 200")


async def test_who_rests_between_requests_is_closed_when_nobody_believes_in_it(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Common proxies and clients keep a connection for at most a minute: what they send as it is closed is lost."""
    assert connections.MOST_IDLE_SECONDS > 60
    monkeypatch.setattr(connections, "MOST_IDLE_SECONDS", SOON)
    async with Wire.to(port) as idle:
        await idle.send(LIVE)
        assert (await idle.answer()).startswith(b"HTTP/1.1 200")
        began = time.monotonic()
        assert await idle.rest() == b""
        assert SOON / 2 < time.monotonic() - began < 5 * SOON


async def test_a_crowd_of_slow_ones_hinders_nobody(port: int) -> None:
    """As it is in production, where none of them is cut off yet."""
    async with AsyncExitStack() as stack:
        for number in range(300):
            slow = await stack.enter_async_context(Wire.to(port))
            await slow.send((b"GET / HTTP/1.1\r\nX-Slow: ", CHUNKED + b"1\r\nx\r\n")[number % 2])
        honest = await stack.enter_async_context(Wire.to(port))
        began = time.monotonic()
        for _ in range(20):
            await honest.send(LIVE)
            assert (await honest.answer()).startswith(b"HTTP/1.1 200")
        assert time.monotonic() - began < 20 * 0.2


async def test_headers_that_are_too_large(port: int) -> None:
    for start in (b"GET /", b"GET / HTTP/1.1\r\nX: ", b"GET / HTTP/1.1\r\nAuthorization: Bearer "):
        async with Wire.to(port) as sender:
            await sender.send(start + b"x" * connections.MOST_BYTES)
            assert (await sender.rest()).startswith(b"HTTP/1.1 400"), start
        async with Wire.to(port) as flood:
            await flood.send(start)
            await flood.dribble(b"x" * 100_000, every=0)


async def test_as_many_headers_as_there_may_be(app: FastAPI, port: int) -> None:
    client = await token(app)
    many = b"".join(b"X%d: y\r\n" % number for number in range(5000))
    request = b"GET /config/rooms HTTP/1.1\r\nHost: bookme\r\nAuthorization: " + client + b"\r\n" + many + b"\r\n"
    assert 40_000 < len(request) < connections.MOST_BYTES
    began = time.monotonic()
    async with Wire.to(port) as sender:
        await sender.send(request)
        assert (await sender.answer()).startswith(b"HTTP/1.1 200")
    assert time.monotonic() - began < 5


async def test_what_follows_the_body_is_no_header(app: FastAPI, port: int) -> None:
    """A proxy looks at what comes before the body (RFC 9110 section 6.5.1)."""
    trailer = b"Authorization: " + await token(app) + b"\r\n"
    async with Wire.to(port) as sender:
        await sender.send(CHUNKED + b"2\r\n{}\r\n0\r\n" + trailer + b"\r\n")
        assert (await sender.answer()).startswith(b"HTTP/1.1 401")


AMBIGUOUS: Final = (
    b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
    b"Content-Length: 2\r\nContent-Length: 3\r\n",
    b"Content-Length: -2\r\n",
    b"Content-Length: 0x2\r\n",
    b"Transfer-Encoding: identity, chunked, gzip\r\n",
    b"Content-Length : 2\r\n",
    b"Content-Length: 2\nX: y\r\n",
)


async def test_a_body_that_two_would_measure_differently(port: int) -> None:
    """Else what one server takes for a body, another takes for the next request."""
    for headers in AMBIGUOUS:
        async with Wire.to(port) as sender:
            await sender.send(HEAD + headers + b"\r\n{}" + LIVE)
            came = await sender.rest()
        assert came.startswith(b"HTTP/1.1 400"), headers
        assert came.count(b"HTTP/1.1 ") == 1, headers


async def token(app: FastAPI) -> bytes:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bookme.test") as http:
        return (await ApiClient.authorised(http, "demo", EVERY_SCOPE)).headers["Authorization"].encode()
