"""Gateway from the API to Temporal: sends updates to workflows, translates the results, and keeps contenders apart.

A result is an outcome, a refusal (`BookMeError`), no answer to this request (`NoAnswer`), or not known yet
(`Unavailable`).
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from uuid import uuid4

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from api.http.errors import Unavailable
from domain.error_payloads import error_from_payload
from domain.errors import BookMeError, Reason
from domain.messages.booking import Refused, WantedTimeSlot
from domain.time_slots import Interval
from storage.bookings.idempotency import NOT_KEPT
from workflows.booking import messages as booking
from workflows.booking.messages import StartBooking, WithRequestId
from workflows.common.runs import REFRESH_CALENDARS_SCHEDULE, Start
from workflows.meeting import messages as meeting
from workflows.meeting.messages import StartMeeting

UPDATES: Final[Mapping[type[WithRequestId], str]] = {**booking.UPDATES, **meeting.UPDATES}

ASK_AGAIN: Final = (
    RPCStatusCode.ALREADY_EXISTS,
    RPCStatusCode.FAILED_PRECONDITION,  # a request reached the run at the moment when the run ended
)

ENSURED_WITHIN: Final = 0.3
"""Seconds that `ensure_run` may take. The answer that waits for it does not need the run."""

MOST_TRIES: Final = 4
"""Limit of attempts of one request. A new attempt follows an outcome that does not answer this request."""

NO_HANDLER: Final = "Update handler for "
"""Beginning of the message with which the SDK rejects an update that the workflow does not have."""

Answer = TypeVar("Answer")
Entry = tuple[Interval, asyncio.Event]
Outcome = TypeVar("Outcome", bound=WithRequestId)


class NoAnswer(Exception):
    """The run had ended, or the stored outcome does not answer this request. The caller looks again and asks anew."""


class RunGone(NoAnswer):
    """No run has this id: the run ended, was terminated, or was lost by Temporal."""


class UnknownUpdate(NoAnswer):
    """The run's worker is of an earlier release, which does not have this update. The run has not changed."""


class StoredRefusal(NoAnswer):
    """An earlier request with the same attempt was refused. `refusal` is the stored refusal."""

    def __init__(self, refusal: BookMeError) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Run:
    """Run that serves a request, and the start of a new run if there is none.

    `is_open`: the run is probably there, so the request is first sent without a start.
    """

    workflow: str
    start: StartBooking | StartMeeting
    options: Start
    is_open: bool = False


async def answer_in_attempts(
    name: str, attempt: Callable[[str], Awaitable[Answer]], *, is_final: bool = False
) -> Answer:
    """Return the answer of the first attempt that has one. `attempt` looks in the database, and may ask a run.

    `name` is the id of the first attempt. A repeat of the request reaches the same attempt while it is under way. If
    an earlier request left an outcome that does not answer this one, the next attempt has a new id. A final request
    accepts a stored refusal as its answer, except for the reasons in `NOT_KEPT`.

    Raises:
        BookMeError: the request is refused.
        Unavailable: the outcome is not known yet.

    """
    attempt_id = name
    for _ in range(MOST_TRIES):
        try:
            return await attempt(attempt_id)
        except StoredRefusal as stored:
            if is_final and stored.refusal.reason not in NOT_KEPT:
                raise stored.refusal from stored
        except NoAnswer:
            pass
        attempt_id = f"{name}:{uuid4().hex}"
    raise Unavailable("The booking is changing right now.")


