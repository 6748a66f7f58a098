"""Pages of the event log: which events, and a cursor that leads on from any page, the last one too."""

import base64
from collections.abc import Sequence
from typing import Annotated, Final, TypedDict
from urllib.parse import urlencode

from pydantic import Field

from api.principals import Principal
from api.schemas.common import Body, Listed, any_case, readable
from storage.booking_tables import BookingEventRow
from storage.events import EventKind

BIGGEST: Final = 2**63 - 1


def write_cursor(position: int | None) -> str:
    return base64.urlsafe_b64encode(str(position or 0).encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> int:
    """Raises ValueError for what `write_cursor` did not write."""
    try:
        position = int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        position = -1
    if not 0 <= position <= BIGGEST or write_cursor(position) != cursor:
        message = "is not a cursor of this list; send the one that the page before had"
        raise ValueError(message)
    return position


class Wanted(TypedDict):
    client_id: str | None
    kinds: list[EventKind]
    after: int
    limit: int


class EventsQuery(Body):
    """Which events to list."""

    types: Listed[Annotated[EventKind, any_case(EventKind)]] = Field([], description="Only events of these types.")
    limit: int = Field(100, ge=1, le=500, description="The most events in one answer.")
    cursor: Annotated[str, Field(max_length=40), readable(read_cursor)] | None = Field(
        None, description="Where the page before ended; else from the beginning."
    )

    def wanted(self, principal: Principal) -> Wanted:
        """One event more than are shown, to see whether there is more."""
        return {
            "client_id": None if principal.is_staff else principal.client_id,
            "kinds": self.types,
            "after": read_cursor(self.cursor) if self.cursor else 0,
            "limit": self.limit + 1,
        }


def next_page(query: EventsQuery, found: Sequence[BookingEventRow]) -> dict[str, str]:
    """The `Link` header to the next page, if there is more than one page of `found`."""
    if len(found) <= query.limit:
        return {}
    types = {"types": ",".join(query.types)} if query.types else {}
    cursor = write_cursor(found[query.limit - 1].position)
    return {"Link": f'</bookme/events?{urlencode({**types, "limit": query.limit, "cursor": cursor})}>; rel="next"'}
