"""Verification of webhooks (https://www.standardwebhooks.com/)."""

import hmac
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Final

from pydantic import ValidationError
from standardwebhooks import Webhook

from bookme_client import models
from bookme_client.errors import WebhookNotVerified

TOLERANCE: Final = timedelta(minutes=5)


def verify_webhook(
    body: bytes | str,
    headers: Mapping[str, str],
    secret: str | Iterable[str],
    *,
    tolerance: timedelta = TOLERANCE,
) -> models.Event:
    """Check that BookMe signed the request, and return its event. `body` must be the bytes as they came.

    `secret` is the `whsec_…` of the webhook, or several of them: while you rotate a secret, the old and the new one.
    `tolerance` is the greatest difference between the time of the signature and the local clock.
    An event can come more than once: skip an `id` that you have processed.

    Raises:
        WebhookNotVerified: the request is not signed with any of the secrets, or not within the tolerance.

    """
    found = {name.lower(): value for name, value in headers.items()}
    text = _decoded(body)
    signed = _signed_at(found.get("webhook-timestamp", ""), tolerance)
    secrets = [secret] if isinstance(secret, str) else list(secret)
    expected = [Webhook(each).sign(found.get("webhook-id", ""), signed, text) for each in secrets]
    signatures = found.get("webhook-signature", "").encode().split()
    if not any(hmac.compare_digest(one.encode(), other) for one in expected for other in signatures):
        raise WebhookNotVerified("No signature of the request fits the secret.")
    try:
        return models.Event.model_validate_json(text)
    except ValidationError as error:
        raise WebhookNotVerified("The request is signed, and its body is not an event.") from error


def _decoded(body: bytes | str) -> str:
    try:
        return body if isinstance(body, str) else body.decode()
    except UnicodeDecodeError as error:
        raise WebhookNotVerified("The body is not UTF-8.") from error


def _signed_at(value: str, tolerance: timedelta) -> datetime:
    if not (value.isascii() and value.isdecimal()) or len(value) > len("99999999999"):
        raise WebhookNotVerified("The header webhook-timestamp is missing or malformed.")
    if abs(time.time() - int(value)) > tolerance.total_seconds():
        raise WebhookNotVerified("The request is too old or too new. Check the local clock.")
    return datetime.fromtimestamp(int(value), timezone.utc)
