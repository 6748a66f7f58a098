"""The schema of the first release. A database that went through the revisions before it is at 0015, and has it too."""

from pathlib import Path

from alembic import op

revision = "0015"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # One statement at a time, because asyncpg prepares each.
    for statement in Path(__file__).with_suffix(".sql").read_text().split(";\n")[:-1]:
        op.execute(statement)
