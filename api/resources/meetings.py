"""Pages of the list of meetings, which grows without limit."""

from typing import Annotated, Final, Self

from fastapi import Response
from pydantic import Field, TypeAdapter, model_validator
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.principals import Principal
from api.http.pagination import BY_TIME, link
from api.resources.ownership import trace_of
from api.schemas.base.common import AnyCase, Body, Listed, Name, QueryInstant, any_case, readable
from api.schemas.base.ids import EmployeeId, OrNone, TimeSlotId, TopicId
from api.schemas.meetings import Meeting
from domain.meetings import MeetingState, MeetingType
from storage.bookings.time_slots import find
from storage.configuration.lookups import require
from storage.meetings.meetings import MeetingFilter, MeetingOrder, list_meetings
from storage.tables.organisation import EmployeeRow, TopicRow

MOST_MEETINGS: Final = 10_000
"""Limit of meetings in one answer to a client that sends no `limit`."""

MEETINGS: Final = TypeAdapter(list[Meeting])


class MeetingsQuery(Body):
    """Query parameters of the list of meetings."""

    time_slot_id: OrNone[TimeSlotId] = Field(None, description="Only the meeting of this time slot.")
    employee_id: OrNone[EmployeeId] = Field(
        None, description="Only meetings in which this employee takes part, also as additional employee."
    )
    customer_id: Name | None = Field(None, description="Only meetings of this customer, in the client's own name.")
    topic_id: OrNone[TopicId] = Field(None, description="Only meetings on this topic.")
    type: Listed[Annotated[MeetingType, AnyCase]] = Field(
        default=[], description="Only meetings of one of these types. An empty list means no filter."
    )
    status: Listed[Annotated[MeetingState, any_case(MeetingState)]] = Field(
        default=[], description="Only meetings with one of these statuses. Without it, only `Planned` ones."
    )
    from_: QueryInstant | None = Field(None, alias="from", description="Only meetings that end after this time.")
    to: QueryInstant | None = Field(None, description="Only meetings that start before this time.")
    start_date_modified: QueryInstant | None = Field(None, description="Last changed or cancelled at or after this.")
    end_date_modified: QueryInstant | None = Field(None, description="Last changed or cancelled before this.")
    sort: MeetingOrder = Field(
        MeetingOrder.MODIFIED,
        description="Order by last change (`dateModified`) or by start (`startDate`); with `-`, the last first.",
    )
    limit: int | None = Field(
        None, ge=1, le=500, description=f"The most meetings in one answer; {MOST_MEETINGS:,} without it."
    )
    cursor: Annotated[str, Field(max_length=200), readable(BY_TIME.read)] | None = Field(
        None, description="The cursor from the `Link` header of the previous page."
    )

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        if self.from_ is not None and self.to is not None and self.from_ >= self.to:
            message = "to must be after from"
            raise ValueError(message)
        return self

    @property
    def most(self) -> int:
        """Return the limit of meetings in this answer."""
        return self.limit or MOST_MEETINGS

    def filter(self, principal: Principal) -> MeetingFilter:
        return MeetingFilter(
            client_id=None if principal.is_staff else principal.client_id,
            time_slot_id=self.time_slot_id,
            employee_id=self.employee_id,
            customer_id=self.customer_id,
            topic_id=self.topic_id,
            types=self.type,
            states=self.status or (MeetingState.PLANNED,),
            start=self.from_,
            end=self.to,
            order=self.sort,
            modified_from=self.start_date_modified,
            modified_to=self.end_date_modified,
            after=BY_TIME.read(self.cursor) if self.cursor else None,
        )


async def meetings_page(session: AsyncSession, query: MeetingsQuery, principal: Principal) -> Response:
    """Return a page of the client's meetings as JSON. The `Link` header (RFC 8288) leads to the next page.

    The cursor has the place of the page's last meeting in the order of the list.

    Raises:
        NotFound: the employee, the topic or the time slot of the query never existed.

    """
    await check_names(session, query)
    count, last, parts = 0, None, list[bytes]()
    async for batch in list_meetings(session, query.filter(principal), query.most + 1):
        shown = batch[: query.most - count]
        count += len(batch)
        if shown:
            last = shown[-1]
            meetings = [Meeting.of_row(meeting) for meeting in shown]
            parts.append(MEETINGS.dump_json(meetings, by_alias=True, exclude_none=True)[1:-1])
    headers = {}
    if last is not None and count > query.most:
        headers = link("/bookme/meetings", query, BY_TIME.write(query.sort.place_of(last)))
    return Response(b"[" + b",".join(parts) + b"]", media_type="application/json", headers=headers)


async def check_names(session: AsyncSession, query: MeetingsQuery) -> None:
    """Raise `NotFound` for an employee, a topic or a time slot that never existed."""
    named = ((EmployeeRow, query.employee_id), (TopicRow, query.topic_id))
    await require(session, [(table, each) for table, each in named if each is not None])
    if query.time_slot_id is not None and await find(session, query.time_slot_id) is None:
        await trace_of(session, query.time_slot_id)
