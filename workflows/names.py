"""The names by which workflows are started and found."""

from urllib.parse import quote

from activities.messages import BookingName

BOOKING_WORKFLOW = "BookingWorkflow"
REFRESH_CALENDARS_WORKFLOW = "RefreshCalendarsWorkflow"
REFRESH_CALENDARS_SCHEDULE = "refresh-calendars"


def workflow_id(booking: BookingName) -> str:
    """`booking-{client}-{token}`: one workflow id per reservation token, whatever characters it has.

    Both parts are percent-encoded, and the client's hyphens too, so that no two bookings can share an id.
    """
    client = quote(booking.client_id, safe="").replace("-", "%2D")
    return f"booking-{client}-{quote(booking.token, safe='')}"
