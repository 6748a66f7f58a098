"""Meetings whose run is opened when they come near."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("meeting", sa.Column("run_opened_at", sa.DateTime(timezone=True)))
    without_a_run = sa.text("run_opened_at IS NULL AND cancelled_at IS NULL")
    op.create_index("meeting_without_a_run", "meeting", ["start_at", "id"], postgresql_where=without_a_run)
