"""Several former secrets of a webhook that sign too, each until its own grace period is over."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEEP_THE_PREVIOUS_ONE = """
UPDATE webhook SET former_secrets = jsonb_build_array(jsonb_build_object(
    'secret', previous_secret,
    'until', to_char(previous_secret_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')
)) WHERE previous_secret IS NOT NULL AND previous_secret_until IS NOT NULL
"""


def upgrade() -> None:
    column = sa.Column("former_secrets", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'"))
    op.add_column("webhook", column)
    op.execute(KEEP_THE_PREVIOUS_ONE)
    op.alter_column("webhook", "former_secrets", server_default=None)
    op.drop_column("webhook", "previous_secret")
    op.drop_column("webhook", "previous_secret_until")
