"""Sends events to webhooks: signed as in Standard Webhooks, to public addresses, without following redirects."""

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

from integrations.http.outbound import ForbiddenAddress
from integrations.webhooks.payloads import body, public_id
from storage.notifications.deliveries import Times
from storage.notifications.webhook_secrets import secrets_in_grace
from storage.tables.booking import BookingEventRow
from storage.tables.notifications import WebhookRow

MOST_SECONDS: Final = 15.0
"""Time limit of one whole request in seconds: to connect, to send, to get the headers and the body of the answer."""

MOST_BYTES: Final = 4096
"""Maximum number of bytes of an answer that are read."""

MOST_CHARACTERS: Final = 500
"""Maximum number of characters of an answer that are stored."""

MARGIN_SECONDS: Final = 0.05
"""The reading of a body ends this many seconds before the time limit, so that the received status is kept."""

LONGEST_WAIT: Final = timedelta(hours=24)
"""Maximum `Retry-After` that is followed: as long as the longest wait between two attempts."""

MOST_DIGITS: Final = 9
"""Maximum number of digits of a `Retry-After` that are read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Result of one request: a status with the beginning of the answer's text, or the failure.

    `retry_after` is the wait that the receiver asks for before the next attempt; zero if it does not ask.
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
    """Posts events to webhooks. `client` must be safe for URLs that others name (`outbound_client`)."""

    def __init__(self, client: httpx.AsyncClient, most_seconds: float = MOST_SECONDS) -> None:
        self._client = client
        self._most_seconds = most_seconds

    async def post(self, webhook: WebhookRow, event: BookingEventRow, times: Times) -> Answer:
        """Send the event once, signed with the real time and with each secret that is valid now."""
        content = body(event)
        headers = {**signed(webhook, event, content, times), **traced(event)}
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._most_seconds) as limit:
                status, text, answered = await self._send(webhook.url, content, headers, limit)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            return Answer(_milliseconds_since(began), failure=_what(error))
        return Answer(_milliseconds_since(began), status, text, retry_after=retry_after(answered, times.real))

    async def _send(
        self, url: str, content: str, headers: dict[str, str], limit: asyncio.Timeout
    ) -> tuple[int, str, httpx.Headers]:
        # Only the caller's limit applies: httpx limits each part of a request, which would end some requests earlier.
        async with self._client.stream(
            "POST", url, content=content.encode(), headers=headers, follow_redirects=False, timeout=None
        ) as answer:
            return answer.status_code, await _beginning(answer, limit), answer.headers


def signed(webhook: WebhookRow, event: BookingEventRow, content: str, times: Times) -> dict[str, str]:
    """Return the request headers, with one signature for each valid secret.

    The real time is signed, also in a sandbox, because receivers refuse other times.
    """
    identity = public_id(event)
    secrets = [webhook.secret, *(each.secret for each in secrets_in_grace(webhook, times.now))]
    return {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "webhook-id": identity,
        "webhook-timestamp": str(int(times.real.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(identity, times.real, content) for secret in secrets),
    }


def traced(event: BookingEventRow) -> dict[str, str]:
    """Return the header by which the receiver continues the trace of the request that made the event."""
    return {"traceparent": event.traceparent} if event.traceparent else {}


async def _beginning(answer: httpx.Response, limit: asyncio.Timeout) -> str:
    """Read the beginning of the body. The status is known, so a body that breaks off or is late is no failure."""
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
    """Return the wait that the receiver asks for (RFC 9110 section 10.2.3), at most `LONGEST_WAIT`, or zero.

    A date is compared with the `Date` of the answer, or with `now` if the answer has none. So a wrong clock on either
    side changes nothing.
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
    """Return the text as one line that can be stored and shown."""
    shown = "".join(each if each.isprintable() else " " for each in text.decode(errors="replace"))
    return " ".join(shown.split())[:MOST_CHARACTERS]


def _milliseconds_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _what(error: Exception) -> str:
    """Return the kind of failure. The error's own text may contain the URL, which is often a secret."""
    if isinstance(error, ForbiddenAddress):
        return "the address is unknown or not public"
    return "no answer in time" if isinstance(error, TimeoutError) else f"no answer ({type(error).__name__})"
