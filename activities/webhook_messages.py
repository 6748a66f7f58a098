"""What the steps that publish and deliver events are told and answer. The rules of `activities.messages` hold."""

from datetime import timedelta
from enum import StrEnum
from uuid import UUID

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


class DeliverEvent(Message):
    """The next event of this booking, to this webhook."""

    webhook_id: UUID
    booking_key: UUID


class DeliverEvents(Message):
    """A run's input: whose events it delivers, and what it has done so far."""

    webhook_id: UUID
    booking_key: UUID
    delivered: int = 0
    failed: int = 0


class Ended(StrEnum):
    """How a try to deliver the next event ended."""

    NOTHING_PENDING = "NothingPending"
    DELIVERED = "Delivered"
    TO_BE_RETRIED = "ToBeRetried"
    FAILED = "Failed"


class EventDelivered(Message):
    """How it ended, for which event, at which attempt; `answer` is what came, in a few words.

    One that is to be retried says after how long.
    """

    ended: Ended
    event_id: str = ""
    kind: str = ""
    attempts: int = 0
    answer: str = ""
    retry_after: timedelta = timedelta(0)
