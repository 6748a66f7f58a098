"""Tools that change what is booked: move a meeting, and cancel it."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from bookme_client import models
from mcp.server.mcpserver import Elicit, Resolve
from pydantic import Field

from agents.agreement import Agreed, Agreement, UserAgreed, ask, refusal
from agents.backend import Backend, Call, backend_of
from agents.results import Changed, show_meeting
from agents.search import Instant
from agents.words import as_data, in_words, local

MeetingId = Annotated[UUID, Field(description="From confirm or look_up_outcome.")]
NewEmployee = Annotated[UUID, Field(description="Another employee. Without it, the employee stays.")]
Reason = Annotated[str, Field(max_length=500, description="Why. Others read it: no personal data.")]

MOVED: Final = "The meeting has this time now. Tell the user."
CANCELLED: Final = "The meeting is cancelled, and its time is free for others. Tell the user."


@in_words
async def ask_to_move(
    call: Call, meeting_id: MeetingId, new_start: Instant, employee_id: NewEmployee | None, user_agreed: UserAgreed
) -> Agreement | Elicit[Agreement]:
    """Ask the user whether to move the meeting, unless it has this time and employee already."""
    backend = backend_of(call)
    meeting = (await backend.bookme.meeting(meeting_id)).details
    start = await backend.instant(new_start)
    if is_there(meeting, start, employee_id):
        return Agreement(agreed=True)
    to = local(start, await backend.zone())
    employee = f", with {await name_of(backend, employee_id)}" if employee_id else ""
    return ask(call, f"Move {await described(backend, meeting)} to {to}{employee}?", user_agreed=user_agreed)


@in_words
async def move_meeting(
    call: Call,
    meeting_id: MeetingId,
    new_start: Instant,
    agreement: Annotated[Agreed, Resolve(ask_to_move)],
    employee_id: NewEmployee | None = None,
    user_agreed: UserAgreed = False,
) -> Changed:
    """Move a meeting to another time, and perhaps another employee. The user must agree to it.

    It takes the new time and frees the old one, or changes nothing. A repeat with the same arguments changes nothing.
    To move a meeting, never book a new one.
    """
    backend = backend_of(call)
    found = await backend.bookme.meeting(meeting_id)
    if refused := refusal(agreement, await show_meeting(backend, found.details)):
        return refused
    start = await backend.instant(new_start)
    if not is_there(found.details, start, employee_id):
        await found.move(start, employee_id=employee_id)
    return Changed(done=True, meeting=await show_meeting(backend, found.details), next=MOVED)


def is_there(meeting: models.Meeting, start: datetime, employee_id: UUID | None) -> bool:
    """Return whether the meeting has this time and employee. A cancelled one never has."""
    is_planned = meeting.status == models.MeetingState.PLANNED
    return is_planned and meeting.start_date == start and employee_id in {None, meeting.employee_id}


@in_words
async def ask_to_cancel(call: Call, meeting_id: MeetingId, user_agreed: UserAgreed) -> Agreement | Elicit[Agreement]:
    """Ask the user whether to cancel the meeting, unless it is cancelled already."""
    backend = backend_of(call)
    meeting = (await backend.bookme.meeting(meeting_id)).details
    if meeting.status == models.MeetingState.CANCELLED:
        return Agreement(agreed=True)
    return ask(call, f"Cancel {await described(backend, meeting)}?", user_agreed=user_agreed)


@in_words
async def cancel_meeting(
    call: Call,
    meeting_id: MeetingId,
    agreement: Annotated[Agreed, Resolve(ask_to_cancel)],
    reason: Reason | None = None,
    user_agreed: UserAgreed = False,
) -> Changed:
    """Cancel a meeting. This is final, and the user must agree to it: others can take the time at once.

    A repeat is safe: it returns the cancelled meeting. To change the time, use move_meeting instead.
    """
    backend = backend_of(call)
    found = await backend.bookme.meeting(meeting_id)
    if refused := refusal(agreement, await show_meeting(backend, found.details)):
        return refused
    if found.details.status != models.MeetingState.CANCELLED:
        await found.cancel(reason)
        await found.refresh()
    return Changed(done=True, meeting=await show_meeting(backend, found.details), next=CANCELLED)


async def described(backend: Backend, meeting: models.Meeting) -> str:
    """Describe the meeting in a question to the user. Its texts are in quotation marks, because people wrote them."""
    shown = await show_meeting(backend, meeting)
    with_whom = f" with {shown.employee}" if shown.employee else ""
    return f"the meeting “{as_data(shown.title or shown.topic or '')}” on {shown.start}{with_whom}"


async def name_of(backend: Backend, employee_id: UUID) -> object:
    return as_data((await backend.names()).employees.get(employee_id, str(employee_id)))
