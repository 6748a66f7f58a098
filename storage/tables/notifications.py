"""Tables of calendar feeds, invitation emails, webhooks, deliveries and attempts."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

import storage.tables.booking  # noqa: F401 - foreign keys refer to its tables by name
from storage.tables.columns import INSTANT

IS_PENDING = "status = 'Pending'"
IS_ENDED = "status <> 'Pending'"
IS_NOT_HANDED_OVER = f"{IS_PENDING} AND handed_over_at IS NULL"


class FeedRow(SQLModel, table=True):
    """A calendar feed of an employee. Its URL contains a secret, of which only the hash is stored.

    `changed_at` is the time at which the last change of the content was detected, by `content_hash`; at first, it is
    the time of creation. `version` is a digest of the data from which the content was made: while it is the same, the
    content is the same.
    """

    __tablename__ = "feed"

    id: UUID = Field(primary_key=True)
    employee_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE", index=True)
    name: str
    content: str
    secret_hash: bytes = Field(unique=True)
    version: bytes | None = None
    content_hash: bytes | None = None
    changed_at: datetime = Field(sa_type=INSTANT)
    created_at: datetime = Field(sa_type=INSTANT)


class InvitationRow(SQLModel, table=True):
    """An email about one version of a meeting, to the mailbox of an employee or a room.

    It is sent once, to `recipient`. Until `claimed_until` one worker is sending the email, and no other worker may.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        sa.Index("invitation_by_created_at", "created_at"),
        sa.Index("invitation_pending", "created_at", postgresql_where=sa.text(IS_PENDING)),
    )

    message_id: str = Field(primary_key=True)
    meeting_id: UUID = Field(foreign_key="meeting.id", ondelete="CASCADE", index=True)
    sequence: int
    method: str
    employee_id: UUID | None = None
    room_id: UUID | None = None
    recipient: str
    status: str
    attempts: int = 0
    failure: str | None = None
    claimed_until: datetime | None = Field(default=None, sa_type=INSTANT)
    created_at: datetime = Field(sa_type=INSTANT)
    sent_at: datetime | None = Field(default=None, sa_type=INSTANT)


class WebhookRow(SQLModel, table=True):
    """A URL to which the events of a client are sent.

    With `every_client`, the webhook receives the events of every client, but only until `every_client_until`.
    `former_secrets` also sign, each until its grace period ends: a list of `{"secret": …, "until": RFC 3339}`.
    `failures` counts the failed attempts since the last success. `failing_since` is the time at which the first of
    these attempts ended. After several failures the webhook is paused. From `paused_until` on, one attempt may be made
    as a probe.
    """

    __tablename__ = "webhook"

    id: UUID = Field(primary_key=True)
    client_id: str = Field(index=True)
    url: str
    description: str | None = None
    event_types: list[str] = Field(sa_type=ARRAY(sa.Text))
    every_client: bool = False
    every_client_until: datetime | None = Field(default=None, sa_type=INSTANT)
    secret: str
    former_secrets: list[dict[str, str]] = Field(default_factory=list, sa_type=JSONB)
    failures: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    failing_since: datetime | None = Field(default=None, sa_type=INSTANT)
    paused_until: datetime | None = Field(default=None, sa_type=INSTANT)
    created_at: datetime = Field(sa_type=INSTANT)
    modified_at: datetime = Field(sa_type=INSTANT)


class WebhookDeliveryRow(SQLModel, table=True):
    """The delivery of one event to one webhook. It is inserted when the event is published.

    `attempts` counts all attempts. `retries` counts the retries. It restarts at zero when a redelivery of an ended
    delivery is requested.
    `handed_over_at` is the time of the last handover to the workflow run. `asked_again_at` is the time of the last
    request for a redelivery.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        sa.UniqueConstraint("webhook_id", "event_id"),
        sa.Index("webhook_delivery_by_webhook_position", "webhook_id", "position"),
        sa.Index(
            "webhook_delivery_pending",
            "webhook_id",
            "booking_key",
            "position",
            postgresql_where=sa.text(IS_PENDING),
        ),
        sa.Index(
            "webhook_delivery_pending_by_position",
            "webhook_id",
            "position",
            postgresql_where=sa.text(IS_PENDING),
        ),
        sa.Index("webhook_delivery_ended_by_created_at", "created_at", postgresql_where=sa.text(IS_ENDED)),
        sa.Index("webhook_delivery_not_handed_over", "position", postgresql_where=sa.text(IS_NOT_HANDED_OVER)),
    )

    id: UUID = Field(primary_key=True)
    webhook_id: UUID = Field(foreign_key="webhook.id", ondelete="CASCADE")
    event_id: int = Field(sa_type=sa.BigInteger, foreign_key="booking_event.id", ondelete="CASCADE", index=True)
    position: int = Field(sa_type=sa.BigInteger)
    booking_key: UUID
    status: str
    attempts: int = 0
    retries: int = 0
    next_attempt_at: datetime | None = Field(default=None, sa_type=INSTANT)
    handed_over_at: datetime | None = Field(default=None, sa_type=INSTANT)
    delivered_at: datetime | None = Field(default=None, sa_type=INSTANT)
    asked_again_at: datetime | None = Field(default=None, sa_type=INSTANT)
    created_at: datetime = Field(sa_type=INSTANT)


class WebhookAttemptRow(SQLModel, table=True):
    """One attempt of a delivery, with the response or the failure."""

    __tablename__ = "webhook_attempt"

    delivery_id: UUID = Field(primary_key=True, foreign_key="webhook_delivery.id", ondelete="CASCADE")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=INSTANT)
    milliseconds: int
    response_status: int | None = None
    response: str | None = None
    failure: str | None = None
