"""Outcomes of requests, kept under their idempotency keys. A key is stored as a digest that names its client too."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("idempotency_key")
    op.create_table(
        "idempotency_key",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made", postgresql.JSONB()),
        sa.Column("refused", postgresql.JSONB()),
        sa.CheckConstraint("made IS NULL OR refused IS NULL", name="has_one_outcome"),
    )
    op.create_index("idempotency_key_by_used_at", "idempotency_key", ["used_at"])
    op.drop_column("webhook", "rotated_by")
