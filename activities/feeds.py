"""Calendar feeds: files at an address that somebody has named."""

import asyncio
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import httpx

MOST_SECONDS: Final = 30.0
"""How long the whole feed may take."""

PLAIN: Final = {"Accept": "text/calendar", "Accept-Encoding": "identity"}
"""Not compressed: a small answer that becomes a large one has no place here."""


class FeedUnavailable(Exception):
    """The feed could not be read. The message says why, and nothing of its address, which is often a secret."""


class Feeds:
    """Reads feeds of at most `max_bytes` bytes, through a client for addresses that others name."""

    def __init__(self, client: httpx.AsyncClient, max_bytes: int) -> None:
        self._client = client
        self._max_bytes = max_bytes

    async def read(self, url: str) -> bytes:
        """What is at that address now; `webcal` is read as `https`.

        Raises:
            FeedUnavailable: it cannot be reached, refuses, or is too large.

        """
        try:
            async with asyncio.timeout(MOST_SECONDS), self._client.stream("GET", _https(url), headers=PLAIN) as answer:
                if answer.status_code != HTTPStatus.OK:
                    raise FeedUnavailable(f"the feed answered {answer.status_code}")
                return await self._body(answer)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise FeedUnavailable(f"the feed cannot be read ({_what(error)})") from error

    async def _body(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in answer.aiter_raw():
            body += chunk
            if len(body) > self._max_bytes:
                raise FeedUnavailable(f"the feed is larger than {self._max_bytes} bytes")
        return bytes(body)


def _https(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(scheme="https")) if parts.scheme == "webcal" else url


def _what(error: Exception) -> str:
    """The kind of error: its text may tell the address."""
    return type(error).__name__
