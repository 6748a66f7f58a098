"""Several employees, meetings that move and are cancelled, feeds, invitations, webhooks, a published event log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
OWNER_OF_A_HOLD = (
    "hold_expires_at IS NULL OR (client_id IS NOT NULL AND (reservation_token IS NOT NULL OR companion_of IS NOT NULL))"
)


def upgrade() -> None:
    let_time_slots_have_companions()
    let_meetings_move()
    publish_events()
    create_feed()
    create_invitation()
    create_webhooks()


def let_time_slots_have_companions() -> None:
    companion_of = sa.ForeignKey("time_slot.id", ondelete="CASCADE")
    op.add_column("time_slot", sa.Column("companion_of", sa.Uuid, companion_of))
    op.create_index("time_slot_by_companion_of", "time_slot", ["companion_of"])
    op.add_column(
        "time_slot",
        sa.Column("additional_employees", pg.ARRAY(sa.Uuid), nullable=False, server_default=sa.text("'{}'")),
    )
    op.add_column("time_slot", sa.Column("existing_meeting_id", sa.Uuid))
    op.drop_constraint("time_slot_hold_has_an_owner", "time_slot")
    op.create_check_constraint("hold_has_an_owner", "time_slot", OWNER_OF_A_HOLD)


def let_meetings_move() -> None:
    op.alter_column("meeting", "time_slot_id", nullable=True)
    for name in ("start_at", "end_at", "cancelled_at"):
        op.add_column("meeting", sa.Column(name, INSTANT))
    op.add_column("meeting", sa.Column("cancel_reason", sa.String))
    op.execute(
        "UPDATE meeting SET start_at = time_slot.start_at, end_at = time_slot.end_at"
        " FROM time_slot WHERE time_slot.id = meeting.time_slot_id"
    )
    for name in ("start_at", "end_at"):
        op.alter_column("meeting", name, nullable=False)
    op.create_check_constraint(
        "has_its_time_slot_or_is_cancelled", "meeting", "(time_slot_id IS NULL) = (cancelled_at IS NOT NULL)"
    )
    op.drop_index("meeting_by_employee_id", "meeting")
    op.create_index("meeting_by_employee", "meeting", ["employee_id", "end_at"])
    op.create_index("meeting_by_additional_employee", "meeting", ["additional_employees"], postgresql_using="gin")


def publish_events() -> None:
    op.add_column("booking_event", sa.Column("booking_key", sa.Uuid))
    op.execute("UPDATE booking_event SET booking_key = time_slot_id")
    op.alter_column("booking_event", "booking_key", nullable=False)
    op.create_index("booking_event_by_meeting", "booking_event", ["meeting_id", "id"])
    op.add_column("booking_event", sa.Column("position", sa.BigInteger))
    op.execute("UPDATE booking_event SET position = id")
    op.create_unique_constraint(None, "booking_event", ["position"])
    unpublished = sa.text("position IS NULL")
    op.create_index("booking_event_by_client_position", "booking_event", ["client_id", "position"])
    op.create_index("booking_event_unpublished", "booking_event", ["id"], postgresql_where=unpublished)


def create_feed() -> None:
    op.create_table(
        "feed",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("employee_id", sa.Uuid, sa.ForeignKey("employee.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("content", sa.String, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("content_hash", sa.LargeBinary),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("secret_hash"),
    )
    op.create_index("feed_by_employee_id", "feed", ["employee_id"])


def create_invitation() -> None:
    op.create_table(
        "invitation",
        sa.Column("message_id", sa.String, primary_key=True),
        sa.Column("meeting_id", sa.Uuid, sa.ForeignKey("meeting.id", ondelete="CASCADE"), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("method", sa.String, nullable=False),
        sa.Column("employee_id", sa.Uuid),
        sa.Column("room_id", sa.Uuid),
        sa.Column("recipient", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("failure", sa.String),
        sa.Column("claimed_until", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT),
    )
    op.create_index("invitation_by_meeting_id", "invitation", ["meeting_id"])


def create_webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("client_id", sa.String, nullable=False),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("description", sa.String),
        sa.Column("event_types", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("every_client", sa.Boolean, nullable=False),
        sa.Column("secret", sa.String, nullable=False),
        sa.Column("previous_secret", sa.String),
        sa.Column("previous_secret_until", INSTANT),
        sa.Column("rotated_by", sa.Uuid),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("modified_at", INSTANT, nullable=False),
    )
    op.create_index("webhook_by_client_id", "webhook", ["client_id"])
    create_webhook_delivery()
    op.create_table(
        "webhook_attempt",
        sa.Column("delivery_id", sa.Uuid, sa.ForeignKey("webhook_delivery.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("milliseconds", sa.Integer, nullable=False),
        sa.Column("response_status", sa.Integer),
        sa.Column("response", sa.String),
        sa.Column("failure", sa.String),
    )


def create_webhook_delivery() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("webhook_id", sa.Uuid, sa.ForeignKey("webhook.id", ondelete="CASCADE"), nullable=False),
        sa.Column("event_id", sa.BigInteger, sa.ForeignKey("booking_event.id", ondelete="CASCADE"), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("booking_key", sa.Uuid, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("retries", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", INSTANT),
        sa.Column("handed_over_at", INSTANT),
        sa.Column("delivered_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("webhook_id", "event_id"),
    )
    op.create_index("webhook_delivery_by_event_id", "webhook_delivery", ["event_id"])
    op.create_index("webhook_delivery_by_webhook_position", "webhook_delivery", ["webhook_id", "position"])
    op.create_index(
        "webhook_delivery_pending",
        "webhook_delivery",
        ["webhook_id", "booking_key", "position"],
        postgresql_where=sa.text("status = 'Pending'"),
    )
    op.create_index(
        "webhook_delivery_not_handed_over",
        "webhook_delivery",
        ["position"],
        postgresql_where=sa.text("status = 'Pending' AND handed_over_at IS NULL"),
    )
