"""Indexes for operators, the metrics, and the daily deletion of old rows.

They are built without blocking writers. So each statement is a transaction of its own.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INDEXES = (
    "booking_event_by_token ON booking_event (reservation_token, id)",
    # Events are appended in the order of time. So a BRIN index finds a period, and costs writers nothing.
    "booking_event_by_at ON booking_event USING brin (at)",
    "invitation_pending ON invitation (created_at) WHERE status = 'Pending'",
    "invitation_by_created_at ON invitation (created_at)",
    "time_slot_without_booking_by_end ON time_slot (end_at) WHERE status NOT IN ('Reserved', 'Booked')",
    (
        "meeting_with_texts_by_end ON meeting (end_at) WHERE (title IS NOT NULL OR description IS NOT NULL "
        "OR video_link IS NOT NULL OR cancel_reason IS NOT NULL)"
    ),
    "webhook_delivery_ended_by_created_at ON webhook_delivery (created_at) WHERE status <> 'Pending'",
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for index in INDEXES:
            # A build that failed leaves an index that is not valid.
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index.split()[0]}")
            op.execute(f"CREATE INDEX CONCURRENTLY {index}")
