"""The customer of a time slot and of an event, and the log of operators' actions."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("time_slot", sa.Column("customer_id", sa.String))
    op.add_column("booking_event", sa.Column("customer_id", sa.String))
    op.create_table(
        "operator_action",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("actor", "action", "subject", "reason", "outcome")),
    )
    op.create_index("operator_action_by_subject", "operator_action", ["subject", "id"])
