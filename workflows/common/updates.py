"""Queue of requests between the update handlers, which only add requests and wait, and `run`, which serves them."""

import contextlib
import contextvars
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from workflows.booking.messages import BOOKING_OVER, WithRequestId

Request = TypeVar("Request", bound=WithRequestId)
Outcome = TypeVar("Outcome", bound=WithRequestId)


class PendingUpdate(Generic[Request, Outcome]):
    """One request, and its outcome as soon as the workflow's `run` method has set one."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self._outcome: Outcome | None = None
        self._failure: ApplicationError | None = None
        self._context = contextvars.copy_context()

    @contextlib.contextmanager
    def in_its_context(self) -> Iterator[None]:
        """Run the block with the context variables of the update handler.

        So the steps of this request carry its request id and its trace, and not those of the run's first request.
        """
        before = [(variable, variable.set(value)) for variable, value in self._context.items()]
        try:
            yield
        finally:
            # If the run is removed from the cache meanwhile, the block ends in another context. `reset` then raises
            # `ValueError`, and that context needs no change.
            with contextlib.suppress(ValueError):
                for variable, token in before:
                    variable.reset(token)

    @property
    def has_outcome(self) -> bool:
        return self._outcome is not None or self._failure is not None

    def succeed(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def fail(self, failure: ApplicationError) -> None:
        """Set the failure, with the id of the request (`asked`) as its last detail."""
        self._failure = ApplicationError(
            failure.message, *failure.details, self.request.asked, type=failure.type, non_retryable=True
        )

    async def outcome(self) -> Outcome:
        """Wait until the request has an outcome, and return the outcome.

        Raises:
            ApplicationError: the request was refused, could not be done in time, or the run ended before.

        """
        await workflow.wait_condition(lambda: self.has_outcome)
        if self._failure is not None:
            raise self._failure
        assert self._outcome is not None, "it has an outcome"  # noqa: S101 - for the type checker
        return self._outcome


class UpdateQueue(Generic[Request, Outcome]):
    """Requests in their order of arrival. A request that arrives twice with the same attempt id is queued once."""

    def __init__(self) -> None:
        self._attempts: dict[str, PendingUpdate[Request, Outcome]] = {}
        self._waiting: deque[PendingUpdate[Request, Outcome]] = deque()

    def add(self, attempt_id: str, request: Request) -> PendingUpdate[Request, Outcome]:
        if attempt_id not in self._attempts:
            self._attempts[attempt_id] = attempt = PendingUpdate[Request, Outcome](request)
            self._waiting.append(attempt)
        return self._attempts[attempt_id]

    def take(self) -> PendingUpdate[Request, Outcome] | None:
        """Remove and return the next request, or return None if the queue is empty."""
        return self._waiting.popleft() if self._waiting else None

    def unanswered(self) -> list[PendingUpdate[Request, Outcome]]:
        """Return all requests without an outcome, both queued and taken."""
        return [attempt for attempt in self._attempts.values() if not attempt.has_outcome]

    async def wait_for_outcome(self, request: Request) -> Outcome:
        """Queue the request of the current update, and wait for its outcome. Only update handlers call this."""
        update = workflow.current_update_info()
        assert update is not None, "only update handlers call this"  # noqa: S101 - for the type checker
        return await self.add(update.id, request).outcome()

    async def answer_all(self, act: Callable[[PendingUpdate[Request, Outcome]], None]) -> None:
        """Call `act` for each request without an outcome, until all update handlers have finished.

        `act` must set an outcome. Requests that arrive meanwhile are included.
        """
        while self.unanswered() or not workflow.all_handlers_finished():
            for attempt in self.unanswered():
                act(attempt)
            await workflow.wait_condition(lambda: bool(self.unanswered()) or workflow.all_handlers_finished())

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def received(self) -> int:
        """Number of requests that this run has received so far."""
        return len(self._attempts)


def run_has_ended() -> ApplicationError:
    """Return the failure of a request that the run did not serve before its end."""
    return ApplicationError("The booking has just ended.", type=BOOKING_OVER)
