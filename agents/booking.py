"""Tools that book: hold a time slot, confirm it, and find out what became of a booking."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from bookme_client import models, operations
from bookme_client.errors import Conflict, MeetingExists
from mcp.server.mcpserver import Elicit, Resolve
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from agents.agreement import Agreed, Agreement, UserAgreed, ask, refusal
from agents.backend import Backend, Call, backend_of
from agents.plan import BookingPlan, MeetingType, mark_of
from agents.results import Changed, Held, HoldShown, MeetingShown, Outcome, shown_hold, shown_meeting
from agents.search import CustomerTypeId, EmployeeId, Instant, Minutes, TopicId
from agents.words import as_data, explained, in_words

CustomerId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        description="Your own id of the customer, such as an account number. The same in every call for this customer.",
    ),
]
HoldId = Annotated[UUID, Field(description="From hold_time_slot.")]
Title = Annotated[str, Field(max_length=200, description="Title of the meeting. Without it, the name of the topic.")]
Description = Annotated[str, Field(max_length=2000, description="What the meeting is about, for the employee.")]
Additional = Annotated[
    bool,
    Field(description="Set true only if the user wants one more meeting although the customer has one on this topic."),
]

MOST_MEETINGS: Final = 5
"""Meetings in one result."""

HELD: Final = (
    "Nothing is booked yet. Tell the user the time and the employee, and until when they are held. If the user "
    "agrees, call confirm. If the answer of a call is lost, repeat the call with the same arguments."
)
SAME_HOLD: Final = "This customer holds this time slot already: this is the same hold, not a second one. "
BOOKED: Final = "The meeting is booked. Tell the user. Do not call hold_time_slot or confirm for it again."
HAS_MEETING: Final = (
    "Nothing was held, because this customer has a meeting on this topic: {start}, meeting_id {id}. If the user wants "
    "another time, call move_meeting. If the user wants one more meeting, repeat with additional_meeting=true."
)
FORMER_RELEASED: Final = "The former hold of this customer was released. If the user still wants it, hold it again."
NOT_HELD: Final = (
    "This hold has ended, or belongs to another customer: nothing was booked by this call. Call look_up_outcome with "
    "the customer_id. If it shows no meeting, call find_time_slots and hold a time slot again."
)
OF_ANOTHER: Final = "Somebody else has just taken this time slot. Reason: TIME_SLOT_TAKEN. Next: call find_time_slots."
OF_A_PROGRAM: Final = "Another program holds this time slot for the customer. It must finish the booking itself."


@in_words
async def hold_time_slot(
    call: Call,
    start: Instant,
    employee_id: EmployeeId,
    topic_id: TopicId,
    customer_type_id: CustomerTypeId,
    meeting_type: MeetingType,
    customer_id: CustomerId,
    duration_minutes: Minutes | None = None,
    additional_meeting: Additional = False,
) -> Held:
    """Hold one time slot of find_time_slots for some minutes, so that nobody else can take it. It books nothing.

    A repeat with the same arguments is safe: it returns the same hold. A customer has one hold: a new one releases the
    former one.
    """
    backend = backend_of(call)
    plan = BookingPlan(
        mark=mark_of(customer_id),
        topic_id=topic_id,
        customer_type_id=customer_type_id,
        employee_id=employee_id,
        meeting_type=meeting_type,
        start=await backend.instant(start),
        duration=timedelta(minutes=duration_minutes) if duration_minutes else await backend.duration(),
    )
    holds = await holds_of(backend, customer_id)
    if found := next((each for each in holds if each.token == plan.token), None):
        return Held(hold=await show_hold(backend, found), next=SAME_HOLD + HELD)
    if not additional_meeting:
        await require_no_meeting(backend, plan, customer_id)
    former = [each for each in holds if is_replaceable(each)]
    held = await reserve_instead(backend, plan, customer_id, former)
    return Held(hold=await show_hold(backend, held), next=HELD)


async def require_no_meeting(backend: Backend, plan: BookingPlan, customer_id: str) -> None:
    """Raise `ToolError` if the customer has a meeting on this topic, so that a forgetful model does not book twice."""
    asked = operations.meetings_list(
        customer_id=customer_id, topic_id=plan.topic_id, from_=datetime.now(UTC), sort="startDate", limit=1
    )
    if found := await backend.bookme.request(asked):
        shown = await show_meeting(backend, found[0])
        raise ToolError(HAS_MEETING.format(start=shown.start, id=shown.meeting_id))


async def reserve_instead(
    backend: Backend, plan: BookingPlan, customer_id: str, former: list[models.HeldTimeSlot]
) -> models.HeldTimeSlot:
    """Reserve the time slot of the plan, and release the customer's former holds.

    The former holds stay if the reservation is refused. But a former hold of the same employee may be what blocks it:
    then they are released first, and the refusal of the second attempt says so.
    """
    try:
        held = await reserve(backend, plan, customer_id)
    except Conflict:
        if plan.employee_id not in {each.employee_id for each in former}:
            raise
        await release(backend, former)
        try:
            return await reserve(backend, plan, customer_id)
        except Conflict as error:
            raise ToolError(f"{explained(error)} {FORMER_RELEASED}") from error
    await release(backend, former)
    return held


async def release(backend: Backend, holds: list[models.HeldTimeSlot]) -> None:
    for each in holds:
        await backend.bookme.request(operations.time_slots_delete(each.id))


async def reserve(backend: Backend, plan: BookingPlan, customer_id: str) -> models.HeldTimeSlot:
    """Reserve the time slot of the plan, with the room and the service group that search offers it with.

    Raises:
        ToolError: the hold is that of another customer of this client, who has the same plan and the same mark.

    """
    await backend.bookme.hold(
        await offer_of(backend, plan),
        customer_id=customer_id,
        customer_type_id=plan.customer_type_id,
        topic_id=plan.topic_id,
        type=plan.meeting_type,
        token=plan.token,
        end_user=hashlib.sha256(customer_id.encode()).hexdigest(),
    )
    held = await holds_of(backend, customer_id)
    found = next((each for each in held if each.token == plan.token), None)
    if found is None:
        raise ToolError(OF_ANOTHER)
    return found


async def offer_of(backend: Backend, plan: BookingPlan) -> models.AvailableTimeslot | models.FreeTimeSlot:
    """Return the plan's time slot as search offers it.

    If search does not offer it, return it without room: the refusal of its reservation says why.
    """
    search = backend.bookme.search(
        topic_id=plan.topic_id,
        customer_type_id=plan.customer_type_id,
        meeting_types=[plan.meeting_type],
        start=plan.start,
        look_forward=plan.duration,
        duration=plan.duration,
        employee_ids=[plan.employee_id],
        page_size=1,
    )
    offered = await search.first()
    if offered and offered.start_date == plan.start:
        return offered
    bare = {"start_date": plan.start.isoformat(), "end_date": plan.end.isoformat()}
    return models.FreeTimeSlot(**bare, employee_id=str(plan.employee_id))


def is_replaceable(hold: models.HeldTimeSlot) -> bool:
    """Return whether the hold is one of this server. A confirmed one stays: its meeting may be under way."""
    return hold.status == models.TimeSlotStatus.RESERVED and BookingPlan.of_token(hold.token) is not None


@in_words
async def ask_to_confirm(
    call: Call, hold_id: HoldId, customer_id: CustomerId, title: Title | None, user_agreed: UserAgreed
) -> Agreement | Elicit[Agreement]:
    """Ask the user whether to book the held time slot, unless its meeting exists already."""
    backend = backend_of(call)
    if await meeting_of(backend, hold_id):
        return Agreement(agreed=True)
    hold = await show_hold(backend, await require_hold(backend, hold_id, customer_id))
    named = f" “{as_data(title)}”" if title else ""
    with_whom = f" with {hold.employee}" if hold.employee else ""
    question = f"Book the meeting{named} on {hold.start}{with_whom}, for customer {as_data(customer_id)}?"
    return ask(call, question, user_agreed=user_agreed)


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
    meeting = await meeting_of(backend, hold_id)
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
    plan = BookingPlan.of_token(held.token)
    if plan is None:
        raise ToolError(OF_A_PROGRAM)
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


async def holds_of(backend: Backend, customer_id: str) -> list[models.HeldTimeSlot]:
    return await backend.bookme.request(operations.time_slots_list_held(customer_id=customer_id))


async def meeting_of(backend: Backend, hold_id: UUID) -> models.Meeting | None:
    """Return the meeting that was made from this hold, or None."""
    found = await backend.bookme.request(operations.meetings_list(time_slot_id=hold_id, limit=1))
    return found[0] if found else None


async def show_hold(backend: Backend, hold: models.HeldTimeSlot) -> HoldShown:
    return shown_hold(hold, await backend.names(), await backend.zone())


async def show_meeting(backend: Backend, meeting: models.Meeting) -> MeetingShown:
    return shown_meeting(meeting, await backend.names(), await backend.zone())
