"""The names by which workflows are started and found."""

from urllib.parse import quote
from uuid import UUID

from activities.messages import BookingName

BOOKING_WORKFLOW = "BookingWorkflow"
MEETING_WORKFLOW = "MeetingWorkflow"
MEETING_PREFIX = "meeting-"
LOOK_AGAIN = "look_again"
REFRESH_CALENDARS_WORKFLOW = "RefreshCalendarsWorkflow"
REFRESH_CALENDARS_SCHEDULE = "refresh-calendars"
OPEN_MEETINGS_WORKFLOW = "OpenMeetingsWorkflow"
OPEN_MEETINGS_SCHEDULE = "open-meetings"
RELAY_WORKFLOW = "RelayWorkflow"
RELAY_ID = "relay-events"
WEBHOOK_DELIVERY_WORKFLOW = "WebhookDeliveryWorkflow"
WAKE = "wake"


def workflow_id(booking: BookingName) -> str:
    """`booking-{client}-{token}`: one workflow id per reservation token, whatever characters it has.

    Both parts are percent-encoded, and the client's hyphens too, so that no two bookings can share an id.
    """
    client = quote(booking.client_id, safe="").replace("-", "%2D")
    return f"booking-{client}-{quote(booking.token, safe='')}"


def meeting_workflow_id(meeting_id: UUID) -> str:
    """`meeting-{id}`."""
    return f"{MEETING_PREFIX}{meeting_id}"


def meeting_of(workflow_id: str) -> UUID | None:
    """The meeting whose run has this id; None if it is not such an id."""
    try:
        meeting_id = UUID(workflow_id.removeprefix(MEETING_PREFIX))
    except ValueError:
        return None
    return meeting_id if workflow_id == meeting_workflow_id(meeting_id) else None


def delivery_workflow_id(webhook_id: UUID, booking_key: UUID) -> str:
    """`webhook-{webhook}-{booking}`: one run delivers what happens to one booking, in order."""
    return f"webhook-{webhook_id}-{booking_key}"
