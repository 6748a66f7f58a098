"""Pages of the list of meetings, which grows without limit."""

from typing import Annotated, Final

from fastapi import Response
from pydantic import Field, TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.principals import Principal
from api.http.pagination import BY_TIME, link
from api.resources.ownership import trace_of
from api.schemas.base.common import Body, QueryInstant, readable
from api.schemas.base.ids import EmployeeId, OrNone, TimeSlotId
from api.schemas.meetings import Meeting
from storage.bookings.time_slots import find
from storage.configuration.lookups import require
from storage.meetings.meetings import MeetingFilter, list_meetings
from storage.tables.organisation import EmployeeRow

MOST_MEETINGS: Final = 10_000
"""Limit of meetings in one answer to a client that sends no `limit`."""

MEETINGS: Final = TypeAdapter(list[Meeting])


class MeetingsQuery(Body):
    """Query parameters of the list of meetings."""

    time_slot_id: OrNone[TimeSlotId] = Field(None, description="Only the meeting of this time slot.")
    employee_id: OrNone[EmployeeId] = Field(None, description="Only meetings with this employee.")
    start_date_modified: QueryInstant | None = Field(None, description="Last changed at or after this.")
    end_date_modified: QueryInstant | None = Field(None, description="Last changed before this.")
    limit: int | None = Field(
        None, ge=1, le=500, description=f"The most meetings in one answer; {MOST_MEETINGS:,} without it."
    )
    cursor: Annotated[str, Field(max_length=200), readable(BY_TIME.read)] | None = Field(
        None, description="The cursor from the `Link` header of the previous page."
    )

    @property
    def most(self) -> int:
        """Return the limit of meetings in this answer."""
        return self.limit or MOST_MEETINGS

    def filter(self, principal: Principal) -> MeetingFilter:
        return MeetingFilter(
            client_id=None if principal.is_staff else principal.client_id,
            time_slot_id=self.time_slot_id,
            employee_id=self.employee_id,
            modified_from=self.start_date_modified,
            modified_to=self.end_date_modified,
            after=BY_TIME.read(self.cursor) if self.cursor else None,
        )


async def meetings_page(session: AsyncSession, query: MeetingsQuery, principal: Principal) -> Response:
    """Return a page of the client's meetings as JSON. The `Link` header (RFC 8288) leads to the next page.

    The cursor has the time of the last change of the page's last meeting.

    Raises:
        NotFound: the employee or the time slot of the query never existed.

    """
    await check_names(session, query)
    count, last, parts = 0, None, list[bytes]()
    async for batch in list_meetings(session, query.filter(principal), query.most + 1):
        shown = batch[: query.most - count]
        count += len(batch)
        if shown:
            last = shown[-1].meeting
            meetings = [Meeting.stored(booked) for booked in shown]
            parts.append(MEETINGS.dump_json(meetings, by_alias=True, exclude_none=True)[1:-1])
    headers = {}
    if last is not None and count > query.most:
        headers = link("/bookme/meetings", query, BY_TIME.write((last.modified_at, last.id)))
    return Response(b"[" + b",".join(parts) + b"]", media_type="application/json", headers=headers)


async def check_names(session: AsyncSession, query: MeetingsQuery) -> None:
    """Raise `NotFound` for an employee or a time slot that never existed."""
    if query.employee_id is not None:
        await require(session, [(EmployeeRow, query.employee_id)])
    if query.time_slot_id is not None and await find(session, query.time_slot_id) is None:
        await trace_of(session, query.time_slot_id)
