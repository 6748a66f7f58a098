"""The version of each feed's content: whoever has it is told so without making the content."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("feed", sa.Column("version", sa.LargeBinary()))
