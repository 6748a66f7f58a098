"""Requests on their way from the update handlers, which only hand over and wait, to `run`, which acts."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from workflows.messages import Asked

Request = TypeVar("Request", bound=Asked)
Outcome = TypeVar("Outcome", bound=Asked)


class Attempt(Generic[Request, Outcome]):
    """One request, and its outcome once `run` has decided it."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self._outcome: Outcome | None = None
        self._failure: ApplicationError | None = None

    @property
    def is_decided(self) -> bool:
        return self._outcome is not None or self._failure is not None

    def succeed(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def fail(self, failure: ApplicationError) -> None:
        """Tell the failure, and whom it was meant for."""
        self._failure = ApplicationError(
            failure.message, *failure.details, self.request.asked, type=failure.type, non_retryable=True
        )

    async def outcome(self) -> Outcome:
        """Wait until the attempt is decided.

        Raises:
            ApplicationError: it was refused, or could not be done in time.

        """
        await workflow.wait_condition(lambda: self.is_decided)
        if self._failure is not None:
            raise self._failure
        assert self._outcome is not None, "decided above"  # noqa: S101 - for the type checker
        return self._outcome


class Inbox(Generic[Request, Outcome]):
    """Attempts in their order of arrival. The same attempt handed over twice is one."""

    def __init__(self) -> None:
        self._attempts: dict[str, Attempt[Request, Outcome]] = {}
        self._waiting: deque[Attempt[Request, Outcome]] = deque()

    def hand_over(self, attempt_id: str, request: Request) -> Attempt[Request, Outcome]:
        if attempt_id not in self._attempts:
            self._attempts[attempt_id] = attempt = Attempt[Request, Outcome](request)
            self._waiting.append(attempt)
        return self._attempts[attempt_id]

    def take(self) -> Attempt[Request, Outcome] | None:
        """The next attempt, or None when nobody waits."""
        return self._waiting.popleft() if self._waiting else None

    def undecided(self) -> list[Attempt[Request, Outcome]]:
        """Whoever still waits for an outcome, taken or not."""
        return [attempt for attempt in self._attempts.values() if not attempt.is_decided]

    async def outcome_of(self, request: Request) -> Outcome:
        """What every update handler does: `run` takes the step, the handler waits for its outcome."""
        update = workflow.current_update_info()
        assert update is not None, "called by update handlers alone"  # noqa: S101 - for the type checker
        return await self.hand_over(update.id, request).outcome()

    async def settle(self, decide: Callable[[Attempt[Request, Outcome]], None]) -> None:
        """Decide whoever still waits, and whoever comes meanwhile, until no handler waits any more."""
        while self.undecided() or not workflow.all_handlers_finished():
            for attempt in self.undecided():
                decide(attempt)
            await workflow.wait_condition(lambda: bool(self.undecided()) or workflow.all_handlers_finished())

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def received(self) -> int:
        """How many attempts this run has been handed so far."""
        return len(self._attempts)
