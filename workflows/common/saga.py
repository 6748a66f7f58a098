"""Runs the steps of the workflows with their options, and their compensations in reverse order."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception
from temporalio.workflow import ActivityConfig, LocalActivityConfig

from domain.error_payloads import error_from_payload
from domain.errors import BookMeError, Reason
from domain.messages.booking import Message, Refused
from workflows.booking.messages import UNAVAILABLE, WithRequestId
from workflows.common.options import DURABLE, FIRST_ATTEMPTS, FORWARD, UNDO

Step = TypeVar("Step", bound=Message)
Answer = TypeVar("Answer")
Config = TypeVar("Config", ActivityConfig, LocalActivityConfig)
Compensation = Callable[[], Awaitable[object]]


class Saga:
    """Compensations to run if the booking is not completed.

    A compensation is registered before its step, so that a step whose result never arrived is undone too. Each
    compensation must therefore tolerate that its step never happened.
    """

    def __init__(self) -> None:
        self._compensations: list[Compensation] = []

    @contextmanager
    def compensated_by(self, compensation: Compensation) -> Iterator[None]:
        """Register the compensation of the step in this block. Remove it only if the step is refused (`BookMeError`).

        After another failure, such as `OutcomeUnknown`, the compensation stays, because the step may have been done.
        """
        self._compensations.append(compensation)
        try:
            yield
        except BookMeError:
            self._compensations.remove(compensation)
            raise

    def keep_only(self, *compensations: Compensation) -> None:
        """Replace all registered compensations by these. Without arguments, nothing is undone any more."""
        self._compensations = [*compensations]

    async def compensate(self) -> None:
        """Run all compensations, the one of the last step first. A cancellation of the run does not stop them."""
        while self._compensations:
            await retry_through_cancellation(self._compensations[-1])
            self._compensations.pop()


async def retry_through_cancellation(step: Callable[[], Awaitable[Answer]]) -> Answer:
    """Run a step that must complete. If a cancellation interrupts the step, run the step again."""
    while True:
        try:
            return await step()
        except (FailureError, asyncio.CancelledError) as error:
            if not is_cancelled_exception(error):
                raise


def stop_if_cancelled() -> None:
    """Raise a cancellation that a step has swallowed because the step continued in spite of it.

    Raises:
        asyncio.CancelledError: an operator has cancelled the run.

    """
    if workflow.cancellation_reason() is not None:
        raise asyncio.CancelledError


class OutcomeUnknown(ApplicationError):
    """The run stopped retrying a step, and it is unknown whether the step was done."""

    def __init__(self) -> None:
        super().__init__("The step could not be done in time; ask again.", type=UNAVAILABLE)


def id_for(request: WithRequestId) -> UUID:
    """Return the id of the step that serves this request, made from the request's id (`asked`).

    The id of the step is the same on every worker and in every run.
    """
    # Not `workflow.uuid4()`: if a worker dies before a step is in the history, the replay gives the id of that step to
    # the next request.
    return uuid5(NAMESPACE_OID, request.asked)


def with_summary(config: Config, summary: str) -> Config:
    """Return the options with the text that the Temporal UI shows for the step."""
    return {**config, "summary": summary}


async def forward(activity: Callable[[Any, Step], Awaitable[Answer]], step: Step, summary: str) -> Answer:
    """Run a forward step as a local activity.

    A forward step makes the booking or the meeting advance; it is not a compensation.

    Raises:
        BookMeError: the step was refused and has changed nothing.
        OutcomeUnknown: the run stopped retrying; it is unknown whether the step was done.
        FailureError: the run was cancelled, and so was the step.

    """
    return await _raise_domain_error(
        workflow.execute_local_activity_method(activity, step, **with_summary(FORWARD, summary))
    )


async def forward_durably(activity: Callable[[Any, Step], Awaitable[Answer]], step: Step, summary: str) -> Answer:
    """Run a forward step as a regular activity, which the engine records before the step begins.

    A cancellation of the run does not stop the step. The caller must check afterwards whether the run was cancelled.

    Raises:
        BookMeError: the step was refused and has changed nothing.
        OutcomeUnknown: the run stopped retrying; it is unknown whether the step was done.

    """
    return await _raise_domain_error(
        _wait_through_cancellation(workflow.start_activity_method(activity, step, **with_summary(DURABLE, summary)))
    )


async def run_until_done(
    activity: Callable[[Any, Step], Awaitable[Answer]], step: Step, summary: str, show_awaited: Callable[[str], None]
) -> Answer:
    """Run a step that must succeed in the end and that no caller waits for.

    The first attempts are a local activity. If they fail, a regular activity is retried without end. The UI shows the
    pending activity with its last failure, and `show_awaited` gets the text for the run's details.

    Raises:
        FailureError: the run was cancelled, and so was the step, or the step was refused.

    """
    try:
        return await workflow.execute_local_activity_method(activity, step, **with_summary(FIRST_ATTEMPTS, summary))
    except FailureError as failure:
        if is_cancelled_exception(failure):
            raise
    show_awaited(f'the step "{summary}", which fails again and again; the pending activity shows the last failure.')
    return await workflow.execute_activity_method(activity, step, **with_summary(UNDO, summary))


async def _wait_through_cancellation(step: workflow.ActivityHandle[Answer]) -> Answer:
    """Wait for the step through cancellations. The SDK would drop a result that arrives with a cancellation."""
    while not step.done():
        with contextlib.suppress(asyncio.CancelledError):
            await workflow.wait([step])
    return step.result()


async def _raise_domain_error(result: Awaitable[Answer]) -> Answer:
    try:
        return await result
    except FailureError as failure:
        if is_cancelled_exception(failure) and workflow.cancellation_reason() is not None:
            raise
        raise error_from_failure(failure) from failure


def error_from_failure(failure: FailureError) -> Exception:
    """Return the refusal that a step failed with, or `OutcomeUnknown` for every other failure."""
    # The failure of a local activity arrives bare or in an `ActivityError`. For a time-out, the first execution and a
    # replay may even differ in this. Both forms must give the same result.
    error = failure.cause if isinstance(failure, ActivityError) else failure
    if isinstance(error, ApplicationError) and error.type in set(Reason):
        refused = Refused.model_validate(error.details[0])
        return error_from_payload(refused.reason, refused.message, refused.facts)
    return OutcomeUnknown()
