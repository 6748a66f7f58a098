"""Indexes by which old rows are found, so that the daily deletion does not read the rows that stay."""

from alembic import op
from sqlalchemy import text

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None

HAS_TEXTS = "(title IS NOT NULL OR description IS NOT NULL OR video_link IS NOT NULL OR cancel_reason IS NOT NULL)"


def upgrade() -> None:
    op.create_index(
        "time_slot_without_booking_by_end",
        "time_slot",
        ["end_at"],
        postgresql_where=text("status NOT IN ('Reserved', 'Booked')"),
    )
    op.create_index("meeting_with_texts_by_end", "meeting", ["end_at"], postgresql_where=text(HAS_TEXTS))
    op.create_index(
        "webhook_delivery_ended_by_created_at",
        "webhook_delivery",
        ["created_at"],
        postgresql_where=text("status <> 'Pending'"),
    )
    op.create_index("invitation_by_created_at", "invitation", ["created_at"])
