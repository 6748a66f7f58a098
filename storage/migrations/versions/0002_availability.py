"""Everything that the availability rules read: settings, closing days, groups, caps, calendars elsewhere."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
USUAL_PRIORITY = '[{"capacity": "Explicit"}, {"capacity": "Local"}, {"capacity": "ServiceGroup"}]'


def upgrade() -> None:
    add_settings()
    protect_what_is_named()
    create_closing_day()
    create_competence_groups()
    create_service_groups()
    create_calendar()


def add_settings() -> None:
    no_time = sa.text("'0'::interval")
    added = {
        "organisation": (
            sa.Column("buffer_between_meetings", sa.Interval, nullable=False, server_default=no_time),
            sa.Column("working_time_buffer", sa.Interval, nullable=False, server_default=no_time),
            sa.Column("opens", sa.Time),
            sa.Column("closes", sa.Time),
            sa.Column("max_meeting_time_per_day", sa.Interval),
            sa.Column("priority_levels", pg.JSONB, nullable=False, server_default=sa.text(f"'{USUAL_PRIORITY}'")),
            sa.Column("calendar_title", sa.String),
            sa.Column("calendar_description", sa.String),
        ),
        "location": (
            sa.Column("add_rooms_to_booked_meetings", sa.Boolean, nullable=False, server_default=sa.text("true")),
        ),
        "employee": (sa.Column("max_meeting_time_per_day", sa.Interval),),
    }
    for table, columns in added.items():
        for column in columns:
            op.add_column(table, column)
            if column.server_default is not None:
                op.alter_column(table, column.name, server_default=None)


def protect_what_is_named() -> None:
    """Whoever loses the last skill would be open to everything: a skill that is in use stays."""
    for table, column, named in (
        ("employee_topic", "topic_id", "topic"),
        ("employee_customer_type", "customer_type_id", "customer_type"),
        ("topic_customer_type", "customer_type_id", "customer_type"),
    ):
        op.drop_constraint(f"{table}_{column}_fkey", table)
        op.create_foreign_key(f"{table}_{column}_fkey", table, named, [column], ["id"])


def create_closing_day() -> None:
    op.create_table(
        "closing_day",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
    )


def create_competence_groups() -> None:
    op.create_table(
        "competence_group",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("parent_id", sa.Uuid, sa.ForeignKey("competence_group.id")),
        sa.UniqueConstraint("name"),
    )
    link("competence_group", "topic", "topic_id", sa.ForeignKey("topic.id"))
    link("competence_group", "customer_type", "customer_type_id", sa.ForeignKey("customer_type.id"))
    link("competence_group", "member", "employee_id", sa.ForeignKey("employee.id", ondelete="CASCADE"))


def create_service_groups() -> None:
    op.create_table(
        "service_group",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("label", sa.String),
        sa.Column("meeting_types", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("max_meeting_time_per_day", sa.Interval),
        sa.UniqueConstraint("name"),
    )
    link("service_group", "topic", "topic_id", sa.ForeignKey("topic.id"))
    link("service_group", "customer_type", "customer_type_id", sa.ForeignKey("customer_type.id"))
    link("service_group", "customer_location", "location_id", sa.ForeignKey("location.id"), sa.String)
    link("service_group", "location", "location_id", sa.ForeignKey("location.id"), sa.String)
    link("service_group", "member", "employee_id", sa.ForeignKey("employee.id", ondelete="CASCADE"))


def link(group: str, what: str, column: str, named: sa.ForeignKey, kind: type = sa.Uuid) -> None:
    op.create_table(
        f"{group}_{what}",
        sa.Column("group_id", sa.Uuid, sa.ForeignKey(f"{group}.id", ondelete="CASCADE"), primary_key=True),
        sa.Column(column, kind, named, primary_key=True),
    )


def create_calendar() -> None:
    op.create_table(
        "calendar",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("employee_id", sa.Uuid, sa.ForeignKey("employee.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("url", sa.String),
        sa.Column("content", sa.String),
        sa.Column("busy_times", sa.Integer, nullable=False),
        sa.Column("imported_at", INSTANT),
        sa.Column("failed_at", INSTANT),
        sa.Column("failure", sa.String),
    )
    op.create_index("calendar_by_employee", "calendar", ["employee_id"])
    op.add_column("time_slot", sa.Column("calendar_id", sa.Uuid, sa.ForeignKey("calendar.id", ondelete="CASCADE")))
    op.create_index("time_slot_by_calendar_id", "time_slot", ["calendar_id"])
