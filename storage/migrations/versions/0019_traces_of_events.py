"""The place of an event in the trace of its request, so that its webhooks continue the trace."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("booking_event", sa.Column("traceparent", sa.String))
