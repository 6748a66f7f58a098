"""Sends events to webhooks: signed as Standard Webhooks says, to public addresses, never where a redirect leads."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import httpx
from standardwebhooks import Webhook

from activities.event_payloads import body, public_id
from activities.outbound import ForbiddenAddress
from storage.booking_tables import BookingEventRow
from storage.notification_tables import WebhookRow
from storage.webhook_secrets import secrets_in_grace

MOST_SECONDS: Final = 15.0
"""The time limit of one request in all: to connect, to send, to get the headers and the body of the answer."""

MOST_BYTES: Final = 4096
"""How much of an answer is read."""

MOST_CHARACTERS: Final = 500
"""How much of it is kept."""

MARGIN_SECONDS: Final = 0.05
"""The time before the limit at which the reading of a body ends, so that the status that has come is kept."""

LONGEST_WAIT: Final = timedelta(hours=24)
"""The longest `Retry-After` that is followed: as long as the longest wait between two attempts."""

MOST_DIGITS: Final = 9
"""Digits of a `Retry-After` that are read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request: a status with the beginning of the answer's text, or why there is none.

    `retry_after` is how long the receiver asks to wait before the next attempt; zero if it does not ask.
    """

    milliseconds: int
    status: int | None = None
    text: str | None = None
    failure: str | None = None
    retry_after: timedelta = timedelta(0)

    @property
    def is_success(self) -> bool:
        return self.status is not None and HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def in_words(self) -> str:
        return self.failure or f"answered {self.status}"


class WebhookRequests:
    """Posts events through a client for addresses that others name."""

    def __init__(self, client: httpx.AsyncClient, most_seconds: float = MOST_SECONDS) -> None:
        self._client = client
        self._most_seconds = most_seconds

    async def post(self, webhook: WebhookRow, event: BookingEventRow, now: datetime) -> Answer:
        """Send it once. `now` is the database's clock, which is signed and says which former secrets still sign."""
        content = body(event)
        headers = signed(webhook, event, content, now)
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._most_seconds) as limit:
                status, text, answered = await self._send(webhook.url, content, headers, limit)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            return Answer(_milliseconds_since(began), failure=_what(error))
        return Answer(_milliseconds_since(began), status, text, retry_after=retry_after(answered, now))

    async def _send(
        self, url: str, content: str, headers: dict[str, str], limit: asyncio.Timeout
    ) -> tuple[int, str, httpx.Headers]:
        # The one limit is the caller's: httpx has a limit for each part, which would end some requests earlier.
        async with self._client.stream(
            "POST", url, content=content.encode(), headers=headers, follow_redirects=False, timeout=None
        ) as answer:
            return answer.status_code, await _beginning(answer, limit), answer.headers


def signed(webhook: WebhookRow, event: BookingEventRow, content: str, now: datetime) -> dict[str, str]:
    """The headers: one signature for each secret that counts. Receivers refuse a time that is not about now."""
    identity = public_id(event)
    secrets = [webhook.secret, *(each.secret for each in secrets_in_grace(webhook, now))]
    return {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "webhook-id": identity,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(identity, now, content) for secret in secrets),
    }


async def _beginning(answer: httpx.Response, limit: asyncio.Timeout) -> str:
    """Read the beginning of the body. The status has come: a body that breaks off or takes too long changes nothing."""
    text = bytearray()
    with suppress(httpx.HTTPError, TimeoutError):
        async with asyncio.timeout_at(_shortly_before(limit)):
            async for chunk in answer.aiter_raw():
                text += chunk
                if len(text) >= MOST_BYTES:
                    break
    return excerpt(bytes(text[:MOST_BYTES]))


def _shortly_before(limit: asyncio.Timeout) -> float | None:
    when = limit.when()
    return None if when is None else when - MARGIN_SECONDS


def retry_after(headers: httpx.Headers, now: datetime) -> timedelta:
    """How long the receiver asks to wait (RFC 9110 section 10.2.3), at most `LONGEST_WAIT`; zero if it does not ask.

    A date is compared with the `Date` of the answer, or with `now` if the answer has none: a wrong clock on either side
    changes nothing.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdecimal():
        wait = timedelta(seconds=min(int(value[:MOST_DIGITS]), LONGEST_WAIT.total_seconds()))
    else:
        until = _http_date(value)
        wait = until - (_http_date(headers.get("date", "")) or now) if until else timedelta(0)
    return min(max(wait, timedelta(0)), LONGEST_WAIT)


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def excerpt(text: bytes) -> str:
    """One line that can be stored and shown."""
    shown = "".join(each if each.isprintable() else " " for each in text.decode(errors="replace"))
    return " ".join(shown.split())[:MOST_CHARACTERS]


def _milliseconds_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _what(error: Exception) -> str:
    """The kind of error: its text may tell the address, which is often a secret."""
    if isinstance(error, ForbiddenAddress):
        return "the address is unknown or not public"
    return "no answer in time" if isinstance(error, TimeoutError) else f"no answer ({type(error).__name__})"
