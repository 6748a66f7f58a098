"""Registers the compensations of a saga, and runs them in reverse order."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from domain.errors import BookMeError
from workflows.booking.endings import retry_through_cancellation

Compensation = Callable[[], Awaitable[object]]


class Saga:
    """Compensations to run if the booking is not completed.

    A compensation is registered before its step, so that a step whose answer was lost is undone too. Each
    compensation must therefore tolerate that its step never happened.
    """

    def __init__(self) -> None:
        self._compensations: list[Compensation] = []

    @contextmanager
    def compensated_by(self, compensation: Compensation) -> Iterator[None]:
        """Register the compensation of the step in this block. If the step is refused, remove the compensation."""
        self._compensations.append(compensation)
        try:
            yield
        except BookMeError:
            self._compensations.remove(compensation)
            raise

    def keep_only(self, *compensations: Compensation) -> None:
        """Drop all other compensations, because a step has replaced their steps or nothing is left to undo."""
        self._compensations = [*compensations]

    async def compensate(self) -> None:
        """Run all compensations, the one of the last step first. A cancellation of the run does not stop them."""
        while self._compensations:
            await retry_through_cancellation(self._compensations[-1])
            self._compensations.pop()
