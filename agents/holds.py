"""Tools that hold: one time slot for one customer, until its deadline."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from bookme_client import models, operations
from bookme_client.errors import Conflict
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from agents.backend import Backend, Call, backend_of
from agents.plan import BookingPlan, MeetingType, mark_of
from agents.results import Held, show_hold, show_meeting
from agents.search import CustomerTypeId, EmployeeId, Instant, Minutes, TopicId
from agents.words import explained, in_words

CustomerId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        description="Your own id of the customer, such as an account number. The same in every call for this customer.",
    ),
]
Additional = Annotated[
    bool,
    Field(description="Set true only if the user wants one more meeting although the customer has one on this topic."),
]


HELD: Final = (
    "Nothing is booked yet. Tell the user the time and the employee, and until when they are held. If the user "
    "agrees, call confirm. If the answer of a call is lost, repeat the call with the same arguments."
)
SAME_HOLD: Final = "This customer holds this time slot already: this is the same hold, not a second one. "
HAS_MEETING: Final = (
    "Nothing was held, because this customer has a meeting on this topic: {start}, meeting_id {id}. If the user wants "
    "another time, call move_meeting. If the user wants one more meeting, repeat with additional_meeting=true."
)
FORMER_RELEASED: Final = "The former hold of this customer was released. If the user still wants it, hold it again."
OF_ANOTHER: Final = "Somebody else has just taken this time slot. Reason: TIME_SLOT_TAKEN. Next: call find_time_slots."


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


async def holds_of(backend: Backend, customer_id: str) -> list[models.HeldTimeSlot]:
    return await backend.bookme.request(operations.time_slots_list_held(customer_id=customer_id))
