"""The names by which workflows are started and found."""

import hashlib
import string
from typing import Final
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

BOOKING_PREFIX: Final = "booking-"
DELIVERIES_PREFIX: Final = "deliveries-"
LONGEST_ID: Final = 1000
"""Bytes that Temporal allows in a workflow id by default (`limit.maxIDLength`)."""

PLAIN_BYTES: Final = frozenset(f"{string.ascii_letters}{string.digits}._-".encode())
SEPARATOR: Final = "~~"
"""Parts the escaped client from the escaped token: within an escape, `~` is followed by a hexadecimal digit."""

DIGEST_PREFIX: Final = "~-"
"""Begins the name of a booking whose escaped name is too long. No escaped name begins so."""


def workflow_id(booking: BookingName) -> str:
    """Return `booking-{client}~~{token}`: one workflow id per booking, whatever characters the token has.

    The id has letters, digits, `.`, `_`, `-` and `~` only, because the Temporal UI cannot open an id that has a `%`.
    An id that would be longer than Temporal allows names the booking by its SHA-256 digest.
    """
    return _fitting(BOOKING_PREFIX, f"{escaped(booking.client_id)}{SEPARATOR}{escaped(booking.token)}")


def escaped(text: str) -> str:
    """Replace each byte of UTF-8 that is no letter, digit, `.`, `_` or `-` by `~` and two hexadecimal digits."""
    # `surrogatepass`: every Python string has an escape, so that no text can fail here.
    return "".join(
        chr(byte) if byte in PLAIN_BYTES else f"~{byte:02X}" for byte in text.encode("utf-8", "surrogatepass")
    )


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


def delivery_workflow_id(client_id: str) -> str:
    """`deliveries-{client}`: one run delivers to all webhooks of a client. Escaped as in `workflow_id`."""
    return _fitting(DELIVERIES_PREFIX, escaped(client_id))


def _fitting(prefix: str, name: str) -> str:
    """The prefix and the name; the SHA-256 digest of the name where that would be longer than Temporal allows."""
    if len(prefix + name) > LONGEST_ID:
        name = f"{DIGEST_PREFIX}{hashlib.sha256(name.encode()).hexdigest()}"
    return prefix + name
