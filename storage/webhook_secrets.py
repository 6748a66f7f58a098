"""Former secrets of webhooks, which sign beside the current secret until their grace period is over."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Self

from storage.notification_tables import WebhookRow


class FormerSecret(NamedTuple):
    """A secret that was replaced, and the instant at which it stops signing."""

    secret: str
    until: datetime

    @classmethod
    def stored(cls, record: dict[str, str]) -> Self:
        return cls(record["secret"], datetime.fromisoformat(record["until"]))

    def record(self) -> dict[str, str]:
        """The JSON object that the column `former_secrets` keeps."""
        return {"secret": self.secret, "until": self.until.isoformat()}


def former_secrets(webhook: WebhookRow) -> Sequence[FormerSecret]:
    """Every stored former secret, the latest first, also those whose grace period is over."""
    return [FormerSecret.stored(each) for each in webhook.former_secrets]


def secrets_in_grace(webhook: WebhookRow, now: datetime) -> Sequence[FormerSecret]:
    """The former secrets that still sign at `now`, the latest first."""
    return [each for each in former_secrets(webhook) if each.until > now]
