"""Endpoint of the published event log, whose order never changes."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth.scopes import Reader
from api.dependencies import Transaction
from api.http.pagination import page_of
from api.http.refusals import errors
from api.http.route import JsonRoute
from api.openapi import sends
from api.schemas.events import BY_POSITION, Event, EventPlace, Events, EventsQuery
from domain.errors import CursorExpired, CursorLost, Reason
from integrations.webhooks.payloads import payload
from storage.notifications.event_log import is_before_log, is_published_at, publish, read_events

router = APIRouter(prefix="/bookme/events", tags=["BookMe"], route_class=JsonRoute)


@router.get("", operation_id="Events_list", responses=errors(Reason.CURSOR_LOST, Reason.CURSOR_EXPIRED) | sends("Link"))
async def list_events(
    principal: Reader, session: Transaction, response: Response, query: Annotated[EventsQuery, Query()]
) -> Events:
    """List the events of the client's bookings, in pages, after the `cursor`. Staff get the events of all clients.

    No event is repeated or skipped. Keep the last `cursor`, and send it again to get the events published since then.
    While there are more events now, the header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.

    If the database was restored and does not have the events before the cursor any more, the answer is 410
    `CURSOR_LOST`. If the event at the cursor was deleted because it was older than the retention period, the answer is
    410 `CURSOR_EXPIRED`. In both cases read the log from its beginning. Events keep their ids.
    """
    await publish(session)
    after, client_id = query.after, None if principal.is_staff else principal.client_id
    if after.event_id is not None and not await is_published_at(session, after.position, after.event_id):
        raise CursorExpired if await is_before_log(session, after.position) else CursorLost
    found = await read_events(
        session, client_id=client_id, kinds=query.types, after=after.position, limit=query.limit + 1
    )
    shown = page_of(found, query, lambda last: BY_POSITION.write(EventPlace.of(last)), response, router.prefix)
    end = EventPlace.of(shown[-1]) if shown else after
    return Events(events=[Event.model_validate(payload(each)) for each in shown], cursor=BY_POSITION.write(end))
