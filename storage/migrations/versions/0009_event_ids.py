"""Random ids of published events: a sequence gives the same ids again after a restore to an earlier moment."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    made = sa.text("gen_random_uuid()")
    op.add_column("booking_event", sa.Column("public_id", sa.Uuid(), nullable=False, server_default=made))
