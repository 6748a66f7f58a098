"""Delivers events to webhooks, and notes what became of each attempt."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from temporalio import activity

from activities.event_payloads import public_id
from activities.heartbeats import heartbeats
from activities.signatures import WebhookSteps
from activities.webhook_messages import DeliverEvent, Ended, EventDelivered
from activities.webhook_requests import Answer, WebhookRequests
from storage.database import Database
from storage.notification_tables import WebhookAttemptRow, WebhookDeliveryRow
from storage.time_slots import database_time
from storage.webhook_rights import may_see
from storage.webhooks import DeliveryStatus, Due, next_due, record_attempt

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
"""How long to wait after each failed attempt: about three days in all. After the attempt that follows, no more.
A receiver that asks for a longer wait (`Retry-After`) gets it."""

NOTHING_PENDING: Final = EventDelivered(ended=Ended.NOTHING_PENDING)
NOT_ALLOWED: Final = Answer(0, failure="not sent: its client may not see the events of other clients any more")


class WebhookActivities(WebhookSteps):
    """What the worker registers."""

    def __init__(self, database: Database, requests: WebhookRequests) -> None:
        self._database = database
        self._requests = requests

    @activity.defn
    async def deliver_event(self, step: DeliverEvent) -> EventDelivered:
        async with heartbeats():
            async with self._database.transaction() as session:
                due = await next_due(session, step.webhook_id, step.booking_key)
                now = await database_time(session)
            return NOTHING_PENDING if due is None else await self._deliver(due, now)

    async def _deliver(self, due: Due, now: datetime) -> EventDelivered:
        delivery = due.delivery
        if due.wait:
            return _told(due, Ended.TO_BE_RETRIED, attempts=delivery.attempts, retry_after=due.wait)
        if may_see(due.webhook, due.event, now):
            answer = await self._requests.post(due.webhook, due.event, now)
            ended, retry_after = what_follows(answer, delivery.retries)
        else:
            answer, ended, retry_after = NOT_ALLOWED, Ended.FAILED, timedelta(0)
        await self._note(delivery, answer, ended, retry_after)
        return _told(due, ended, attempts=delivery.attempts + 1, answer=answer.in_words, retry_after=retry_after)

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
            await record_attempt(session, delivery, attempt, _change(delivery, ended, now, retry_after))


def what_follows(answer: Answer, retries: int) -> tuple[Ended, timedelta]:
    """How an attempt ended that came after so many retries, and after how long the next one is made, if one is."""
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


def _told(due: Due, ended: Ended, *, attempts: int, retry_after: timedelta, answer: str = "") -> EventDelivered:
    return EventDelivered(
        ended=ended,
        event_id=public_id(due.event),
        kind=due.event.kind,
        attempts=attempts,
        answer=answer,
        retry_after=retry_after,
    )
