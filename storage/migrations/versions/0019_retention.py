"""Indexes by which old rows are found, so that the daily deletion does not read the rows that stay."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

INDEXES = (
    "time_slot_without_booking_by_end ON time_slot (end_at) WHERE status NOT IN ('Reserved', 'Booked')",
    (
        "meeting_with_texts_by_end ON meeting (end_at) WHERE (title IS NOT NULL OR description IS NOT NULL "
        "OR video_link IS NOT NULL OR cancel_reason IS NOT NULL)"
    ),
    "webhook_delivery_ended_by_created_at ON webhook_delivery (created_at) WHERE status <> 'Pending'",
    "invitation_by_created_at ON invitation (created_at)",
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for index in INDEXES:
            # A build that failed leaves an index that is not valid.
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index.split()[0]}")
            op.execute(f"CREATE INDEX CONCURRENTLY {index}")
