"""An index of the time slots that are held to move a meeting: they are free when it is cancelled."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

IS_TO_MOVE = sa.text("existing_meeting_id IS NOT NULL AND hold_expires_at IS NOT NULL")


def upgrade() -> None:
    op.create_index("hold_to_move_a_meeting", "time_slot", ["existing_meeting_id"], postgresql_where=IS_TO_MOVE)
