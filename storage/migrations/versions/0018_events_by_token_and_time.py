"""Indexes by which operators find the events of a token and of a period."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("booking_event_by_token", "booking_event", ["reservation_token", "id"])
    # Events are appended in the order of time. So a BRIN index finds a period, and costs writers nothing.
    op.create_index("booking_event_by_at", "booking_event", ["at"], postgresql_using="brin")
