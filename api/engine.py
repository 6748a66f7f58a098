"""Asks booking workflows by updates, and turns whatever comes back into an outcome, a refusal, or "not known yet"."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.meeting_messages import OpenMeeting
from activities.messages import BookingName, Refused, WantedTimeSlot
from api.errors import Unavailable
from domain.errors import BookMeError, Reason, retold
from workflows.booking import BookingWorkflow
from workflows.meeting import MeetingWorkflow
from workflows.meeting_messages import UPDATES, MeetingKeptOutcome, MeetingRequest, StartMeeting
from workflows.messages import (
    Asked,
    BookRequest,
    CreateMeetingRequest,
    MeetingOutcome,
    ReleaseOutcome,
    ReleaseRequest,
    ReserveRequest,
    StartBooking,
    TimeSlotOutcome,
)
from workflows.names import REFRESH_CALENDARS_SCHEDULE, workflow_id
from workflows.starts import booking_start, meeting_start

ASK_AGAIN: Final = (
    RPCStatusCode.ALREADY_EXISTS,
    RPCStatusCode.FAILED_PRECONDITION,  # something came to the run in the moment in which it ended
)

ENSURED_WITHIN: Final = 0.3
"""Seconds that an answer that needs no run waits for the start of one."""

Answer = TypeVar("Answer")


class NoAnswer(Exception):
    """The run was over, or a stored outcome is not one for this request: look again, and ask anew."""


class RunGone(NoAnswer):
    """No run of that id is there: it ended, was terminated, or the engine has lost it."""


class StoredRefusal(NoAnswer):
    """What this attempt was told when it was made before."""

    def __init__(self, refusal: BookMeError) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class StoredBooking:
    """A booking as the database has it: its name, its time slot, and what that slot holds."""

    booking: BookingName
    time_slot_id: UUID
    held: WantedTimeSlot


class Engine:
    """The workflow engine as the API uses it. How long and how many requests wait for it, `api.admission` says."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self.client = client
        self._task_queue = task_queue

    async def reserve(self, booking: BookingName, request: ReserveRequest, attempt: str) -> TimeSlotOutcome:
        """Start the booking's run, or reach the one that is there, and wait for the reservation's outcome."""
        start = WithStartWorkflowOperation(
            BookingWorkflow.run,
            StartBooking(booking=booking, attempt=attempt, request=request),
            task_queue=self._task_queue,
            **booking_start(booking, request.wanted),
        )
        return await told(
            request.asked,
            lambda: seen(
                start,
                self.client.execute_update_with_start_workflow(
                    BookingWorkflow.reserve, request, start_workflow_operation=start, id=attempt
                ),
            ),
        )

    async def book(self, stored: StoredBooking, request: BookRequest, attempt: str) -> TimeSlotOutcome:
        outcome: TimeSlotOutcome = await self._ask_run(stored, BookingWorkflow.book, request, attempt)
        return outcome

    async def create_meeting(
        self, stored: StoredBooking, request: CreateMeetingRequest, attempt: str
    ) -> MeetingOutcome:
        outcome: MeetingOutcome = await self._ask_run(stored, BookingWorkflow.create_meeting, request, attempt)
        return outcome

    async def release(self, stored: StoredBooking, request: ReleaseRequest, attempt: str) -> ReleaseOutcome:
        outcome: ReleaseOutcome = await self._ask_run(stored, BookingWorkflow.release, request, attempt)
        return outcome

    async def _ask_run(self, stored: StoredBooking, update: Any, request: Asked, attempt: str) -> Any:  # noqa: ANN401 - each update has its own types
        """Ask the booking's run; if it is gone, ask a new one that takes over what is stored."""
        run = self.client.get_workflow_handle(workflow_id(stored.booking))
        try:
            return await told(request.asked, lambda: run.execute_update(update, request, id=attempt))
        except RunGone:
            return await told(request.asked, lambda: self._adopt(stored, update, request, attempt))

    async def _adopt(self, stored: StoredBooking, update: Any, request: Asked, attempt: str) -> Any:  # noqa: ANN401 - likewise
        """The engine keeps the run single: one that is there after all is asked instead."""
        start = WithStartWorkflowOperation(
            BookingWorkflow.run,
            StartBooking(booking=stored.booking, adopts=stored.time_slot_id),
            task_queue=self._task_queue,
            **booking_start(stored.booking, stored.held),
        )
        asking = self.client.execute_update_with_start_workflow(
            update, request, start_workflow_operation=start, id=attempt
        )
        return await seen(start, asking)

    async def ensure_run(self, stored: StoredBooking) -> None:
        """Start a run that takes over the booking, unless it has one. Give up soon if the engine does not answer."""
        start = StartBooking(booking=stored.booking, adopts=stored.time_slot_id)
        with suppress(RPCError, RuntimeError, TimeoutError):
            async with asyncio.timeout(ENSURED_WITHIN):
                await self.client.start_workflow(
                    BookingWorkflow.run,
                    start,
                    task_queue=self._task_queue,
                    **booking_start(stored.booking, stored.held),
                )

    async def refresh_calendars(self) -> None:
        """Have all calendars read again now. If the engine cannot be reached, their schedule does it a little later."""
        with suppress(RPCError, RuntimeError):
            await self.client.get_schedule_handle(REFRESH_CALENDARS_SCHEDULE).trigger()

    async def ask_meeting(self, meeting: OpenMeeting, request: MeetingRequest, attempt: str) -> MeetingKeptOutcome:
        """Start the meeting's run, or reach the one that is there, and wait for what comes of the request."""
        start = WithStartWorkflowOperation(
            MeetingWorkflow.run,
            StartMeeting(meeting_id=meeting.meeting_id),
            task_queue=self._task_queue,
            **meeting_start(meeting),
        )
        outcome: MeetingKeptOutcome = await told(
            request.asked,
            lambda: seen(
                start,
                self.client.execute_update_with_start_workflow(
                    UPDATES[type(request)],
                    request,
                    start_workflow_operation=start,
                    id=attempt,
                    result_type=MeetingKeptOutcome,
                ),
            ),
        )
        return outcome


