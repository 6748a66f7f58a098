"""The tables of what tells others of meetings: employees' feeds, invitations by mail, webhooks and their deliveries."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

import storage.booking_tables  # noqa: F401 - its tables are referred to by their names
from storage.columns import INSTANT

IS_PENDING = "status = 'Pending'"
IS_NOT_HANDED_OVER = f"{IS_PENDING} AND handed_over_at IS NULL"


class FeedRow(SQLModel, table=True):
    """A calendar feed of an employee, at an address that only its holder knows: the secret in it is stored hashed.

    `changed_at` is when its content, which is hashed too, was first seen to be another one. `version` is a digest of
    what this content was made of: while it is the same, so is the content.
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
    """One mail about one state of a meeting, to the mailbox of an employee or a room, named by its message id.

    It is sent once, to `recipient`. Until `claimed_until` somebody is sending it, and nobody else may.
    """

    __tablename__ = "invitation"

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
    """Where a client wants to be told of events.

    With `every_client` it is sent the events of every client, but only until `every_client_until`.
    `former_secrets` sign too, each until its grace period is over: a list of `{"secret": …, "until": RFC 3339}`.
    `failures` counts the failed attempts since the last success, `failing_since` is when the first of them ended.
    After several of them the webhook is paused: `paused_until` is when one attempt may be made as a probe.
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
    """One event for one webhook, from the moment in which the event is published until it is delivered or given up.

    `attempts` counts all of them, `retries` those since it was last asked for: a redelivery begins anew.
    `handed_over_at` is when its run was last told of it, `asked_again_at` when a redelivery was last asked for.
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
    """One try to deliver, with what was answered."""

    __tablename__ = "webhook_attempt"

    delivery_id: UUID = Field(primary_key=True, foreign_key="webhook_delivery.id", ondelete="CASCADE")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=INSTANT)
    milliseconds: int
    response_status: int | None = None
    response: str | None = None
    failure: str | None = None
