"""Endpoint of the published event log, whose order never changes."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth.scopes import Reader
from api.dependencies import Transaction
from api.http.refusals import errors
from api.http.route import JsonRoute
from api.openapi import sends
from api.resources.event_pages import Cursor, EventsQuery, check_cursor, cursor_at, next_page, write_cursor
from api.schemas.events import Event, Events
from domain.errors import Reason
from integrations.webhooks.payloads import payload
from storage.notifications.event_log import publish, read_events

router = APIRouter(prefix="/bookme/events", tags=["BookMe"], route_class=JsonRoute)


@router.get("", operation_id="Events_list", responses=errors(Reason.CURSOR_LOST) | sends("Link"))
async def list_events(
    principal: Reader, session: Transaction, response: Response, query: Annotated[EventsQuery, Query()]
) -> Events:
    """The events of the client's bookings (staff: of everybody's), a page at a time, from the `cursor` on.

    No event is repeated or skipped. Keep the last `cursor`, and send it again to get the events published since then.
    While there are more events now, the header `Link: <…>; rel="next"` (RFC 8288) names the next page.

    A cursor past events that a restored database does not have any more is answered 410 `CURSOR_LOST`. Then read the
    log from its beginning. Events keep their ids.
    """
    await publish(session)
    await check_cursor(session, query.cursor)
    found = await read_events(session, **query.wanted(principal))
    shown = found[: query.limit]
    response.headers.update(next_page(query, found))
    end = cursor_at(shown[-1]) if shown else query.cursor
    return Events(events=[Event.model_validate(payload(each)) for each in shown], cursor=end or write_cursor(Cursor()))
