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
from api.resources.ownership import own_as_stored, own_meeting
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
FILE = {"description": "The file.", "content": {"text/calendar": {"schema": {"type": "string"}}}}


@router.get(
    "", operation_id="Meetings_list", responses=errors(Reason.NOT_FOUND) | sends("Link"), response_model=list[Meeting]
)
async def list_own_meetings(
    principal: Reader, session: Transaction, query: Annotated[MeetingsQuery, Query()]
) -> Response:
    """The client's meetings (staff: everybody's), in the order in which they were last changed.

    With `limit`, a page at a time; without it, up to 10,000 at once. The header `Link: <…>; rel="next"` (RFC 8288)
    leads to the next page.
    """
    return await meetings_page(session, query, principal)


@router.post("", operation_id="Meetings_create", responses=errors(*CREATING) | sends("ETag"))
async def create_meeting(
    principal: Booker, shared: Shared, meeting: CreateMeetingRequest, key: IdempotencyKey, response: Response
) -> Meeting:
    """Create the meeting of a time slot that is Booked. A repeat with the same content returns it again."""
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
    """One meeting of this client; staff can read every one. Its `ETag` is its version."""
    return tagged(response, Meeting.stored(await own_meeting(session, principal, parse_id("meeting", id))))


@router.put("/{id}", operation_id="Meetings_update", responses=errors(*CHANGING) | sends("ETag"))
async def update_meeting(
    principal: Booker,
    shared: Shared,
    id: MeetingId,
    patch: OneOrMorePatches,
    response: Response,
    precondition: IfVersion,
) -> Meeting:
    """The same as `PATCH`. A single operation may be sent without a list, as in version 1 of the contract."""
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
    """Change a meeting by JSON Patch (RFC 6902): every operation, or none.

    `title`, `description`, `type`, `videoLink`, `salesforceId`, `roomId` and `additionalEmployees` can be changed, and
    `timeSlotId`, which moves the meeting to a Booked time slot that was reserved for it (`existingMeetingId`). A
    change of another field is answered 409. With `If-Match`, a meeting that was changed meanwhile stays as it is (412).
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
    """Move a meeting in one step: the new time slot is taken and the old one is free, or nothing changes.

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
    reason: Annotated[Line | None, Query(description="Why, for whoever asks later.")] = None,
) -> CancelledMeeting:
    """Cancel a meeting. Its time slot is free at once, and all participants are notified. Repeating it is safe."""
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
    """The meeting as an iCalendar file (RFC 5545). The file of a cancelled meeting removes it from a calendar."""
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
