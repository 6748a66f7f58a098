"""Configuration, time slots, meetings, the event log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
HELD = "status IN ('Booked', 'PostProcessing', 'PreProcessing', 'Reserved', 'TravelTime')"
STATUSES = (
    "'Reserved', 'Booked', 'Busy', 'ExtraOpen', 'WorkingFromElsewhere', 'AvailableForWork', 'BusyAppointmentInstance', "
    "'BusyAppointmentOccurence', 'BusyEventInstance', 'BusyEventOccurence', 'PreProcessing', 'PostProcessing', "
    "'TravelTime'"
)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    create_configuration()
    create_people()
    create_time_slot()
    create_meeting()
    create_logs()


def create_configuration() -> None:
    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("time_zone", sa.String, nullable=False),
        sa.Column("slot_interval", sa.Interval, nullable=False),
        sa.Column("default_duration", sa.Interval, nullable=False),
        sa.Column("default_look_forward", sa.Interval, nullable=False),
        sa.Column("max_look_forward", sa.Interval, nullable=False),
        sa.Column("max_time_from_booking_to_meeting", sa.Interval, nullable=False),
        sa.CheckConstraint("id = 1", name="is_one"),
    )
    op.create_table(
        "location",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("display_name", sa.String, nullable=False),
        sa.Column("require_available_room", sa.Boolean, nullable=False),
    )
    op.create_table(
        "topic",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("unique_topic_id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("parent_id", sa.Uuid, sa.ForeignKey("topic.id")),
        sa.Column("order", sa.Integer),
        sa.Column("is_customer_bookable", sa.Boolean, nullable=False),
        sa.UniqueConstraint("unique_topic_id"),
    )
    op.create_table(
        "customer_type",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "topic_customer_type",
        sa.Column("topic_id", sa.Uuid, sa.ForeignKey("topic.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("customer_type_id", sa.Uuid, sa.ForeignKey("customer_type.id", ondelete="CASCADE"), primary_key=True),
    )


def create_people() -> None:
    op.create_table(
        "employee",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("display_name", sa.String, nullable=False),
        sa.Column("first_name", sa.String, nullable=False),
        sa.Column("last_name", sa.String, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("initials", sa.String, nullable=False),
        sa.Column("location", sa.String, sa.ForeignKey("location.id")),
        sa.Column("external_id", sa.String),
        sa.Column("can_be_booked", sa.Boolean, nullable=False),
        sa.Column("is_only_explicitly_available", sa.Boolean, nullable=False),
    )
    op.create_table(
        "workday",
        sa.Column("employee_id", sa.Uuid, sa.ForeignKey("employee.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("weekday", sa.Integer, primary_key=True),
        sa.Column("starts", sa.Time, nullable=False),
        sa.Column("ends", sa.Time, nullable=False),
        sa.Column("location", sa.String, sa.ForeignKey("location.id"), nullable=False),
        sa.Column("meeting_types", pg.ARRAY(sa.Text), nullable=False),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday_is_iso"),
        sa.CheckConstraint("starts < ends OR ends = '00:00'", name="is_not_overnight"),
    )
    for skill in ("topic", "customer_type"):
        op.create_table(
            f"employee_{skill}",
            sa.Column("employee_id", sa.Uuid, sa.ForeignKey("employee.id", ondelete="CASCADE"), primary_key=True),
            sa.Column(f"{skill}_id", sa.Uuid, sa.ForeignKey(f"{skill}.id", ondelete="CASCADE"), primary_key=True),
        )
    op.create_table(
        "room",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("location", sa.String, sa.ForeignKey("location.id"), nullable=False),
        sa.Column("can_be_booked", sa.Boolean, nullable=False),
    )


def create_time_slot() -> None:
    op.create_table(
        "time_slot",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("start_at", INSTANT, nullable=False),
        sa.Column("end_at", INSTANT, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("employee_id", sa.Uuid, sa.ForeignKey("employee.id"), nullable=False),
        sa.Column("room_id", sa.Uuid, sa.ForeignKey("room.id")),
        sa.Column("service_group", sa.String),
        sa.Column("booking_key", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("hold_expires_at", INSTANT),
        sa.Column("client_id", sa.String),
        sa.Column("reservation_token", sa.String),
        sa.Column("asked_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("modified_at", INSTANT, nullable=False),
        sa.CheckConstraint("start_at < end_at", name="ends_after_it_starts"),
        sa.CheckConstraint(f"status IN ({STATUSES})", name="status_is_known"),
        sa.CheckConstraint(
            "hold_expires_at IS NULL OR (client_id IS NOT NULL AND reservation_token IS NOT NULL)",
            name="hold_has_an_owner",
        ),
        forbid_overlap("employee"),
        forbid_overlap("room"),
    )
    op.create_index(
        "one_hold_per_token",
        "time_slot",
        ["client_id", "reservation_token"],
        unique=True,
        postgresql_where=sa.text("hold_expires_at IS NOT NULL"),
    )
    op.create_index("time_slot_by_employee", "time_slot", ["employee_id", "end_at"])
    op.create_index("time_slot_by_room", "time_slot", ["room_id", "end_at"])
    op.create_index("time_slot_by_end", "time_slot", ["end_at"])


def forbid_overlap(resource: str) -> pg.ExcludeConstraint:
    return pg.ExcludeConstraint(
        (f"{resource}_id", "="),
        ("booking_key", "<>"),
        (sa.text("tstzrange(start_at, end_at)"), "&&"),
        where=sa.text(HELD),
        using="gist",
        name=f"no_two_bookings_of_one_{resource}_overlap",
    )


def create_meeting() -> None:
    op.create_table(
        "meeting",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("time_slot_id", sa.Uuid, sa.ForeignKey("time_slot.id"), nullable=False),
        sa.Column("client_id", sa.String, nullable=False),
        sa.Column("booked_by", sa.String, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("topic_id", sa.Uuid, sa.ForeignKey("topic.id"), nullable=False),
        sa.Column("customer_type_id", sa.Uuid, sa.ForeignKey("customer_type.id"), nullable=False),
        sa.Column("employee_id", sa.Uuid, sa.ForeignKey("employee.id"), nullable=False),
        sa.Column("room_id", sa.Uuid, sa.ForeignKey("room.id")),
        sa.Column("customer_id", sa.String, nullable=False),
        sa.Column("title", sa.String),
        sa.Column("description", sa.String),
        sa.Column("video_link", sa.String),
        sa.Column("additional_employees", pg.ARRAY(sa.Uuid), nullable=False),
        sa.Column("salesforce_id", sa.String),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("modified_at", INSTANT, nullable=False),
        sa.UniqueConstraint("time_slot_id"),
    )
    op.create_index("meeting_by_employee_id", "meeting", ["employee_id"])
    op.create_index("meeting_by_modified_at", "meeting", ["modified_at", "id"])


def create_logs() -> None:
    op.create_table(
        "booking_event",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("client_id", sa.String, nullable=False),
        sa.Column("reservation_token", sa.String, nullable=False),
        sa.Column("time_slot_id", sa.Uuid, nullable=False),
        sa.Column("meeting_id", sa.Uuid),
        sa.Column("facts", pg.JSONB, nullable=False),
    )
    op.create_index("booking_event_by_time_slot", "booking_event", ["time_slot_id", "id"])
    op.create_table(
        "idempotency_key",
        sa.Column("client_id", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("used_at", INSTANT, nullable=False),
    )
