"""What end users have held lately, by keyed digests, and the key of these."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from storage.tables.columns import INSTANT

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "end_user_hold",
        sa.Column("time_slot_id", sa.Uuid(), primary_key=True),
        sa.Column("end_user", sa.String(), nullable=False),
        sa.Column("start_at", INSTANT, nullable=False),
        sa.Column("end_at", INSTANT, nullable=False),
        sa.Column("employees", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("room_id", sa.Uuid()),
        sa.Column("at", INSTANT, nullable=False),
        sa.Index("end_user_hold_by_end_user", "end_user", "at"),
        sa.Index("end_user_hold_by_at", "at"),
    )
    op.create_table(
        "digest_key",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name="is_one"),
    )
