"""Schemas of published events. The event log and the webhooks have the same events."""

from typing import Final
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.schemas.base import examples
from api.schemas.base.common import Instant, Wire
from api.schemas.base.examples import example

EXAMPLE: Final[JsonDict] = {
    "id": "evt_5a9f3dbe2f6150f7a0b7a2f1c1d8f3aa",
    "type": "meeting.created",
    "timestamp": examples.CHANGED,
    "data": {
        "clientId": "demo",
        "reservationToken": examples.TOKEN,
        "timeSlotId": examples.TIME_SLOT,
        "meetingId": examples.MEETING,
        "employeeId": examples.EMPLOYEE,
        "start": examples.START,
    },
}


class EventData(Wire):
    """The booking that an event is about. Some event types have additional members."""

    model_config = ConfigDict(extra="allow")

    client_id: str = Field(description="Whose booking it is.")
    reservation_token: str = Field(description="The client's own name for the booking.")
    time_slot_id: UUID = Field(description="The time slot that it happened to.")
    meeting_id: UUID | None = Field(None, description="The meeting, if there is one.")
    employee_id: UUID | None = Field(None, description="Whose time it is.")
    start: str | None = Field(None, description="When the time slot begins.")
    expired_at: str | None = Field(None, description="`booking.expired`: the deadline that had passed.")
    cause: str | None = Field(None, description="`booking.released`, `booking.expired`: why.")
    changed: str | None = Field(None, description="`meeting.changed`: the changed fields, joined by commas.")
    previous_start: str | None = Field(None, description="`meeting.moved`: when the meeting was to begin.")
    previous_time_slot_id: UUID | None = Field(None, description="`meeting.moved`: the time slot that it had.")
    before: str | None = Field(None, description="`meeting.reminder`: how long before the meeting, as `P1D`.")


class Event(Wire):
    """A published event. Its `id` is the same in the log and in every webhook, where it is the header `webhook-id`."""

    model_config = example(**EXAMPLE)

    id: str = Field(description="Names the event: whoever sees it twice has seen a repeat.")
    type: str = Field(description="What happened.")
    timestamp: Instant = Field(description="When.")
    data: EventData = Field(description="To what.")


class Events(Wire):
    """A page of the event log, and the cursor at its end."""

    model_config = example(events=[EXAMPLE], cursor="NDcxLjVhOWYzZGJlMmY2MTUwZjdhMGI3YTJmMWMxZDhmM2Fh")

    events: list[Event] = Field(description="In the order in which they were published.")
    cursor: str = Field(description="Where this page ends: send it to go on from there, now or later.")
