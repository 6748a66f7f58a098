"""Pages of the event log: which events, and a cursor that leads on from any page, the last one too."""

import base64
from collections.abc import Sequence
from typing import Annotated, Final, NamedTuple, TypedDict
from urllib.parse import urlencode
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.principals import Principal
from api.schemas.common import Body, Listed, any_case, readable
from domain.errors import CursorLost
from storage.booking_tables import BookingEventRow
from storage.event_log import is_published_at
from storage.events import EventKind

BIGGEST: Final = 2**63 - 1


class Cursor(NamedTuple):
    """The last event that a reader has seen, by its position and its id; None of both before the first event.

    The id tells whether the log is still the one that was read: a database that was restored to an earlier moment gives
    the position to another event, or to none yet.
    """

    position: int = 0
    event_id: UUID | None = None


def write_cursor(last: Cursor) -> str:
    text = str(last.position) if last.event_id is None else f"{last.position}.{last.event_id.hex}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def cursor_at(event: BookingEventRow) -> str:
    """The cursor of a reader who has seen this event last."""
    return write_cursor(Cursor(event.position or 0, event.public_id))


def read_cursor(cursor: str) -> Cursor:
    """Raises ValueError for what `write_cursor` did not write."""
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
    """Raise `CursorLost` unless the log has every event that a reader with this cursor has seen."""
    seen = read_cursor(cursor) if cursor else Cursor()
    if seen.event_id is not None and not await is_published_at(session, seen.position, seen.event_id):
        raise CursorLost


class Wanted(TypedDict):
    client_id: str | None
    kinds: list[EventKind]
    after: int
    limit: int


class EventsQuery(Body):
    """Which events to list."""

    types: Listed[Annotated[EventKind, any_case(EventKind)]] = Field([], description="Only events of these types.")
    limit: int = Field(100, ge=1, le=500, description="The most events in one answer.")
    cursor: Annotated[str, Field(max_length=100), readable(read_cursor)] | None = Field(
        None, description="Where the page before ended; else from the beginning."
    )

    def wanted(self, principal: Principal) -> Wanted:
        """One event more than are shown, to see whether there is more."""
        return {
            "client_id": None if principal.is_staff else principal.client_id,
            "kinds": self.types,
            "after": read_cursor(self.cursor).position if self.cursor else 0,
            "limit": self.limit + 1,
        }


def next_page(query: EventsQuery, found: Sequence[BookingEventRow]) -> dict[str, str]:
    """The `Link` header to the next page, if there is more than one page of `found`."""
    if len(found) <= query.limit:
        return {}
    types = {"types": ",".join(query.types)} if query.types else {}
    cursor = cursor_at(found[query.limit - 1])
    return {"Link": f'</bookme/events?{urlencode({**types, "limit": query.limit, "cursor": cursor})}>; rel="next"'}
