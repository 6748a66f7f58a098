"""Published form of an event, the same in the event log and in webhooks (Standard Webhooks), without personal data."""

import json
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from domain.errors import instant
from storage.tables.booking import BookingEventRow

UTC_OFFSET: Final = "+00:00"


def public_id(event: BookingEventRow) -> str:
    """Return the id under which a stored event is published. The id never changes, so receivers can detect repeats."""
    return f"evt_{UUID(str(event.public_id)).hex}"


def payload(event: BookingEventRow) -> dict[str, Any]:
    """Return the published form of an event, as a JSON object."""
    return {
        "id": public_id(event),
        "type": event.kind,
        "timestamp": instant(event.at),
        "data": _data(event),
    }


def body(event: BookingEventRow) -> str:
    """Return the payload as the JSON text that is signed and sent."""
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
    """Format an instant as everywhere in the API. Return any other value unchanged."""
    if not isinstance(value, str) or not value.endswith(UTC_OFFSET):
        return value
    try:
        return instant(datetime.fromisoformat(value))
    except ValueError:
        return value
