"""Schemas of webhooks and of their deliveries."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Final, Self
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from pydantic import AfterValidator, Field
from pydantic.config import JsonDict

from api.http.errors import UnusableRequest
from api.schemas.base import examples
from api.schemas.base.common import Body, Instant, Span, Text, UrlText, Wire, any_case, readable
from api.schemas.base.examples import example
from api.schemas.events import BY_POSITION, EXAMPLE, Event
from integrations.webhooks.payloads import payload, public_id
from storage.bookings.events import EventKind
from storage.notifications.webhook_secrets import former_secrets
from storage.notifications.webhooks import Delivery as DeliveryStored
from storage.notifications.webhooks import DeliveryStatus
from storage.tables.notifications import WebhookAttemptRow, WebhookRow

SCHEMES: Final = frozenset({"http", "https"})
MOST_TYPES: Final = 50
LONGEST_GRACE: Final = timedelta(days=30)
DAY: Final = timedelta(days=1)
READ_ONLY: Final[dict[str, Any]] = {"readOnly": True}

WEBHOOK: Final[JsonDict] = {
    "id": examples.WEBHOOK,
    "clientId": "demo",
    "url": "https://shop.example.com/bookme",
    "eventTypes": ["meeting.created", "meeting.moved", "meeting.cancelled"],
    "everyClient": False,
    "state": "Active",
    "dateCreated": examples.MADE,
    "dateModified": examples.CHANGED,
}
ATTEMPT: Final[JsonDict] = {
    "number": 1,
    "at": examples.CHANGED,
    "milliseconds": 112,
    "responseStatus": 503,
    "response": "not now",
}
DELIVERY: Final[JsonDict] = {
    "id": examples.DELIVERY,
    "eventId": EXAMPLE["id"],
    "type": "meeting.created",
    "status": "Pending",
    "attempts": 1,
    "nextAttemptAt": examples.DEADLINE,
    "lastAttempt": ATTEMPT,
    "dateCreated": examples.MADE,
}


def _is_an_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in SCHEMES and bool(httpx.URL(value).host) and parts.port != 0
        plain = not (parts.username or parts.password or parts.fragment)
    except (ValueError, httpx.InvalidURL):
        usable = plain = False
    if not (usable and plain):
        message = "write an address: https://…, without a user name, a password or a fragment"
        raise ValueError(message)
    return value


def _once_each(value: list[EventKind]) -> list[EventKind]:
    return list(dict.fromkeys(value))


WebhookUrl = Annotated[UrlText, AfterValidator(_is_an_address)]
EventType = Annotated[EventKind, any_case(EventKind)]
EventTypes = Annotated[list[EventType], Field(max_length=MOST_TYPES), AfterValidator(_once_each)]


class WebhookState(StrEnum):
    """State of a webhook: events are delivered as they happen, or delivery is paused."""

    ACTIVE = "Active"
    PAUSED = "Paused"


class CreateWebhook(Body):
    """A webhook to register: the address for events, and the types of events."""

    model_config = example(
        url="https://shop.example.com/bookme",
        eventTypes=["meeting.created", "meeting.moved", "meeting.cancelled"],
        description="The shop's order system",
    )

    url: WebhookUrl = Field(description="Address to which BookMe posts events: https, at a public address.")
    event_types: EventTypes = Field([], description="Only events of these types. An empty list means all types.")
    description: Text | None = Field(None, description="Purpose of the webhook.")
    every_client: bool = Field(
        False, description="true: send the events of every client, not only of the webhook's own client. For staff."
    )


class Webhook(CreateWebhook):
    """A webhook. Only the answer that creates a secret shows the secret."""

    model_config = example(**WEBHOOK)

    FIXED: ClassVar = (
        *("id", "client_id", "every_client_until", "previous_secret_until", "date_created", "date_modified"),
        *("state", "failing_since", "paused_until"),
    )
    """Fields that a patch cannot change."""

    id: UUID = Field(json_schema_extra=READ_ONLY, description="Id of the webhook. BookMe creates it.")
    client_id: str = Field(json_schema_extra=READ_ONLY, description="The client that owns the webhook.")
    every_client_until: Instant | None = Field(
        None,
        json_schema_extra=READ_ONLY,
        description="Until this time, the webhook gets the events of every client. A request of its client with "
        "the scope `bookme.staff` extends this time.",
    )
    previous_secret_until: Instant | None = Field(
        None,
        json_schema_extra=READ_ONLY,
        description="After a rotation, former secrets also sign until this time. If there are several, this is "
        "the latest time.",
    )
    state: WebhookState = Field(
        WebhookState.ACTIVE,
        json_schema_extra=READ_ONLY,
        description="`Paused` after several failed attempts in a row. Deliveries then wait until one attempt succeeds.",
    )
    failing_since: Instant | None = Field(
        None,
        json_schema_extra=READ_ONLY,
        description="Time of the first failed attempt after the last successful attempt.",
    )
    paused_until: Instant | None = Field(
        None,
        json_schema_extra=READ_ONLY,
        description="When BookMe tries a paused webhook again, if a delivery is due then.",
    )
    date_created: Instant = Field(json_schema_extra=READ_ONLY, description="When the webhook was created.")
    date_modified: Instant = Field(json_schema_extra=READ_ONLY, description="When the webhook was last changed.")

    @classmethod
    def stored(cls, row: WebhookRow, **more: Any) -> Self:  # noqa: ANN401 - fields of a subclass
        return cls(
            id=row.id,
            client_id=row.client_id,
            url=row.url,
            event_types=[EventKind(each) for each in row.event_types],
            description=row.description,
            every_client=row.every_client,
            every_client_until=row.every_client_until if row.every_client else None,
            previous_secret_until=max((each.until for each in former_secrets(row)), default=None),
            state=WebhookState.ACTIVE if row.paused_until is None else WebhookState.PAUSED,
            failing_since=row.failing_since,
            paused_until=row.paused_until,
            date_created=row.created_at,
            date_modified=row.modified_at,
            **more,
        )

    def columns(self) -> dict[str, object]:
        """Return the columns that a client may set."""
        return self.model_dump(include=set(CreateWebhook.model_fields))


class WebhookWithSecret(Webhook):
    """A webhook with its new secret. Keep the secret, because BookMe does not show it again."""

    model_config = example(**WEBHOOK, secret="whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")  # noqa: S106 - shown to all

    secret: str = Field(description="Secret with which receivers verify signatures: `whsec_…`.")


class Attempt(Wire):
    """One attempt to deliver an event."""

    number: int = Field(description="Number of the attempt.")
    at: Instant = Field(description="When the attempt ended.")
    milliseconds: int = Field(description="Duration of the attempt, in milliseconds.")
    response_status: int | None = Field(None, description="HTTP status of the receiver's answer.")
    response: str | None = Field(None, description="Beginning of the text of the receiver's answer.")
    failure: str | None = Field(None, description="Why there was no answer.")

    @classmethod
    def stored(cls, row: WebhookAttemptRow) -> Self:
        return cls.model_validate(row.model_dump(exclude={"delivery_id"}))


class Delivery(Wire):
    """The delivery of one event to one webhook."""

    model_config = example(**DELIVERY)

    id: UUID = Field(description="Id of the delivery. BookMe creates it.")
    event_id: str = Field(description="Id of the event, the same as in the header `webhook-id`.")
    type: str = Field(description="Type of the event.")
    status: DeliveryStatus = Field(
        description="Status of the delivery. BookMe does not try a `Failed` delivery again automatically."
    )
    attempts: int = Field(description="Number of attempts.")
    next_attempt_at: Instant | None = Field(None, description="Time of the next attempt.")
    delivered_at: Instant | None = Field(None, description="When the receiver accepted the event.")
    last_attempt: Attempt | None = Field(None, description="The last attempt.")
    date_created: Instant = Field(description="When the event was published.")

    @classmethod
    def stored(cls, found: DeliveryStored, **more: Any) -> Self:  # noqa: ANN401 - fields of a subclass
        delivery, event, last = found.row, found.event, found.last_attempt
        return cls(
            id=delivery.id,
            event_id=public_id(event),
            type=event.kind,
            status=DeliveryStatus(delivery.status),
            attempts=delivery.attempts,
            next_attempt_at=delivery.next_attempt_at,
            delivered_at=delivery.delivered_at,
            last_attempt=None if last is None else Attempt.stored(last),
            date_created=delivery.created_at,
            **more,
        )


class DeliveryInFull(Delivery):
    """A delivery with its event and every attempt."""

    model_config = example(**DELIVERY, event=EXAMPLE, allAttempts=[ATTEMPT])

    event: Event = Field(description="The event that is sent.")
    all_attempts: list[Attempt] = Field(description="All attempts, the first one first.")

    @classmethod
    def with_attempts(cls, found: DeliveryStored, attempts: Sequence[WebhookAttemptRow]) -> Self:
        event = Event.model_validate(payload(found.event))
        return cls.stored(found, event=event, all_attempts=[Attempt.stored(each) for each in attempts])


def _not_too_long(value: timedelta) -> timedelta:
    if value > LONGEST_GRACE:
        message = "must not be longer than 30 days"
        raise ValueError(message)
    return value


class RotateSecretRequest(Body):
    """Options for the rotation of a secret."""

    grace_period: Annotated[Span, AfterValidator(_not_too_long)] | None = Field(
        None,
        description="Time for which the old secret also signs: one day by default, 30 days at most. Use zero if the "
        "secret has leaked.",
    )

    def grace(self, also: "RotateSecretRequest | None") -> timedelta:
        """Return the grace period of the query or of the body, or a day if neither has one.

        Raises:
            UnusableRequest: query and body have different grace periods.

        """
        said = {each.grace_period for each in (self, also) if each is not None and each.grace_period is not None}
        if len(said) > 1:
            message = "gracePeriod of the query and of the body contradict each other."
            raise UnusableRequest(HTTPStatus.BAD_REQUEST, message, "gracePeriod")
        return said.pop() if said else DAY


class DeliveriesQuery(Body):
    """Query parameters of the list of deliveries."""

    status: Annotated[DeliveryStatus, any_case(DeliveryStatus)] | None = Field(
        None, description="Only deliveries with this status."
    )
    limit: int = Field(100, ge=1, le=500, description="Maximum number of deliveries in one answer.")
    cursor: Annotated[str, Field(max_length=100), readable(BY_POSITION.read)] | None = Field(
        None, description="The cursor from the `Link` header of the previous page."
    )

    @property
    def before(self) -> int | None:
        """Return the position of the event before which the page begins, or None for the first page."""
        return None if self.cursor is None else BY_POSITION.read(self.cursor).position
