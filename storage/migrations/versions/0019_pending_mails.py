"""An index of mails that are not sent yet: the metrics count them every few seconds."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("invitation_pending", "invitation", ["created_at"], postgresql_where=sa.text("status = 'Pending'"))
