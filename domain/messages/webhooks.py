"""Inputs and results of the steps that publish and deliver events. The rules of `domain.messages.booking` apply."""

from datetime import timedelta
from enum import StrEnum

from domain.messages.booking import Message


class RelayEvents(Message):
    """Duration of one step, and the number of steps in a run. After these steps a new run continues."""

    longest: timedelta = timedelta(minutes=10)
    rounds: int = 50


class EventsRelayed(Message):
    """Numbers of published events, of deliveries handed over to their runs, and of overdue holds that were ended."""

    published: int = 0
    handed_over: int = 0
    expired: int = 0

    def plus(self, more: "EventsRelayed") -> "EventsRelayed":
        return EventsRelayed(
            published=self.published + more.published,
            handed_over=self.handed_over + more.handed_over,
            expired=self.expired + more.expired,
        )


class DeliverEvents(Message):
    """Input of a run: the client that owns the webhooks, and the numbers of deliveries that have ended so far.

    After `rounds` rounds a new run continues, so that no history grows without limit.
    """

    client_id: str
    delivered: int = 0
    failed: int = 0
    rounds: int = 100


class DeliverDue(Message):
    """Input of the step that delivers due events to the webhooks of this client, for at most `longest`."""

    client_id: str
    longest: timedelta = timedelta(seconds=60)


class Ended(StrEnum):
    """Outcome of one attempt to deliver an event."""

    DELIVERED = "Delivered"
    TO_BE_RETRIED = "ToBeRetried"
    FAILED = "Failed"


class AttemptMade(Message):
    """One attempt to deliver an event. `number` counts from 1; `answer` describes the response in a few words."""

    ended: Ended
    event_id: str
    kind: str
    number: int
    answer: str


class EventsDelivered(Message):
    """Result of one round: counts of ended deliveries, the last attempts, and the time until the next one is due.

    `retry_after` is None if no delivery is pending.
    """

    delivered: int = 0
    failed: int = 0
    attempts: tuple[AttemptMade, ...] = ()
    retry_after: timedelta | None = None
