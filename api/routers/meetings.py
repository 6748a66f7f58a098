"""Meetings: create, look up, and their calendar files."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api import booking_requests
from api.auth import Booker, Principal, Reader
from api.calendar import calendar_file_of
from api.pages import MeetingsQuery, next_page
from api.refusals import errors
from api.route import JsonRoute
from api.routers.paths import MeetingId, parse_id
from api.schemas.meetings import CalendarFileRequest, CreateMeeting, Meeting
from api.state import BookingService, IdempotencyKey, Transaction
from domain.errors import NotFound, NotYours, Reason
from storage.meetings import Booked, find_meeting, list_meetings

router = APIRouter(prefix="/bookme/meetings", tags=["BookMe"], route_class=JsonRoute)

OWNED = (Reason.NOT_FOUND, Reason.NOT_YOURS)
CREATING = (
    *OWNED,
    Reason.TIME_SLOT_NOT_BOOKED,
    Reason.HOLD_EXPIRED,
    Reason.HOLD_RELEASED,
    Reason.MEETING_EXISTS,
    Reason.MEETING_MISMATCH,
    Reason.IDEMPOTENCY_KEY_REUSED,
)
FILE = {"description": "The file.", "content": {"text/calendar": {"schema": {"type": "string"}}}}


@router.get("", operation_id="Meetings_list", responses=errors())
async def list_own_meetings(
    principal: Reader, session: Transaction, response: Response, query: Annotated[MeetingsQuery, Query()]
) -> list[Meeting]:
    """The client's meetings (staff: everybody's), in the order in which they were last changed, a page at a time.

    The header `Link: <…>; rel="next"` (RFC 8288) leads to the next page.
    """
    found = await list_meetings(session, query.filter(principal), query.limit + 1)
    response.headers.update(next_page(query, found))
    return [Meeting.stored(booked) for booked in found[: query.limit]]


@router.post("", operation_id="Meetings_create", responses=errors(*CREATING))
async def create_meeting(
    principal: Booker, bookings: BookingService, meeting: CreateMeeting, key: IdempotencyKey
) -> Meeting:
    """Create the meeting of a time slot that is Booked. The same content again answers the same meeting."""
    name = await key.claim(principal)
    return await bookings.answer(
        booking_requests.CreateMeeting(principal, meeting.time_slot_id, meeting.content(), name)
    )


@router.get("/{id}", operation_id="Meetings_get", responses=errors(*OWNED))
async def get_meeting(principal: Reader, session: Transaction, id: MeetingId) -> Meeting:
    """One meeting of this client; staff see every one."""
    return Meeting.stored(await own_meeting(session, principal, id))


@router.post(
    "/{id}/ical",
    operation_id="Meetings_generateICal",
    responses=errors(*OWNED, Reason.IDEMPOTENCY_KEY_REUSED) | {200: FILE},
    response_class=Response,
)
async def generate_calendar_file(
    principal: Reader,
    session: Transaction,
    id: MeetingId,
    key: IdempotencyKey,
    wanted: Annotated[CalendarFileRequest | None, Body()] = None,
) -> Response:
    """The meeting as an iCalendar file (RFC 5545), ready for any calendar."""
    await key.claim(principal)
    booked = await own_meeting(session, principal, id)
    return await calendar_file_of(session, booked, wanted or CalendarFileRequest())


async def own_meeting(session: AsyncSession, principal: Principal, identity: str) -> Booked:
    """A meeting that this client may see.

    Raises:
        NotFound, NotYours: there is none, or it is another client's.

    """
    booked = await find_meeting(session, parse_id("meeting", identity))
    if booked is None:
        raise NotFound("meeting", identity)
    if booked[0].client_id != principal.client_id and not principal.is_staff:
        raise NotYours("meeting")
    return booked
