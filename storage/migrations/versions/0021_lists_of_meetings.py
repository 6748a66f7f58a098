"""Indexes for lists of meetings: of one client, by change and by start, and of all clients by start."""

from storage.online_changes import create_index

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_index("meeting_by_start_at", "meeting", ["start_at", "id"])
    create_index("meeting_by_client_and_modified_at", "meeting", ["client_id", "modified_at", "id"])
    create_index("meeting_by_client_and_start_at", "meeting", ["client_id", "start_at", "id"])
