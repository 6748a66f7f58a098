"""The published event log: what has happened, in an order that never changes."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from activities.event_payloads import payload
from api.auth import Reader
from api.event_pages import Cursor, EventsQuery, check_cursor, cursor_at, next_page, write_cursor
from api.openapi import sends
from api.refusals import errors
from api.route import JsonRoute
from api.schemas.events import Event, Events
from api.state import Transaction
from domain.errors import Reason
from storage.event_log import publish, read_events

router = APIRouter(prefix="/bookme/events", tags=["BookMe"], route_class=JsonRoute)


@router.get("", operation_id="Events_list", responses=errors(Reason.CURSOR_LOST) | sends("Link"))
async def list_events(
    principal: Reader, session: Transaction, response: Response, query: Annotated[EventsQuery, Query()]
) -> Events:
    """What happened to the client's bookings (staff: everybody's), a page at a time, from the `cursor` on.

    Each event comes once, and none is passed over: keep the last `cursor`, and ask with it again for what came since.
    While there is more now, the header `Link: <…>; rel="next"` (RFC 8288) leads on.

    A cursor behind events that a restored database does not have any more is answered 410 `CURSOR_LOST`: read the log
    from its beginning then. Events keep their ids.
    """
    await publish(session)
    await check_cursor(session, query.cursor)
    found = await read_events(session, **query.wanted(principal))
    shown = found[: query.limit]
    response.headers.update(next_page(query, found))
    end = cursor_at(shown[-1]) if shown else query.cursor
    return Events(events=[Event.model_validate(payload(each)) for each in shown], cursor=end or write_cursor(Cursor()))
