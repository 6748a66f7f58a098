"""Pauses of webhooks whose receivers fail, and when a delivery was last asked for again."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
IS_PENDING = sa.text("status = 'Pending'")


def upgrade() -> None:
    op.add_column("webhook", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("webhook", sa.Column("failing_since", INSTANT))
    op.add_column("webhook", sa.Column("paused_until", INSTANT))
    op.add_column("webhook_delivery", sa.Column("asked_again_at", INSTANT))
    by_position = ("webhook_delivery_pending_by_position", "webhook_delivery", ["webhook_id", "position"])
    op.create_index(*by_position, postgresql_where=IS_PENDING)
