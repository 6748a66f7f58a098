"""The steps of a booking as the workflow takes them: which activity, with which options, under which name in the UI."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception

from activities.meeting_messages import OpenMeeting
from activities.messages import (
    BookingAsStored,
    BookingName,
    BookTimeSlot,
    CreateMeeting,
    MeetingCreated,
    Message,
    ReadBooking,
    Refused,
    ReleaseTimeSlot,
    ReserveTimeSlot,
    TimeSlotKept,
    WithdrawMeeting,
)
from activities.signatures import BookingSteps, MeetingOpening
from domain.errors import Reason, retold
from workflows.messages import UNAVAILABLE, Asked
from workflows.options import DURABLE, FORWARD, PERSISTENT, UNDO

Step = TypeVar("Step", bound=Message)
Answer = TypeVar("Answer")


class AnswerLost(ApplicationError):
    """A forward step was given up, and nobody knows whether it was done."""

    def __init__(self) -> None:
        super().__init__("The step could not be done in time; ask again.", type=UNAVAILABLE)


def id_for(request: Asked) -> UUID:
    """The id of the step that does this request: the same on every worker and in every run that is asked for it."""
    # Not `workflow.uuid4()`: after a step that no history tells of, it would give the next request the same id.
    return uuid5(NAMESPACE_OID, request.asked)


async def reserve_time_slot(step: ReserveTimeSlot) -> TimeSlotKept:
    return await forward(BookingSteps.reserve_time_slot, step, "Hold the time slot")


async def book_time_slot(step: BookTimeSlot) -> TimeSlotKept:
    return await forward(BookingSteps.book_time_slot, step, "Mark the time slot Booked")


async def create_meeting(step: CreateMeeting) -> MeetingCreated:
    return await forward(BookingSteps.create_meeting, step, "Create the meeting")


async def read_booking(step: ReadBooking) -> BookingAsStored:
    """While a caller waits: bounded in time."""
    return await forward(BookingSteps.read_booking, step, "Look what became of the booking")


async def read_booking_for_sure(step: ReadBooking, why: str) -> BookingAsStored:
    """When nobody waits: retried until the database answers."""
    return await workflow.execute_activity_method(BookingSteps.read_booking, step, summary=why, **UNDO)


async def read_booking_at_its_deadline(step: ReadBooking) -> BookingAsStored:
    """Likewise, by a local activity: after an outage, thousands of runs ask this at once."""
    return await workflow.execute_local_activity_method(
        BookingSteps.read_booking, step, summary="Has the deadline passed?", **PERSISTENT
    )


async def withdraw_meeting(step: WithdrawMeeting) -> None:
    await workflow.execute_activity_method(
        BookingSteps.withdraw_meeting, step, summary="Undo: withdraw the meeting", **UNDO
    )


async def release_time_slot(step: ReleaseTimeSlot) -> None:
    await workflow.execute_activity_method(
        BookingSteps.release_time_slot, step, summary="Undo: release the time slot", **UNDO
    )


async def open_meeting(booking: BookingName, meeting: MeetingCreated) -> None:
    """When nobody waits any more: tried until the meeting has its run."""
    step = OpenMeeting(
        meeting_id=meeting.id,
        client_id=booking.client_id,
        employee_id=meeting.content.employee_id,
        start=meeting.start,
        end=meeting.end,
    )
    await workflow.execute_local_activity_method(
        MeetingOpening.open_meeting, step, summary="Start the meeting's run", **PERSISTENT
    )


async def forward(activity: Callable[[Any, Step], Awaitable[Answer]], step: Step, summary: str) -> Answer:
    """Take a forward step.

    Raises:
        BookMeError: it was refused by a decision, and has changed nothing.
        AnswerLost: it was given up.
        FailureError: the run was cancelled, and so was the step.

    """
    return await _meant(workflow.execute_local_activity_method(activity, step, summary=summary, **FORWARD))


async def forward_durably(activity: Callable[[Any, Step], Awaitable[Answer]], step: Step, summary: str) -> Answer:
    """The same, by a step that the engine has written down before it is taken.

    A cancellation of the run does not stop it: whoever calls this asks afterwards whether there was one.
    """
    return await _meant(_to_its_end(workflow.start_activity_method(activity, step, summary=summary, **DURABLE)))


async def _to_its_end(step: workflow.ActivityHandle[Answer]) -> Answer:
    """Wait for it whatever befalls the run; the SDK drops an answer that arrives together with a cancellation."""
    while not step.done():
        with contextlib.suppress(asyncio.CancelledError):
            await workflow.wait([step])
    return step.result()


async def _meant(taken: Awaitable[Answer]) -> Answer:
    try:
        return await taken
    except FailureError as failure:
        if is_cancelled_exception(failure) and workflow.cancellation_reason() is not None:
            raise
        raise meaning_of(failure) from failure


def meaning_of(failure: FailureError) -> Exception:
    """The refusal that a step failed with; `AnswerLost` for whatever else it failed with."""
    # What a local activity fails with arrives bare or in an `ActivityError`; a time-out even changes on replay.
    error = failure.cause if isinstance(failure, ActivityError) else failure
    if isinstance(error, ApplicationError) and error.type in set(Reason):
        refused = Refused.model_validate(error.details[0])
        return retold(refused.reason, refused.message, refused.facts)
    return AnswerLost()
