"""Names and ids of workflows, schedules and signals."""

import hashlib
import string
from typing import Final
from uuid import UUID

from domain.messages.booking import BookingKey

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
"""Separates the escaped client from the escaped token. Inside an escape, a hexadecimal digit follows each `~`."""

DIGEST_PREFIX: Final = "~-"
"""Prefix of the digest that replaces a name which is too long. No escaped name begins with this prefix."""


def workflow_id(booking: BookingKey) -> str:
    """Return the workflow id of the booking: `booking-{client}~~{token}`, with client and token escaped.

    The id has letters, digits, `.`, `_`, `-` and `~` only, because the Temporal UI cannot open an id that has a `%`.
    If the id would be longer than Temporal allows, a SHA-256 digest replaces client and token.
    """
    return _fitting(BOOKING_PREFIX, f"{escaped(booking.client_id)}{SEPARATOR}{escaped(booking.token)}")


def escaped(text: str) -> str:
    """Replace each UTF-8 byte except ASCII letters, digits, `.`, `_` and `-` by `~` and two hexadecimal digits."""
    # `surrogatepass`: without it, a string with a lone surrogate could not be encoded.
    return "".join(
        chr(byte) if byte in PLAIN_BYTES else f"~{byte:02X}" for byte in text.encode("utf-8", "surrogatepass")
    )


def meeting_workflow_id(meeting_id: UUID) -> str:
    """Return the workflow id of the meeting: `meeting-{id}`."""
    return f"{MEETING_PREFIX}{meeting_id}"


def meeting_of(workflow_id: str) -> UUID | None:
    """Return the id of the meeting whose run has this workflow id, or None if the run is not that of a meeting."""
    try:
        meeting_id = UUID(workflow_id.removeprefix(MEETING_PREFIX))
    except ValueError:
        return None
    return meeting_id if workflow_id == meeting_workflow_id(meeting_id) else None


def delivery_workflow_id(client_id: str) -> str:
    """Return the id of the run that delivers to all webhooks of the client: `deliveries-{client}`.

    The client is escaped, and shortened if necessary, as in `workflow_id`.
    """
    return _fitting(DELIVERIES_PREFIX, escaped(client_id))


def _fitting(prefix: str, name: str) -> str:
    """Return the prefix and the name. If this is longer than Temporal allows, a SHA-256 digest replaces the name."""
    if len(prefix + name) > LONGEST_ID:
        name = f"{DIGEST_PREFIX}{hashlib.sha256(name.encode()).hexdigest()}"
    return prefix + name
