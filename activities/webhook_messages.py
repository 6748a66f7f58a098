"""What the steps that publish and deliver events are told and answer. The rules of `activities.messages` hold."""

from datetime import timedelta
from enum import StrEnum

from activities.messages import Message


class RelayEvents(Message):
    """How long one step goes on, and how many of them a run takes before the next run goes on."""

    longest: timedelta = timedelta(minutes=10)
    rounds: int = 50


class EventsRelayed(Message):
    """How many events were published, deliveries handed over to their runs, and overdue holds ended."""

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
    """A run's input: the client whose webhooks it delivers to, and how many deliveries have ended so far.

    After `rounds` rounds the next run goes on, so that no history grows without end.
    """

    client_id: str
    delivered: int = 0
    failed: int = 0
    rounds: int = 100


class DeliverDue(Message):
    """Deliver what is due to the webhooks of this client, for at most so long."""

    client_id: str
    longest: timedelta = timedelta(seconds=60)


class Ended(StrEnum):
    """Outcome of one attempt to deliver an event."""

    DELIVERED = "Delivered"
    TO_BE_RETRIED = "ToBeRetried"
    FAILED = "Failed"


class AttemptMade(Message):
    """One attempt: for which event, which number it had; `answer` is what came, in a few words."""

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
