"""Download of calendar feeds: files at URLs that clients have named."""

import asyncio
import zlib
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import httpx

MOST_SECONDS: Final = 30.0
"""Maximum duration of a whole download, in seconds."""

PLAIN: Final = {"Accept": "text/calendar", "Accept-Encoding": "identity"}
"""Headers that request an uncompressed feed. Some servers compress the feed nevertheless."""

GZIP_FILE: Final = b"\x1f\x8b"
UNPACKED: Final = frozenset({"gzip", "x-gzip", "deflate"})
GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32


class FeedUnavailable(Exception):
    """The feed could not be read. The message gives the reason without the URL, which is often a secret."""


class Feeds:
    """Downloads feeds of at most `max_bytes` bytes. `client` must be safe for URLs of others (`outbound_client`)."""

    def __init__(self, client: httpx.AsyncClient, max_bytes: int) -> None:
        self._client = client
        self._max_bytes = max_bytes

    async def read(self, url: str) -> bytes:
        """Download the current content of the feed. A `webcal` URL is read as `https`.

        Raises:
            FeedUnavailable: the feed cannot be reached or unpacked, the server refuses, or the feed is too large.

        """
        try:
            async with asyncio.timeout(MOST_SECONDS), self._client.stream("GET", _https(url), headers=PLAIN) as answer:
                if answer.status_code != HTTPStatus.OK:
                    raise FeedUnavailable(f"the feed answered {answer.status_code}")
                body = await self._body(answer)
                return await asyncio.to_thread(
                    unpacked, body, answer.headers.get("Content-Encoding", ""), self._max_bytes
                )
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise FeedUnavailable(f"the feed cannot be read ({_what(error)})") from error

    async def _body(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in answer.aiter_raw():
            body += chunk
            if len(body) > self._max_bytes:
                raise FeedUnavailable(f"the feed is larger than {self._max_bytes} bytes")
        return bytes(body)


def unpacked(body: bytes, content_encoding: str, most: int) -> bytes:
    """Undo the encodings of a feed (RFC 9110 section 8.4), and unpack the feed if it is a gzip file.

    Raises:
        FeedUnavailable: an encoding is not supported, the data is malformed, or the result exceeds `most` bytes.

    """
    encodings = [each.strip().lower() for each in content_encoding.split(",") if each.strip()]
    for encoding in reversed(encodings):
        if encoding in UNPACKED:
            body = _inflated(body, most)
        elif encoding != "identity":
            raise FeedUnavailable("the feed is compressed in another way than gzip")
    return _inflated(body, most) if body.startswith(GZIP_FILE) else body


def _inflated(body: bytes, most: int) -> bytes:
    """Unpack gzip or zlib data. Stop as soon as the result exceeds `most` bytes."""
    found = b""
    try:
        while body:
            unpacker = zlib.decompressobj(GZIP_OR_ZLIB)
            found += unpacker.decompress(body, most + 1 - len(found))
            if len(found) > most:
                raise FeedUnavailable(f"the feed is larger than {most} bytes")
            if not unpacker.eof:
                raise FeedUnavailable("the feed is compressed, and ends too early")
            body = unpacker.unused_data if unpacker.unused_data.startswith(GZIP_FILE) else b""
    except zlib.error as error:
        raise FeedUnavailable("the feed is compressed, and malformed") from error
    return found


def _https(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(scheme="https")) if parts.scheme == "webcal" else url


def _what(error: Exception) -> str:
    """Return the type of the error, because the error's text may contain the URL."""
    return type(error).__name__
