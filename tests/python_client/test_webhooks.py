"""Webhooks that BookMe has signed are verified, and become typed events."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import httpx
import pytest
from bookme_client import WebhookNotVerified, verify_webhook

from integrations.webhooks.requests import WebhookRequests
from storage.notifications.deliveries import Times
from storage.notifications.webhook_secrets import FormerSecret
from storage.tables.booking import BookingEventRow
from storage.tables.notifications import WebhookRow
from tests.support.webhook_receiver import Received, webhook_receiver

NEW: Final = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
OLD: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER: Final = "whsec_aW5pdGlhbC1pbml0aWFsLWluaXRpYWw0"
BOOKING: Final = UUID(int=7)


async def delivered(at: datetime, facts: dict[str, str] | None = None) -> Received:
    """Let BookMe send an event by HTTP while its secret is being rotated, and return what arrived."""
    event = BookingEventRow(
        id=1, at=at, kind="meeting.teleported", client_id="demo", reservation_token="order-Ø", time_slot_id=BOOKING,
        booking_key=BOOKING, public_id=UUID(int=8), facts=facts or {},
    )  # fmt: skip
    former = [FormerSecret(OLD, at + timedelta(hours=1)).record()]
    async with webhook_receiver() as receiver, httpx.AsyncClient(trust_env=False) as http:
        webhook = WebhookRow(
            id=BOOKING, client_id="demo", url=receiver.url, event_types=[], secret=NEW, former_secrets=former,
            created_at=at, modified_at=at,
        )  # fmt: skip
        answer = await WebhookRequests(http).post(webhook, event, Times(at, at))
        assert answer.status == 204
        return receiver.received[0]


@pytest.fixture
async def received() -> Received:
    return await delivered(datetime.now(UTC), {"meetingId": str(BOOKING), "mood": "good"})


@pytest.mark.parametrize("secret", [NEW, OLD, [OTHER, NEW], (OLD, OTHER)], ids=["new", "old", "one of two", "rotated"])
def test_an_event_that_bookme_signed_is_typed(received: Received, secret: str | list[str]) -> None:
    event = verify_webhook(received.body, received.headers, secret)
    assert (event.id, event.type) == (received.id, "meeting.teleported"), "a type that this client does not know"
    assert (event.data.reservation_token, event.data.time_slot_id) == ("order-Ø", BOOKING)
    assert event.timestamp.tzinfo is not None
    assert event.data.model_extra == {"mood": "good"}
    assert verify_webhook(received.body.decode(), httpx.Headers(received.headers), secret) == event


@pytest.mark.parametrize(
    ("changed", "body"),
    [
        ({"webhook-id": "evt_other"}, None),
        ({"webhook-timestamp": "1"}, None),
        ({"webhook-timestamp": "1e9"}, None),
        ({"webhook-timestamp": "٣"}, None),
        ({"webhook-timestamp": "9" * 40}, None),
        ({"webhook-timestamp": ""}, None),
        ({"webhook-signature": "v1"}, None),
        ({"webhook-signature": "v1,é= v1,%%%"}, None),
        ({"webhook-signature": ""}, None),
        ({}, b"{}"),
        ({}, b"\xff\xfe"),
    ],
)
def test_another_request_is_refused(received: Received, changed: dict[str, str], body: bytes | None) -> None:
    with pytest.raises(WebhookNotVerified):
        verify_webhook(received.body if body is None else body, received.headers | changed, NEW)


def test_another_secret_is_refused(received: Received) -> None:
    with pytest.raises(WebhookNotVerified, match="No signature"):
        verify_webhook(received.body, received.headers, [OTHER])


@pytest.mark.parametrize("age", [timedelta(minutes=10), -timedelta(minutes=10)])
async def test_the_tolerance_is_the_receivers_to_choose(age: timedelta) -> None:
    received = await delivered(datetime.now(UTC) - age)
    with pytest.raises(WebhookNotVerified, match="too old or too new"):
        verify_webhook(received.body, received.headers, NEW)
    assert verify_webhook(received.body, received.headers, NEW, tolerance=timedelta(minutes=11)).type
