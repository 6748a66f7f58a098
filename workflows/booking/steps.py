"""Steps of the booking workflow: for each, the activity, its options and its summary in the Temporal UI."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception

from activities.signatures import BookingSteps, MeetingOpening
from domain.errors import Reason, error_from_payload
from domain.messages.booking import (
    BookingKey,
    BookingSnapshot,
    BookTimeSlot,
    CreateMeeting,
    MeetingCreated,
    Message,
    ReadBooking,
    Refused,
    ReleaseTimeSlot,
    ReserveTimeSlot,
    TimeSlotSnapshot,
    WithdrawMeeting,
)
from domain.messages.meeting import OpenMeeting
from workflows.booking.messages import UNAVAILABLE, Asked
from workflows.common.options import DURABLE, FORWARD, PERSISTENT, UNDO

Step = TypeVar("Step", bound=Message)
Answer = TypeVar("Answer")


class AnswerLost(ApplicationError):
    """Failure of a forward step that was given up. It is unknown whether the step was done."""

    def __init__(self) -> None:
        super().__init__("The step could not be done in time; ask again.", type=UNAVAILABLE)


def id_for(request: Asked) -> UUID:
    """Return the id of the step that serves this request. The id is the same on every worker and in every run."""
    # Not `workflow.uuid4()`: if a worker dies before a step is in the history, the replay gives its id to the next
    # request.
    return uuid5(NAMESPACE_OID, request.asked)


async def reserve_time_slot(step: ReserveTimeSlot) -> TimeSlotSnapshot:
    return await forward(BookingSteps.reserve_time_slot, step, "Hold the time slot")


async def book_time_slot(step: BookTimeSlot) -> TimeSlotSnapshot:
    return await forward(BookingSteps.book_time_slot, step, "Mark the time slot Booked")


async def create_meeting(step: CreateMeeting) -> MeetingCreated:
    return await forward(BookingSteps.create_meeting, step, "Create the meeting")


async def read_booking(step: ReadBooking) -> BookingSnapshot:
    """Read the booking from the database while a caller waits. The time is limited as for a forward step."""
    return await forward(BookingSteps.read_booking, step, "Look what became of the booking")


async def read_booking_for_sure(step: ReadBooking, why: str) -> BookingSnapshot:
    """Read the booking from the database when no caller waits, with retries until the database answers."""
    return await workflow.execute_activity_method(BookingSteps.read_booking, step, summary=why, **UNDO)


async def read_booking_at_its_deadline(step: ReadBooking) -> BookingSnapshot:
    """Read the booking from the database, with retries until the database answers.

    The activity is local, because thousands of runs read at the same time after an outage.
    """
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


async def open_meeting(booking: BookingKey, meeting: MeetingCreated) -> None:
    """Start the meeting's run when no caller waits any more, with retries until the run is started."""
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
    """Run a forward step as a local activity.

    Raises:
        BookMeError: the step was refused and has changed nothing.
        AnswerLost: the step was given up.
        FailureError: the run was cancelled, and so was the step.

    """
    return await _meant(workflow.execute_local_activity_method(activity, step, summary=summary, **FORWARD))


async def forward_durably(activity: Callable[[Any, Step], Awaitable[Answer]], step: Step, summary: str) -> Answer:
    """Run a forward step as a regular activity, which the engine records before the step begins.

    A cancellation of the run does not stop the step. The caller must check afterwards whether the run was cancelled.

    Raises:
        BookMeError: the step was refused and has changed nothing.
        AnswerLost: the step was given up.

    """
    return await _meant(_to_its_end(workflow.start_activity_method(activity, step, summary=summary, **DURABLE)))


async def _to_its_end(step: workflow.ActivityHandle[Answer]) -> Answer:
    """Wait for the step through cancellations. The SDK would drop an answer that arrives with a cancellation."""
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
    """Return the refusal that a step failed with, or `AnswerLost` for every other failure."""
    # The failure of a local activity arrives bare or in an `ActivityError`. A time-out even changes on replay.
    error = failure.cause if isinstance(failure, ActivityError) else failure
    if isinstance(error, ApplicationError) and error.type in set(Reason):
        refused = Refused.model_validate(error.details[0])
        return error_from_payload(refused.reason, refused.message, refused.facts)
    return AnswerLost()
