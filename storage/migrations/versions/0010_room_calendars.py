"""Calendars elsewhere of rooms: a calendar is an employee's or a room's, and so is a time slot that comes from it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

HAS_AN_OWNER = "employee_id IS NOT NULL OR (room_id IS NOT NULL AND calendar_id IS NOT NULL)"


def upgrade() -> None:
    op.alter_column("calendar", "employee_id", nullable=True)
    op.add_column("calendar", sa.Column("room_id", sa.Uuid, sa.ForeignKey("room.id", ondelete="CASCADE")))
    op.create_check_constraint("has_one_owner", "calendar", "num_nonnulls(employee_id, room_id) = 1")
    op.create_index("calendar_by_room", "calendar", ["room_id"])
    op.alter_column("time_slot", "employee_id", nullable=True)
    op.create_check_constraint("has_an_employee_or_a_rooms_calendar", "time_slot", HAS_AN_OWNER)
