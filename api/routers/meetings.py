"""Endpoints of meetings: create, read, change, move, cancel, and get the calendar file."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.scopes import Booker, Reader
from api.dependencies import IdempotencyKey, Reading, Shared, Transaction
from api.http.idempotency import Made
from api.http.patching import OneOrMore, Patch
from api.http.preconditions import IfVersion
from api.http.refusals import errors
from api.http.route import JsonRoute
from api.openapi import sends, sends_version
from api.resources.made import meeting_now, named
from api.resources.meeting_file import calendar_file_of
from api.resources.meetings import MeetingsQuery, meetings_page
from api.resources.ownership import own_as_stored
from api.routers.paths import MeetingId
from api.schemas.base.common import Line
from api.schemas.base.ids import parse_id
from api.schemas.meeting_changes import MoveMeeting
from api.schemas.meetings import CancelledMeeting, CreateMeetingRequest, Meeting, MeetingICalRequest
from api.schemas.time_slots import check_length
from domain.errors import Reason

router = APIRouter(prefix="/bookme/meetings", tags=["BookMe"], route_class=JsonRoute)

OWNED = (Reason.NOT_FOUND, Reason.NOT_YOURS)
NOT_FREE = (Reason.TIME_SLOT_TAKEN, Reason.NOT_OFFERED)
NOT_BOOKED = (Reason.TIME_SLOT_NOT_BOOKED, Reason.HOLD_EXPIRED, Reason.HOLD_RELEASED)
CREATING = (
    *OWNED,
    *NOT_FREE,
    *NOT_BOOKED,
    Reason.MEETING_EXISTS,
    Reason.MEETING_MISMATCH,
    Reason.IDEMPOTENCY_KEY_REUSED,
)
CANCELLING = (*OWNED, Reason.MEETING_CHANGED, Reason.VERSION_MISMATCH, Reason.MEETING_OVER)
CHANGING = (*CANCELLING, Reason.NOT_CHANGEABLE, *NOT_FREE, Reason.MEETING_MISMATCH, *NOT_BOOKED)
MOVING = (*CANCELLING, *NOT_FREE, Reason.IDEMPOTENCY_KEY_REUSED, Reason.TOO_MANY_HOLDS)

RETITLED = [{"op": "replace", "path": "/title", "value": "Our second home"}]
MeetingPatch = Annotated[Patch, Body(openapi_examples={"the title": {"value": RETITLED}})]
OneOrMorePatches = Annotated[OneOrMore, Body(openapi_examples={"the title": {"value": RETITLED[0]}})]
FILE = {"description": "The calendar file.", "content": {"text/calendar": {"schema": {"type": "string"}}}}


@router.get(
    "", operation_id="Meetings_list", responses=errors(Reason.NOT_FOUND) | sends("Link"), response_model=list[Meeting]
)
async def list_own_meetings(
    principal: Reader, session: Transaction, query: Annotated[MeetingsQuery, Query()]
) -> Response:
    """List the client's meetings, in the order of their last change. Staff get the meetings of all clients.

    Cancelled meetings are listed only if `status` asks for them.

    With `limit`, the answer has one page. Without `limit`, the answer has up to 10,000 meetings.
    The header `Link: <…>; rel="next"` (RFC 8288) has the address of the next page.
    """
    return await meetings_page(session, query, principal)


@router.post("", operation_id="Meetings_create", responses=errors(*CREATING) | sends("ETag"))
async def create_meeting(
    principal: Booker, shared: Shared, meeting: CreateMeetingRequest, key: IdempotencyKey, response: Response
) -> Meeting:
    """Create the meeting of a time slot that is `Booked`.

    A repeat with the same content returns the same meeting, with and without an `Idempotency-Key`. Other content is
    refused (`MEETING_EXISTS`), and so is a time slot that is not `Booked` (`TIME_SLOT_NOT_BOOKED`).
    """
    created = await key.once_elsewhere(
        principal,
        lambda: shared.bookings.create_meeting(
            principal, meeting.time_slot_id, meeting.content(), key.digest(principal)
        ),
        named,
        lambda session, made: meeting_now(session, principal, made),
    )
    return tagged(response, created)


@router.get("/{id}", operation_id="Meetings_get", responses=errors(*OWNED) | sends_version())
async def get_meeting(principal: Reader, session: Reading, id: MeetingId, response: Response) -> Meeting:
    """Get one meeting of this client, cancelled or not. Staff can get every meeting.

    The `ETag` is the version of the meeting.
    """
    return tagged(response, Meeting.of_row(await own_as_stored(session, principal, parse_id("meeting", id))))


@router.put("/{id}", operation_id="Meetings_update", responses=errors(*CHANGING) | sends("ETag"))
async def update_meeting(
    principal: Booker,
    shared: Shared,
    id: MeetingId,
    patch: OneOrMorePatches,
    response: Response,
    precondition: IfVersion,
) -> Meeting:
    """Change a meeting, as `PATCH` does.

    A single operation may be sent without a list, as in version 1 of the contract.
    """
    return await change_meeting(principal, shared, id, patch, response, precondition)


@router.patch("/{id}", operation_id="Meetings_patch", responses=errors(*CHANGING) | sends("ETag"))
async def change_meeting(
    principal: Booker,
    shared: Shared,
    id: MeetingId,
    patch: MeetingPatch,
    response: Response,
    precondition: IfVersion,
) -> Meeting:
    """Change a meeting by JSON Patch (RFC 6902). BookMe applies all operations or none.

    A patch can change `title`, `description`, `type`, `videoLink`, `salesforceId`, `roomId`, `additionalEmployees` and
    `timeSlotId`. A new `timeSlotId` moves the meeting to a `Booked` time slot that was reserved for the meeting
    (`existingMeetingId`). A change of another field is answered 409.

    With `If-Match`, BookMe does not change a meeting that has changed in the meantime (412).
    """
    changed = await shared.meetings.change(principal, parse_id("meeting", id), precondition, patch)
    return tagged(response, changed)


@router.post("/{id}/move", operation_id="Meetings_move", responses=errors(*MOVING) | sends("ETag"))
async def move_meeting(
    principal: Booker,
    shared: Shared,
    id: MeetingId,
    target: MoveMeeting,
    key: IdempotencyKey,
    response: Response,
    precondition: IfVersion,
) -> Meeting:
    """Move a meeting in one step: BookMe takes the new time slot and frees the old one, or changes nothing.

    The meeting keeps its id, and its calendar entry keeps its `UID`. The rules of a reservation apply, but the
    meeting's own time does not conflict with its new time.
    """
    if target.end_date is not None:
        check_length(target.start_date, target.end_date, shared.settings.least_reservation, "endDate")
    identity, digest = parse_id("meeting", id), key.digest(principal)
    moved = await key.once_elsewhere(
        principal,
        lambda: shared.meetings.move(principal, identity, precondition, target, digest),
        named,
        lambda session, made: meeting_now(session, principal, made),
    )
    return tagged(response, moved)


@router.delete("/{id}", operation_id="Meetings_delete", responses=errors(*CANCELLING))
async def cancel_meeting(
    principal: Booker,
    shared: Shared,
    id: MeetingId,
    precondition: IfVersion,
    reason: Annotated[Line | None, Query(description="Reason of the cancellation, stored with the meeting.")] = None,
) -> CancelledMeeting:
    """Cancel a meeting. Its time slot is free at once, and all participants are notified. A repeat is safe."""
    return await shared.meetings.cancel(principal, parse_id("meeting", id), precondition, reason)


@router.post(
    "/{id}/ical",
    operation_id="Meetings_generateICal",
    responses=errors(*OWNED, Reason.IDEMPOTENCY_KEY_REUSED) | {200: FILE},
    response_class=Response,
)
async def generate_calendar_file(
    principal: Reader,
    id: MeetingId,
    key: IdempotencyKey,
    shared: Shared,
    wanted: Annotated[MeetingICalRequest, Body()] = MeetingICalRequest(),  # noqa: B008 - it is immutable
) -> Response:
    """Get the meeting as an iCalendar file (RFC 5545).

    The file of a cancelled meeting removes the meeting from a calendar.
    """
    identity = parse_id("meeting", id)

    async def find(session: AsyncSession) -> Made:
        return named(await own_as_stored(session, principal, identity))

    async def show(session: AsyncSession, _: Made) -> Response:
        return await calendar_file_of(session, await own_as_stored(session, principal, identity), wanted)

    if key.key is None:
        async with shared.database.autocommit() as session:
            return await show(session, {})
    return await key.once(principal, find, show)


def tagged(response: Response, meeting: Meeting) -> Meeting:
    """Return the meeting, and set its version as the `ETag` header."""
    response.headers["ETag"] = meeting.etag
    return meeting
