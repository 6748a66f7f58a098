"""Tools that book what is held, and find out what became of a booking."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from bookme_client import models, operations
from bookme_client.errors import MeetingExists
from mcp.server.mcpserver import Elicit, Resolve
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from agents.agreement import Agreed, Agreement, UserAgreed, ask, refusal
from agents.backend import Backend, Call, backend_of
from agents.holds import CustomerId, holds_of
from agents.plan import BookingPlan
from agents.results import Changed, Outcome, show_meeting, shown_hold, shown_meeting
from agents.words import as_data, in_words

HoldId = Annotated[UUID, Field(description="From hold_time_slot.")]
Title = Annotated[str, Field(max_length=200, description="Title of the meeting. Without it, the name of the topic.")]
Description = Annotated[str, Field(max_length=2000, description="What the meeting is about, for the employee.")]
MOST_MEETINGS: Final = 5
"""Meetings in one result."""

BOOKED: Final = "The meeting is booked. Tell the user. Do not call hold_time_slot or confirm for it again."
NOT_HELD: Final = (
    "This hold has ended, or belongs to another customer: nothing was booked by this call. Call look_up_outcome with "
    "the customer_id. If it shows no meeting, call find_time_slots and hold a time slot again."
)
OF_A_PROGRAM: Final = "Another program holds this time slot for the customer. It must finish the booking itself."


@in_words
async def ask_to_confirm(
    call: Call, hold_id: HoldId, customer_id: CustomerId, title: Title | None, user_agreed: UserAgreed
) -> Agreement | Elicit[Agreement]:
    """Ask the user whether to book the held time slot, unless its meeting exists already."""
    backend = backend_of(call)
    if await meeting_of(backend, hold_id, customer_id):
        return Agreement(agreed=True)
    held = await require_hold(backend, hold_id, customer_id)
    question = f"Book {await described(backend, held, title)}, for customer {as_data(customer_id)}?"
    return ask(call, question, user_agreed=user_agreed)


async def described(backend: Backend, held: models.HeldTimeSlot, title: str | None) -> str:
    """Describe the meeting in a question to the user. Its texts are in quotation marks, because people wrote them."""
    plan, names = plan_of(held), await backend.names()
    hold = shown_hold(held, names, await backend.zone())
    about = as_data(title or names.topics.get(plan.topic_id, ""))
    place = f" in room {hold.room}" if hold.room else ""
    with_whom = f" with {hold.employee}" if hold.employee else ""
    return f"the {plan.meeting_type} meeting “{about}” on {hold.start}{with_whom}{place}"


@in_words
async def confirm(
    call: Call,
    hold_id: HoldId,
    customer_id: CustomerId,
    agreement: Annotated[Agreed, Resolve(ask_to_confirm)],
    title: Title | None = None,
    description: Description | None = None,
    user_agreed: UserAgreed = False,
) -> Changed:
    """Book the held time slot: create the meeting. This is final; the user must agree to it.

    A repeat with the same hold_id never books twice: it returns the meeting that exists. After a lost answer, repeat
    the call, and do not hold another time slot.
    """
    backend = backend_of(call)
    if refused := refusal(agreement):
        return refused
    meeting = await meeting_of(backend, hold_id, customer_id)
    if meeting is None:
        hold = await require_hold(backend, hold_id, customer_id)
        meeting = await create_meeting(backend, hold, customer_id, title, description)
    return Changed(done=True, meeting=await show_meeting(backend, meeting), next=BOOKED)


async def require_hold(backend: Backend, hold_id: UUID, customer_id: str) -> models.HeldTimeSlot:
    """Return the hold. Raise `ToolError` if it has ended, or is not the customer's."""
    found = next((each for each in await holds_of(backend, customer_id) if each.id == hold_id), None)
    if found is None:
        raise ToolError(NOT_HELD)
    return found


async def create_meeting(
    backend: Backend, held: models.HeldTimeSlot, customer_id: str, title: str | None, description: str | None
) -> models.Meeting:
    """Mark the hold `Booked`, and create its meeting. If another call was faster, return the meeting of that call."""
    plan = plan_of(held)
    about = {
        "customerId": customer_id,
        "customerTypeId": str(plan.customer_type_id),
        "topicId": str(plan.topic_id),
        "type": plan.meeting_type,
    }
    hold = await backend.bookme.resume_hold({"token": held.token, "timeSlotId": str(held.id), "plan": about})
    try:
        one_line = None if title is None else str(as_data(title))
        return (await hold.create_meeting(title=one_line, description=description)).details
    except MeetingExists as error:
        return await backend.bookme.request(operations.meetings_get(str(error.problem.meeting_id)))


@in_words
async def look_up_outcome(call: Call, customer_id: CustomerId) -> Outcome:
    """Show what a customer has now: holds, and meetings from now on with the cancelled ones.

    Call it after a lost answer, when you are not sure whether something was booked, and to get a meeting_id.
    """
    backend = backend_of(call)
    asked = operations.meetings_list(
        customer_id=customer_id,
        status=["Planned", "Cancelled"],
        from_=datetime.now(UTC),
        sort="startDate",
        limit=100,
    )
    holds, meetings = await asyncio.gather(holds_of(backend, customer_id), backend.bookme.request(asked))
    names, zone = await backend.names(), await backend.zone()
    return Outcome(
        holds=[shown_hold(each, names, zone) for each in holds[:MOST_MEETINGS]],
        meetings=[shown_meeting(each, names, zone) for each in meetings[:MOST_MEETINGS]],
        more_meetings=max(0, len(meetings) - MOST_MEETINGS),
        next=outcome_in_words(has_holds=bool(holds), has_meetings=bool(meetings)),
    )


def outcome_in_words(*, has_holds: bool, has_meetings: bool) -> str:
    if has_holds:
        return "A hold is not a meeting. If the user wants it, call confirm with its hold_id."
    if has_meetings:
        return "A meeting with status Planned is booked. Do not book it again."
    return "Nothing is held and nothing is booked for this customer_id."


def plan_of(held: models.HeldTimeSlot) -> BookingPlan:
    """Return what the hold is for. Raise `ToolError` if another program has chosen its token."""
    plan = BookingPlan.of_token(held.token)
    if plan is None:
        raise ToolError(OF_A_PROGRAM)
    return plan


async def meeting_of(backend: Backend, hold_id: UUID, customer_id: str) -> models.Meeting | None:
    """Return the meeting of this customer that was made from this hold, or None."""
    asked = operations.meetings_list(time_slot_id=hold_id, customer_id=customer_id, limit=1)
    found = await backend.bookme.request(asked)
    return found[0] if found else None