class TemporalGateway:
    """Sends updates to workflows. `api.middleware.admission` limits the number and the time of waiting requests."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self.client = client
        self._task_queue = task_queue

    async def execute_update(self, request: WithRequestId, attempt: str, run: Run, outcome: type[Outcome]) -> Outcome:
        """Send the request to the run, start the run if there is none, and wait for the outcome.

        `attempt` is the id of the update: an update with the same id is carried out once.

        Raises:
            BookMeError: this request was refused.
            NoAnswer: the run has just ended, or the outcome was stored for an earlier request.
            Unavailable: Temporal cannot be reached, the outcome is not known in time, or the step could not be done.

        """
        found: Outcome | None = None
        if run.is_open:
            with suppress(RunGone), errors_translated(request.asked):
                handle = self.client.get_workflow_handle(run.options["id"])
                found = await handle.execute_update(UPDATES[type(request)], request, id=attempt, result_type=outcome)
        if found is None:
            with errors_translated(request.asked):
                found = await self._send_with_start(request, attempt, run, outcome)
        if found.asked != request.asked:
            raise NoAnswer("the outcome was stored for an earlier request")
        return found

    async def _send_with_start(self, request: WithRequestId, attempt: str, run: Run, outcome: type[Outcome]) -> Outcome:
        """Send the request, and start the run unless it exists by now."""
        start = WithStartWorkflowOperation[Any, Any](
            run.workflow, run.start, task_queue=self._task_queue, **run.options
        )
        asking = self.client.execute_update_with_start_workflow(
            UPDATES[type(request)], request, start_workflow_operation=start, id=attempt, result_type=outcome
        )
        try:
            found: Outcome = await asking
        except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError):
            # The SDK stores the failure with the start too. A failure that nobody retrieves is logged as an error.
            with suppress(RPCError, asyncio.CancelledError):
                await start.workflow_handle()
            raise
        return found

    async def ensure_run(self, run: Run) -> None:
        """Start the run unless it exists. Give up soon if Temporal does not answer, and never raise."""
        with suppress(RPCError, RuntimeError, TimeoutError):
            async with asyncio.timeout(ENSURED_WITHIN):
                await self.client.start_workflow(run.workflow, run.start, task_queue=self._task_queue, **run.options)

    async def refresh_calendars(self) -> None:
        """Start a refresh of all calendars now. If Temporal cannot be reached, the schedule refreshes them later."""
        with suppress(RPCError, RuntimeError):
            await self.client.get_schedule_handle(REFRESH_CALENDARS_SCHEDULE).trigger()


@contextmanager
def errors_translated(request_id: str) -> Iterator[None]:
    """Translate the errors of an update into those of `execute_update`, and `RunGone`."""
    try:
        yield
    except WorkflowUpdateFailedError as error:
        raise error_from_failure(error.cause, request_id) from error
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


def error_from_failure(cause: BaseException, request_id: str) -> Exception:
    """Return the exception that a failed update means for the request with this id."""
    if not isinstance(cause, ApplicationError):
        return NoAnswer(str(cause))
    is_ours = request_id in cause.details or not _names_its_request(cause.details)
    if cause.type in set(Reason):
        refused = Refused.model_validate(cause.details[0])
        refusal = error_from_payload(refused.reason, refused.message, refused.facts)
        return refusal if is_ours else StoredRefusal(refusal)
    if cause.message.startswith(NO_HANDLER):
        return UnknownUpdate(cause.message)
    if cause.type == "UNAVAILABLE" and is_ours:
        return Unavailable(cause.message)
    return NoAnswer(cause.message)


def _names_its_request(details: Sequence[object]) -> bool:
    """Return whether the failure names its request. A validator's refusal does not, and is never stored."""
    return any(isinstance(detail, str) for detail in details)


class IntervalGate:
    """Serialises reservations of overlapping time in one process, so that contenders do not all start a workflow."""

    def __init__(self) -> None:
        self._inside: defaultdict[Hashable, list[Entry]] = defaultdict(list)

    def in_the_way(self, interval: Interval, resources: Sequence[Hashable]) -> asyncio.Event | None:
        """Return the event of an overlapping reservation of one of the resources, or None. It is set at its end."""
        entries = (entry for resource in resources for entry in self._inside.get(resource, ()))
        return next((done for other, done in entries if other.overlaps(interval)), None)

    @contextmanager
    def enter(self, interval: Interval, resources: Sequence[Hashable]) -> Iterator[None]:
        """Register a reservation until the block ends. Then set its event."""
        entry = (interval, asyncio.Event())
        for resource in resources:
            self._inside[resource].append(entry)
        try:
            yield
        finally:
            for resource in resources:
                self._inside[resource].remove(entry)
                if not self._inside[resource]:
                    del self._inside[resource]
            entry[1].set()


class SingleFlight(Generic[Answer]):
    """Coalesces concurrent identical lookups.

    A caller that arrives while a lookup runs gets the result of the next one. So no answer is older than its request.
    """

    def __init__(self) -> None:
        self._gathering: dict[Hashable, asyncio.Task[Answer]] = {}

    async def answer(self, question: Hashable, find_out: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return the result of `find_out`, called once for all callers that ask this question before the call."""
        if question not in self._gathering:
            self._gathering[question] = asking = asyncio.create_task(self._ask(question, find_out))
            asking.add_done_callback(_look_at_failure)
        # The cancellation of one caller must not cancel the lookup of the others.
        return await asyncio.shield(self._gathering[question])

    async def _ask(self, question: Hashable, find_out: Callable[[], Awaitable[Answer]]) -> Answer:
        del self._gathering[question]
        return await find_out()


def _look_at_failure(asked: asyncio.Task[Answer]) -> None:
    """Read the error of a finished look-up, so that asyncio does not log it when every caller has timed out."""
    if not asked.cancelled():
        asked.exception()


def contended(wanted: WantedTimeSlot) -> Sequence[Hashable]:
    """Return the people and the room whose time the reservation wants. None stands for any employee."""
    room = () if wanted.room_id is None else (wanted.room_id,)
    return (wanted.employee_id, *wanted.additional_employees, *room)
