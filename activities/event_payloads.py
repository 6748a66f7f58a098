"""An event as it is published: one shape, in the log and in webhooks (Standard Webhooks). No personal data."""

import json
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from domain.errors import instant
from storage.booking_tables import BookingEventRow

UTC_OFFSET: Final = "+00:00"


def public_id(event: BookingEventRow) -> str:
    """The id under which a stored event is published, always the same: its receivers know repeats by it."""
    return f"evt_{UUID(str(event.public_id)).hex}"


def payload(event: BookingEventRow) -> dict[str, Any]:
    """What is told of an event."""
    return {
        "id": public_id(event),
        "type": event.kind,
        "timestamp": instant(event.at),
        "data": _data(event),
    }


def body(event: BookingEventRow) -> str:
    """The same as the text that is signed and sent."""
    return json.dumps(payload(event), ensure_ascii=False, separators=(",", ":"))


def _data(event: BookingEventRow) -> dict[str, Any]:
    named = {
        "clientId": event.client_id,
        "reservationToken": event.reservation_token,
        "timeSlotId": str(event.time_slot_id),
        "meetingId": None if event.meeting_id is None else str(event.meeting_id),
    }
    facts = {name: _written(value) for name, value in event.facts.items()}
    return {name: value for name, value in (facts | named).items() if value is not None}


def _written(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Instants as everywhere on the wire."""
    if not isinstance(value, str) or not value.endswith(UTC_OFFSET):
        return value
    try:
        return instant(datetime.fromisoformat(value))
    except ValueError:
        return value
