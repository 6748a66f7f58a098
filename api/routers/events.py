"""The published event log: what has happened, in an order that never changes."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from activities.event_payloads import payload
from api.auth import Reader
from api.event_pages import EventsQuery, next_page, write_cursor
from api.openapi import sends
from api.refusals import errors
from api.route import JsonRoute
from api.schemas.events import Event, Events
from api.state import Transaction
from storage.event_log import publish, read_events

router = APIRouter(prefix="/bookme/events", tags=["BookMe"], route_class=JsonRoute)


@router.get("", operation_id="Events_list", responses=errors() | sends("Link"))
async def list_events(
    principal: Reader, session: Transaction, response: Response, query: Annotated[EventsQuery, Query()]
) -> Events:
    """What happened to the client's bookings (staff: everybody's), a page at a time, from the `cursor` on.

    Each event comes once, and none is passed over: keep the last `cursor`, and ask with it again for what came since.
    While there is more now, the header `Link: <…>; rel="next"` (RFC 8288) leads on.
    """
    await publish(session)
    found = await read_events(session, **query.wanted(principal))
    shown = found[: query.limit]
    response.headers.update(next_page(query, found))
    end = write_cursor(shown[-1].position) if shown else query.cursor
    return Events(events=[Event.model_validate(payload(each)) for each in shown], cursor=end or write_cursor(0))