async def seen(start: WithStartWorkflowOperation[Any, Any], asking: Awaitable[Answer]) -> Answer:
    """What comes of it. The SDK keeps a failure with the start as well, and logs as an error one that nobody took."""
    try:
        return await asking
    except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError):
        with suppress(RPCError, asyncio.CancelledError):
            await start.workflow_handle()
        raise


async def told(asked: str, ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """The outcome of an update.

    Raises:
        BookMeError: it was refused, just now.
        NoAnswer: there was no run to ask, or the answer was stored for an earlier request.
        Unavailable: the engine cannot be reached, or the step could not be done.

    """
    try:
        return await ask()
    except WorkflowUpdateFailedError as error:
        raise what_failed(error.cause, asked) from error
    except WorkflowUpdateRPCTimeoutOrCancelledError as error:
        raise Unavailable("The outcome is not known in time.") from error
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise RunGone(error.message) from error
        if error.status in ASK_AGAIN:
            raise NoAnswer(error.message) from error
        raise Unavailable("The workflow engine cannot be used right now.") from error
    except RuntimeError as error:
        raise Unavailable("The workflow engine cannot be reached.") from error


def what_failed(cause: BaseException, asked: str) -> Exception:
    """What a failed update means for the request that asked."""
    if not isinstance(cause, ApplicationError):
        return NoAnswer(str(cause))
    is_ours = asked in cause.details or not _names_its_request(cause.details)
    if cause.type in set(Reason):
        refused = Refused.model_validate(cause.details[0])
        refusal = retold(refused.reason, refused.message, refused.facts)
        return refusal if is_ours else StoredRefusal(refusal)
    if cause.type == "UNAVAILABLE" and is_ours:
        return Unavailable(cause.message)
    return NoAnswer(cause.message)


def _names_its_request(details: Sequence[object]) -> bool:
    """A validator's refusal is never stored, and names no request."""
    return any(isinstance(detail, str) for detail in details)
