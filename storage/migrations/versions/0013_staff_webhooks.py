"""Until when a webhook is sent events of every client: those that exist get a week to show the scope again."""

import sqlalchemy as sa
from alembic import op

from storage.tables.columns import INSTANT

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("webhook", sa.Column("every_client_until", INSTANT))
    op.execute("UPDATE webhook SET every_client_until = now() + interval 'P7D' WHERE every_client")
