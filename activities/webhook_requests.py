"""Sends events to webhooks: signed as Standard Webhooks says, to public addresses, never where a redirect leads."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

import httpx
from standardwebhooks import Webhook

from activities.event_payloads import body, public_id
from activities.outbound import ForbiddenAddress
from storage.booking_tables import BookingEventRow
from storage.notification_tables import WebhookRow

MOST_SECONDS: Final = 15.0
"""How long a receiver may take to answer."""

MOST_BYTES: Final = 4096
"""How much of an answer is read."""

MOST_CHARACTERS: Final = 500
"""How much of it is kept."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request: a status with the beginning of the answer's text, or why there is none."""

    milliseconds: int
    status: int | None = None
    text: str | None = None
    failure: str | None = None

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
        """Send it once. `now` is the database's clock, which says whether the previous secret still signs."""
        content = body(event)
        headers = signed(webhook, event, content, now)
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._most_seconds):
                status, text = await self._send(webhook.url, content, headers)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            return Answer(_milliseconds_since(began), failure=_what(error))
        return Answer(_milliseconds_since(began), status, text)

    async def _send(self, url: str, content: str, headers: dict[str, str]) -> tuple[int, str]:
        async with self._client.stream(
            "POST", url, content=content.encode(), headers=headers, follow_redirects=False
        ) as answer:
            return answer.status_code, await _beginning(answer)


def signed(webhook: WebhookRow, event: BookingEventRow, content: str, now: datetime) -> dict[str, str]:
    """The headers: one signature for each secret that counts."""
    identity, moment = public_id(event.id or 0), datetime.now(UTC)
    secrets = [webhook.secret, *_previous(webhook, now)]
    return {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "webhook-id": identity,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(identity, moment, content) for secret in secrets),
    }


def _previous(webhook: WebhookRow, now: datetime) -> list[str]:
    secret, until = webhook.previous_secret, webhook.previous_secret_until
    return [secret] if secret is not None and until is not None and until > now else []


async def _beginning(answer: httpx.Response) -> str:
    """The receiver has answered by now: an answer whose text breaks off is one all the same."""
    text = bytearray()
    try:
        async for chunk in answer.aiter_raw():
            text += chunk
            if len(text) >= MOST_BYTES:
                break
    except httpx.HTTPError:
        pass
    return excerpt(bytes(text[:MOST_BYTES]))


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
