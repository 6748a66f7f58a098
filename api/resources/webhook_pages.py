"""Pages of webhooks and of their deliveries."""

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlencode
from uuid import UUID

from pydantic import AfterValidator, Field

from api.http.errors import UnusableRequest
from api.resources.event_pages import cursor_at, read_cursor
from api.resources.records import PageQuery
from api.schemas.base.common import Body, Span, any_case, readable
from storage.notifications.webhooks import Delivery, DeliveryStatus
from storage.tables.notifications import WebhookRow

LONGEST_GRACE: Final = timedelta(days=30)
DAY: Final = timedelta(days=1)


def _not_too_long(value: timedelta) -> timedelta:
    if value > LONGEST_GRACE:
        message = "must not be longer than 30 days"
        raise ValueError(message)
    return value


class NotACursor(UnusableRequest):
    def __init__(self) -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, "This is not a cursor of this list; follow the Link header.", "cursor")


class RotateSecretRequest(Body):
    """Options of the rotation of a secret."""

    grace_period: Annotated[Span, AfterValidator(_not_too_long)] | None = Field(
        None, description="How long the old secret signs too: a day unless said, at most 30; zero when it has leaked."
    )

    def grace(self, also: "RotateSecretRequest | None") -> timedelta:
        """Return the grace period of the query or of the body, or a day if neither has one.

        Raises:
            UnusableRequest: query and body have different grace periods.

        """
        said = {each.grace_period for each in (self, also) if each is not None and each.grace_period is not None}
        if len(said) > 1:
            message = "gracePeriod of the query and of the body contradict each other."
            raise UnusableRequest(HTTPStatus.BAD_REQUEST, message, "gracePeriod")
        return said.pop() if said else DAY


class DeliveriesQuery(Body):
    """Query parameters of the list of deliveries."""

    status: Annotated[DeliveryStatus, any_case(DeliveryStatus)] | None = Field(
        None, description="Only those of which this became."
    )
    limit: int = Field(100, ge=1, le=500, description="The most deliveries in one answer.")
    cursor: Annotated[str, Field(max_length=100), readable(read_cursor)] | None = Field(
        None, description="Where the page before ended."
    )

    @property
    def before(self) -> int | None:
        """Return the position of the event before which the page begins, or None for the first page."""
        return None if self.cursor is None else read_cursor(self.cursor).position


def as_id(cursor: str | None) -> UUID | None:
    """Return the id after which the page begins, or None for the first page.

    Raises:
        UnusableRequest: the cursor is not valid.

    """
    try:
        return None if cursor is None else UUID(cursor)
    except ValueError:
        raise NotACursor from None


def next_webhooks(query: PageQuery, found: Sequence[WebhookRow]) -> dict[str, str]:
    """Return the `Link` header to the next page, or no header if `found` fits on one page."""
    if len(found) <= query.limit:
        return {}
    parameters = urlencode({"limit": query.limit, "cursor": str(found[query.limit - 1].id)})
    return {"Link": f'</bookme/webhooks?{parameters}>; rel="next"'}


def next_deliveries(webhook_id: UUID, query: DeliveriesQuery, found: Sequence[Delivery]) -> dict[str, str]:
    """Return the `Link` header to the next page, or no header if `found` fits on one page."""
    if len(found) <= query.limit:
        return {}
    said = query.model_dump(mode="json", exclude_none=True, exclude={"cursor"})
    parameters = urlencode(said | {"cursor": cursor_at(found[query.limit - 1].event)})
    return {"Link": f'</bookme/webhooks/{webhook_id}/deliveries?{parameters}>; rel="next"'}
