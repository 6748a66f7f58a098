"""Indexes for operators, the metrics, and the daily deletion of old rows."""

from storage.online_changes import create_index

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

HAS_TEXTS = "(title IS NOT NULL OR description IS NOT NULL OR video_link IS NOT NULL OR cancel_reason IS NOT NULL)"


def upgrade() -> None:
    create_index("booking_event_by_customer", "booking_event", ["customer_id", "id"], where="customer_id IS NOT NULL")
    create_index("meeting_by_customer", "meeting", ["customer_id"])
    create_index("booking_event_by_token", "booking_event", ["reservation_token", "id"])
    # Events are appended in the order of time. So a BRIN index finds a period, and costs writers nothing.
    create_index("booking_event_by_at", "booking_event", ["at"], using="brin")
    create_index("invitation_pending", "invitation", ["created_at"], where="status = 'Pending'")
    create_index("invitation_by_created_at", "invitation", ["created_at"])
    no_booking = "status NOT IN ('Reserved', 'Booked')"
    create_index("time_slot_without_booking_by_end", "time_slot", ["end_at"], where=no_booking)
    create_index("meeting_with_texts_by_end", "meeting", ["end_at"], where=HAS_TEXTS)
    ended = "webhook_delivery_ended_by_created_at"
    create_index(ended, "webhook_delivery", ["created_at"], where="status <> 'Pending'")
