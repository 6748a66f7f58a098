"""The customer of a time slot and of an event, and indexes by customer."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("time_slot", "booking_event"):
        op.add_column(table, sa.Column("customer_id", sa.String()))
    is_known = sa.text("customer_id IS NOT NULL")
    op.create_index("booking_event_by_customer", "booking_event", ["customer_id", "id"], postgresql_where=is_known)
    op.create_index("meeting_by_customer", "meeting", ["customer_id"])
