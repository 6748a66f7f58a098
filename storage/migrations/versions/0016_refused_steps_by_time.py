"""An index of refused steps by time: each refusal deletes old ones."""

from storage.online_changes import create_index

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_index("refused_step_by_refused_at", "refused_step", ["refused_at"])
