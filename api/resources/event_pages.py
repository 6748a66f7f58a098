"""Pages of the event log: query parameters, and cursors that continue after any page, even after the last."""

import base64
from collections.abc import Sequence
from typing import Annotated, Final, NamedTuple, TypedDict
from urllib.parse import urlencode
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.principals import Principal
from api.schemas.base.common import Body, Listed, any_case, readable
from domain.errors import CursorLost
from storage.bookings.events import EventKind
from storage.notifications.event_log import is_published_at
from storage.tables.booking import BookingEventRow

BIGGEST: Final = 2**63 - 1


class Cursor(NamedTuple):
    """Position and id of the last event that a client has read. Before the first event, the id is None.

    The id shows whether the log is still the one that the client read. After a restore of the database to an earlier
    moment, the position belongs to another event, or to none yet.
    """

    position: int = 0
    event_id: UUID | None = None


def write_cursor(last: Cursor) -> str:
    text = str(last.position) if last.event_id is None else f"{last.position}.{last.event_id.hex}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def cursor_at(event: BookingEventRow) -> str:
    """Return the cursor of a client that has read this event last."""
    return write_cursor(Cursor(event.position or 0, event.public_id))


def read_cursor(cursor: str) -> Cursor:
    """Parse a cursor. Raise ValueError if `write_cursor` cannot have written it."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        position, _, identity = text.partition(".")
        found = Cursor(int(position), UUID(identity) if identity else None)
    except ValueError:
        found = Cursor(-1)
    is_possible = 0 <= found.position <= BIGGEST and (found.position > 0) == (found.event_id is not None)
    if not is_possible or write_cursor(found) != cursor:
        message = "is not a cursor of this list; send the one that the page before had"
        raise ValueError(message)
    return found


async def check_cursor(session: AsyncSession, cursor: str | None) -> None:
    """Raise `CursorLost` unless the log still has the last event that a client with this cursor has read."""
    seen = read_cursor(cursor) if cursor else Cursor()
    if seen.event_id is not None and not await is_published_at(session, seen.position, seen.event_id):
        raise CursorLost


class Wanted(TypedDict):
    client_id: str | None
    kinds: list[EventKind]
    after: int
    limit: int


class EventsQuery(Body):
    """Query parameters of the event list."""

    types: Listed[Annotated[EventKind, any_case(EventKind)]] = Field([], description="Only events of these types.")
    limit: int = Field(100, ge=1, le=500, description="The most events in one answer.")
    cursor: Annotated[str, Field(max_length=100), readable(read_cursor)] | None = Field(
        None, description="Where the page before ended; else from the beginning."
    )

    def wanted(self, principal: Principal) -> Wanted:
        """Return the arguments of `read_events`. `limit` has one event more than a page, to find out if more follow."""
        return {
            "client_id": None if principal.is_staff else principal.client_id,
            "kinds": self.types,
            "after": read_cursor(self.cursor).position if self.cursor else 0,
            "limit": self.limit + 1,
        }


def next_page(query: EventsQuery, found: Sequence[BookingEventRow]) -> dict[str, str]:
    """Return the `Link` header to the next page, or no header if `found` fits on one page."""
    if len(found) <= query.limit:
        return {}
    types = {"types": ",".join(query.types)} if query.types else {}
    cursor = cursor_at(found[query.limit - 1])
    return {"Link": f'</bookme/events?{urlencode({**types, "limit": query.limit, "cursor": cursor})}>; rel="next"'}
