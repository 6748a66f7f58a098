"""Pages of a list that grows without bound."""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import urlencode
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter

from api.principals import Principal
from api.schemas.common import Body, Instant, OptionalId, readable, within_reason
from storage.meetings import Booked, MeetingFilter

CURSOR: Final = TypeAdapter(tuple[Annotated[AwareDatetime, AfterValidator(within_reason)], UUID])
"""The last meeting of a page: when it was last changed, to the microsecond, and which it is."""


def write_cursor(moment: datetime, identity: UUID) -> str:
    return base64.urlsafe_b64encode(CURSOR.dump_json((moment, identity))).decode()


def read_cursor(cursor: str) -> tuple[datetime, UUID]:
    """Raises ValueError for what `write_cursor` did not write."""
    try:
        return CURSOR.validate_json(base64.urlsafe_b64decode(cursor))
    except ValueError:
        message = "is not a cursor of this list; follow the Link header"
        raise ValueError(message) from None


class MeetingsQuery(Body):
    """Which meetings to list."""

    time_slot_id: OptionalId = Field(None, description="Only the meeting of this time slot.")
    employee_id: OptionalId = Field(None, description="Only meetings with this employee.")
    start_date_modified: Instant | None = Field(None, description="Last changed at or after this.")
    end_date_modified: Instant | None = Field(None, description="Last changed before this.")
    limit: int = Field(100, ge=1, le=500, description="The most meetings in one answer.")
    cursor: Annotated[str, Field(max_length=200), readable(read_cursor)] | None = Field(
        None, description="Where the page before ended."
    )

    def filter(self, principal: Principal) -> MeetingFilter:
        return MeetingFilter(
            client_id=None if principal.is_staff else principal.client_id,
            time_slot_id=self.time_slot_id,
            employee_id=self.employee_id,
            modified_from=self.start_date_modified,
            modified_to=self.end_date_modified,
            after=read_cursor(self.cursor) if self.cursor else None,
        )


def next_page(query: MeetingsQuery, found: Sequence[Booked]) -> dict[str, str]:
    """The `Link` header (RFC 8288) to the next page, if there is more than one page of `found`."""
    if len(found) <= query.limit:
        return {}
    last = found[query.limit - 1].meeting
    said = query.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"cursor"})
    parameters = urlencode(said | {"cursor": write_cursor(last.modified_at, last.id)})
    return {"Link": f'</bookme/meetings?{parameters}>; rel="next"'}
