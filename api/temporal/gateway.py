"""Gateway from the API to Temporal: sends updates to workflows and translates the results.

A result is an outcome, a refusal (`BookMeError`), no answer to this request (`NoAnswer`), or not known yet
(`Unavailable`).
"""

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

from api.http.errors import Unavailable
from domain.errors import BookMeError, Reason, error_from_payload
from domain.messages.booking import BookingKey, Refused, WantedTimeSlot
from domain.messages.meeting import OpenMeeting
from workflows.booking.messages import (
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
from workflows.booking.workflow import BookingWorkflow
from workflows.common.names import REFRESH_CALENDARS_SCHEDULE, workflow_id
from workflows.common.starts import booking_start, meeting_start
from workflows.meeting.messages import UPDATES, MeetingKeptOutcome, MeetingRequest, StartMeeting
from workflows.meeting.workflow import MeetingWorkflow

ASK_AGAIN: Final = (
    RPCStatusCode.ALREADY_EXISTS,
    RPCStatusCode.FAILED_PRECONDITION,  # a request reached the run at the moment when the run ended
)

ENSURED_WITHIN: Final = 0.3
"""Seconds that `ensure_run` may take. The answer that waits for it does not need the run."""

Answer = TypeVar("Answer")


class NoAnswer(Exception):
    """The run had ended, or the stored outcome does not answer this request. The caller looks again and asks anew."""


class RunGone(NoAnswer):
    """No run has this id: the run ended, was terminated, or was lost by Temporal."""


class StoredRefusal(NoAnswer):
    """An earlier request with the same attempt was refused. `refusal` is the stored refusal."""

    def __init__(self, refusal: BookMeError) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class StoredBooking:
    """A booking as stored: its key, the id of its time slot, and the time, people and room that the slot holds."""

    booking: BookingKey
    time_slot_id: UUID
    held: WantedTimeSlot


class TemporalGateway:
    """Sends updates to workflows. `api.middleware.admission` limits the number and the time of waiting requests."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self.client = client
        self._task_queue = task_queue

    async def reserve(self, booking: BookingKey, request: ReserveRequest, attempt: str) -> TimeSlotOutcome:
        """Start the booking's run, or use the existing run, and wait for the outcome of the reservation."""
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
        """Send the update to the booking's run. If the run is gone, start a new run that adopts the stored booking."""
        run = self.client.get_workflow_handle(workflow_id(stored.booking))
        try:
            return await told(request.asked, lambda: run.execute_update(update, request, id=attempt))
        except RunGone:
            return await told(request.asked, lambda: self._adopt(stored, update, request, attempt))

    async def _adopt(self, stored: StoredBooking, update: Any, request: Asked, attempt: str) -> Any:  # noqa: ANN401 - likewise
        """Start a run that adopts the booking, and send the update. If a run exists by now, Temporal uses that run."""
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
        """Start a run that adopts the booking, unless it has a run. Give up soon if Temporal does not answer."""
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
        """Start a refresh of all calendars now. If Temporal cannot be reached, the schedule refreshes them later."""
        with suppress(RPCError, RuntimeError):
            await self.client.get_schedule_handle(REFRESH_CALENDARS_SCHEDULE).trigger()

    async def ask_meeting(self, meeting: OpenMeeting, request: MeetingRequest, attempt: str) -> MeetingKeptOutcome:
        """Start the meeting's run, or use the existing run, and wait for the outcome of the request."""
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
    """Await the update. If it fails, retrieve the failure from the start operation too.

    The SDK stores a failure also with the start operation. A failure that nobody retrieves is logged as an error.
    """
    try:
        return await asking
    except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError):
        with suppress(RPCError, asyncio.CancelledError):
            await start.workflow_handle()
        raise


async def told(asked: str, ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """Return the outcome of the update that `ask` sends.

    Raises:
        BookMeError: this request was refused.
        NoAnswer: there was no run to ask, or the answer was stored for an earlier request.
        Unavailable: Temporal cannot be reached, the outcome is not known in time, or the step could not be done.

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
    """Return the exception that a failed update means for the request with the id `asked`."""
    if not isinstance(cause, ApplicationError):
        return NoAnswer(str(cause))
    is_ours = asked in cause.details or not _names_its_request(cause.details)
    if cause.type in set(Reason):
        refused = Refused.model_validate(cause.details[0])
        refusal = error_from_payload(refused.reason, refused.message, refused.facts)
        return refusal if is_ours else StoredRefusal(refusal)
    if cause.type == "UNAVAILABLE" and is_ours:
        return Unavailable(cause.message)
    return NoAnswer(cause.message)


def _names_its_request(details: Sequence[object]) -> bool:
    """Return whether the failure names its request. A validator's refusal does not, and is never stored."""
    return any(isinstance(detail, str) for detail in details)
