"""Delivers events to webhooks, and records the outcome of each attempt."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from temporalio import activity

from activities.heartbeats import heartbeats
from activities.signatures import WebhookSteps
from activities.step_metrics import count_webhook_attempt, note_webhook_lag
from domain.messages.webhooks import AttemptMade, DeliverDue, Ended, EventsDelivered
from integrations.webhooks.payloads import public_id
from integrations.webhooks.requests import Answer, WebhookRequests
from services.notifications.delivery_rounds import DeliveryLimits, DeliveryRound
from storage.bookings.time_slots import database_time
from storage.database import Database
from storage.notifications.deliveries import Due, Times, record_attempt
from storage.notifications.webhook_pauses import note_failure, note_success
from storage.notifications.webhook_rights import may_see
from storage.notifications.webhooks import DeliveryStatus
from storage.tables.notifications import WebhookAttemptRow, WebhookDeliveryRow

BACK_OFF: Final = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=24),
)
"""Waits after each failed attempt, about three days in all. The attempt after the last wait is the final one. A
receiver may ask for a longer wait (`Retry-After`)."""

NOT_ALLOWED: Final = Answer(0, failure="not sent: its client may not see the events of other clients any more")
DEFAULT_LIMITS: Final = DeliveryLimits()


class WebhookActivities(WebhookSteps):
    """Activity of webhook deliveries that the worker registers."""

    def __init__(self, database: Database, requests: WebhookRequests, limits: DeliveryLimits = DEFAULT_LIMITS) -> None:
        self._database = database
        self._requests = requests
        self._limits = limits

    @activity.defn
    async def deliver_events(self, step: DeliverDue) -> EventsDelivered:
        async with heartbeats():
            return await DeliveryRound(self._database, self._attempt, self._limits, step).run()

    async def _attempt(self, due: Due, times: Times) -> AttemptMade:
        """Send one event once, if its client may still read the event."""
        if due.delivery.attempts == 0 and due.webhook.failing_since is None:
            note_webhook_lag(times.now - due.event.at)
        if may_see(due.webhook, due.event, times.now):
            answer = await self._requests.post(due.webhook, due.event, times)
            ended, retry_after = next_attempt_after(answer, due.delivery.retries)
        else:
            answer, ended, retry_after = NOT_ALLOWED, Ended.FAILED, timedelta(0)
        await self._note(due.delivery, answer, ended, retry_after)
        count_webhook_attempt(ended)
        return AttemptMade(
            ended=ended,
            event_id=public_id(due.event),
            kind=due.event.kind,
            number=due.delivery.attempts + 1,
            answer=answer.in_words,
        )

    async def _note(self, delivery: WebhookDeliveryRow, answer: Answer, ended: Ended, retry_after: timedelta) -> None:
        async with self._database.transaction() as session:
            now = await database_time(session)
            attempt = WebhookAttemptRow(
                delivery_id=delivery.id,
                number=delivery.attempts + 1,
                at=now,
                milliseconds=answer.milliseconds,
                response_status=answer.status,
                response=answer.text,
                failure=answer.failure,
            )
            # Lock order of all transactions that change both: first the webhook, then its delivery.
            if answer is not NOT_ALLOWED:
                await (note_success if answer.is_success else note_failure)(session, delivery.webhook_id)
            await record_attempt(session, delivery, attempt, _change(delivery, ended, now, retry_after))


def next_attempt_after(answer: Answer, retries: int) -> tuple[Ended, timedelta]:
    """Return how an attempt after this many retries ended, and the wait before the next attempt, or zero."""
    if answer.is_success:
        return Ended.DELIVERED, timedelta(0)
    if retries >= len(BACK_OFF):
        return Ended.FAILED, timedelta(0)
    return Ended.TO_BE_RETRIED, max(BACK_OFF[retries], answer.retry_after)


def _change(delivery: WebhookDeliveryRow, ended: Ended, now: datetime, retry_after: timedelta) -> Mapping[str, object]:
    if ended is Ended.DELIVERED:
        return {"status": DeliveryStatus.DELIVERED, "delivered_at": now, "next_attempt_at": None}
    if ended is Ended.FAILED:
        return {"status": DeliveryStatus.FAILED, "next_attempt_at": None}
    return {"retries": delivery.retries + 1, "next_attempt_at": now + retry_after}
