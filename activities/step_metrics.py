"""Metrics of the steps, which the worker shows at its metrics address. Without an address, nothing is recorded.

The SDK adds the labels `namespace`, `task_queue` and `activity_type`.
"""

from datetime import timedelta
from typing import Final

from temporalio import activity

STUCK_AFTER: Final = 10
"""Attempts after which a step counts as stuck. Steps that a caller waits for are never attempted more often. All other
steps have then been failing for about two minutes, and mails for more than an hour."""


def count_attempt() -> None:
    """Count the attempt that begins if it is a retry, and if its step is stuck."""
    attempt = activity.info().attempt
    # Zero too: a series that began at its first event would hide this event from `rate` and `increase`.
    count("bookme_step_retries_total", "Attempts of steps after the first.", int(attempt > 1))
    count("bookme_stuck_step_attempts_total", "Attempts of steps after the tenth.", int(attempt > STUCK_AFTER))


def count_mails(outcome: str, number: int = 1) -> None:
    """Count mails by the outcome of an attempt: `Sent`, `Failed`, or `Pending` if the mail is tried again."""
    count("bookme_mails_total", "Attempts to mail invitations, by their outcome.", number, outcome=outcome)


def count_webhook_attempt(ended: str) -> None:
    """Count an attempt of a delivery by its ending: `Delivered`, `ToBeRetried` or `Failed`."""
    count("bookme_webhook_attempts_total", "Attempts to deliver events, by their ending.", ended=ended)


def note_webhook_lag(lag: timedelta) -> None:
    """Record the time from an event to its first attempt, for a webhook that is not failing."""
    text = "Time from an event to the first attempt to deliver it, in seconds, without failing webhooks."
    histogram = activity.metric_meter().create_histogram_float("bookme_webhook_lag_seconds", text)
    histogram.record(max(lag.total_seconds(), 0))


def count(name: str, description: str, number: int = 1, **labels: str) -> None:
    """Add to a counter. The values of the labels must be few, and no personal data."""
    activity.metric_meter().create_counter(name, description).add(number, labels)
