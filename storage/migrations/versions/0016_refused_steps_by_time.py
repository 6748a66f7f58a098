"""An index of refused steps by time: each refusal deletes old ones."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("refused_step_by_refused_at", "refused_step", ["refused_at"])
