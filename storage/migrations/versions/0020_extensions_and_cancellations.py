"""The extension of a hold, and who cancelled a meeting."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("time_slot", sa.Column("extension_id", sa.Uuid))
    op.add_column("meeting", sa.Column("cancelled_by", sa.String))
