"""Schemas and pages of published events. The event log and the webhooks have the same events."""

import base64
from typing import Annotated, Final, NamedTuple, Self
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.http.pagination import CursorCodec
from api.schemas.base import examples
from api.schemas.base.common import Body, Instant, Listed, Wire, any_case, readable
from api.schemas.base.examples import example
from domain.messages.booking import CancelledBy
from storage.bookings.events import EventKind
from storage.tables.booking import BookingEventRow

BIGGEST: Final = 2**63 - 1

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

    client_id: str = Field(description="The client that owns the booking.")
    reservation_token: str = Field(description="The client's own name for the booking.")
    time_slot_id: UUID = Field(description="The time slot of the event.")
    meeting_id: UUID | None = Field(None, description="The meeting, if there is one.")
    employee_id: UUID | None = Field(None, description="The employee of the time slot.")
    start: str | None = Field(None, description="Start of the time slot.")
    expired_at: str | None = Field(None, description="`booking.expired`: the deadline that passed.")
    cause: str | None = Field(None, description="`booking.released`, `booking.expired`: the cause.")
    cancelled_by: CancelledBy | None = Field(
        None,
        description="`meeting.cancelled`, `booking.released`: `client` (the client that owns the booking), `staff` "
        "(another client, with the scope `bookme.staff`), `operator` (an operator of BookMe) or `system` (BookMe, "
        "after a failure). Events from before version 0.3 do not have it.",
    )
    reason: str | None = Field(
        None, description="`meeting.cancelled`, `booking.released`: the reason that they gave, as free text."
    )
    changed: str | None = Field(None, description="`meeting.changed`: the changed fields, joined by commas.")
    previous_start: str | None = Field(None, description="`meeting.moved`: start of the meeting before the move.")
    previous_time_slot_id: UUID | None = Field(
        None, description="`meeting.moved`: time slot of the meeting before the move."
    )
    before: str | None = Field(
        None, description="`meeting.reminder`: time from the reminder to the meeting, such as `P1D`."
    )


class Event(Wire):
    """A published event. Its `id` is the same in the log and in every webhook, where it is the header `webhook-id`."""

    model_config = example(**EXAMPLE)

    id: str = Field(description="Id of the event. An event with an id that you already know is a repeat.")
    type: str = Field(description="Type of the event.")
    timestamp: Instant = Field(description="When the event happened.")
    data: EventData = Field(description="The booking that the event is about.")


class Events(Wire):
    """A page of the event log, and the cursor at its end."""

    model_config = example(events=[EXAMPLE], cursor="NDcxLjVhOWYzZGJlMmY2MTUwZjdhMGI3YTJmMWMxZDhmM2Fh")

    events: list[Event] = Field(description="Events in the order of publication.")
    cursor: str = Field(
        description="End of this page. Send this cursor, now or later, to get the events after this page."
    )


class EventPlace(NamedTuple):
    """Position and id of the last event that a client has read. Before the first event, the id is None.

    The id shows whether the log is still the one that the client read. After a restore of the database to an earlier
    moment, the position belongs to another event, or to none yet.
    """

    position: int = 0
    event_id: UUID | None = None

    @classmethod
    def of(cls, event: BookingEventRow) -> Self:
        return cls(event.position or 0, event.public_id)


def _write(place: EventPlace) -> str:
    text = str(place.position) if place.event_id is None else f"{place.position}.{place.event_id.hex}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _parse(cursor: str) -> EventPlace:
    position, _, identity = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(".")
    found = EventPlace(int(position), UUID(identity) if identity else None)
    is_possible = 0 <= found.position <= BIGGEST and (found.position > 0) == (found.event_id is not None)
    if not is_possible or _write(found) != cursor:
        raise ValueError(cursor)
    return found


BY_POSITION: Final = CursorCodec(_write, _parse)
"""Cursors of the event log. A cursor exists after any page, even after the last, to read on later."""


class EventsQuery(Body):
    """Query parameters of the event list."""

    types: Listed[Annotated[EventKind, any_case(EventKind)]] = Field([], description="Only events of these types.")
    limit: int = Field(100, ge=1, le=500, description="Maximum number of events in one answer.")
    cursor: Annotated[str, Field(max_length=100), readable(BY_POSITION.read)] | None = Field(
        None, description="The `cursor` of the previous page. Without a cursor, the list starts at the first event."
    )

    @property
    def after(self) -> EventPlace:
        return BY_POSITION.read(self.cursor) if self.cursor else EventPlace()
