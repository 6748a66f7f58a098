"""Former secrets of webhooks, which sign in addition to the current secret until their grace period ends."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Self

from storage.tables.notifications import WebhookRow


class FormerSecret(NamedTuple):
    """A replaced secret, and the time from which it does not sign any more."""

    secret: str
    until: datetime

    @classmethod
    def stored(cls, record: dict[str, str]) -> Self:
        return cls(record["secret"], datetime.fromisoformat(record["until"]))

    def record(self) -> dict[str, str]:
        """Return the JSON object for the column `former_secrets`."""
        return {"secret": self.secret, "until": self.until.isoformat()}


def former_secrets(webhook: WebhookRow) -> Sequence[FormerSecret]:
    """Return all stored former secrets, latest first, including those whose grace period is over."""
    return [FormerSecret.stored(each) for each in webhook.former_secrets]


def secrets_in_grace(webhook: WebhookRow, now: datetime) -> Sequence[FormerSecret]:
    """Return the former secrets that still sign at `now`, latest first."""
    return [each for each in former_secrets(webhook) if each.until > now]
