"""Calendar feeds of employees: endpoints to manage them, and the endpoint that calendar programs subscribe to."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import Field

from api.auth.scopes import Configurer
from api.dependencies import IdempotencyKey, Shared
from api.feeds import feeds
from api.feeds.writer import version_of
from api.http.pagination import PageQuery
from api.http.refusals import errors, refusals
from api.http.route import JsonRoute
from api.openapi import refer
from api.resources.records import Resource
from api.routers.configuration.crud import Crud
from api.schemas.base.ids import EmployeeId, OrNone
from api.schemas.feeds import CreateFeed, Feed, FeedWithUrl
from domain.errors import Reason
from storage.configuration.records import FEED

configuration = APIRouter(prefix="/bookme/config/feeds", tags=["Organization Configuration"], route_class=JsonRoute)
subscriptions = APIRouter(tags=["Calendar feeds"])

VALIDATORS: Final = refer("ETag", "Last-Modified")
FILE: Final = {"text/calendar": {"schema": {"type": "string"}}}
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The feed.", "content": FILE, "headers": VALIDATORS},
    304: {"description": "The reader has this version.", "headers": VALIDATORS},
    **refusals((404, 429, 500, 503)),
}


class FeedsQuery(PageQuery):
    """A page of the feeds of all employees or of one."""

    employee_id: OrNone[EmployeeId] = Field(None, description="Only feeds of this employee.")


crud = Crud(configuration, Resource(FEED, Feed), "", "Feeds_{}")
crud.add_list(FeedsQuery, (Reason.NOT_FOUND,))


@configuration.post("", operation_id="Feeds_create", responses=errors(Reason.NOT_FOUND, Reason.IDEMPOTENCY_KEY_REUSED))
async def create_feed(principal: Configurer, shared: Shared, feed: CreateFeed, key: IdempotencyKey) -> FeedWithUrl:
    """Create a calendar feed. Only this answer has its secret address.

    A repeat with the same `Idempotency-Key` returns the same feed with the same address.
    """
    return await key.once(
        principal,
        lambda session: feeds.create_feed(session, feed, key.seed),
        lambda session, made: feeds.show_feed(session, made, key.seed, shared.settings.public_url),
    )


crud.add_get("Get one feed, without its address.")
crud.add_remove("Revoke a feed. Its address then answers 404.", (Reason.NOT_FOUND, Reason.VERSION_MISMATCH))


@subscriptions.head(feeds.PATH, include_in_schema=False)
@subscriptions.get(feeds.PATH, operation_id="Feeds_read", response_class=Response, responses=ANSWERS)
async def read_feed(
    request: Request,
    shared: Shared,
    secret: Annotated[str, Path(description="The secret part of the feed's address.")],
    if_none_match: Annotated[
        str | None, Header(alias="If-None-Match", description="The `ETag` that the reader has.")
    ] = None,
    if_modified_since: Annotated[
        str | None, Header(alias="If-Modified-Since", description="The `Last-Modified` that the reader has.")
    ] = None,
) -> Response:
    """Get an employee's meetings as a calendar (RFC 5545). Everybody who has the address can read it.

    The feed has the meetings from 30 days ago on. Cancelled meetings have `STATUS:CANCELLED`. A `FreeBusy` feed only
    has the times at which the employee is busy.
    """
    async with shared.database.snapshot() as session:
        feed = await feeds.feed_at(session, secret)
        await request.app.state.feed_rate_limit.admit(request, str(feed.id))
        version = await version_of(session, feed)
    conditions = feeds.Conditions(if_none_match, if_modified_since)
    return await feeds.answer(shared, feed, version, conditions, with_body=request.method != "HEAD")


router = APIRouter()
router.include_router(configuration)
router.include_router(subscriptions)
