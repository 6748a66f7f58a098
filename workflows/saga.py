"""Compensations in reverse order."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from domain.errors import BookMeError
from workflows.endings import insist

Compensation = Callable[[], Awaitable[object]]


class Saga:
    """What has to be undone if the booking does not reach its end.

    A compensation is registered before its step, so that it also covers a step whose answer was lost;
    each one must therefore tolerate that its step never happened.
    """

    def __init__(self) -> None:
        self._compensations: list[Compensation] = []

    @contextmanager
    def compensated_by(self, compensation: Compensation) -> Iterator[None]:
        """Register what undoes the step that is about to be taken; one that was refused needs no undoing."""
        self._compensations.append(compensation)
        try:
            yield
        except BookMeError:
            self._compensations.remove(compensation)
            raise

    def keep_only(self, *compensations: Compensation) -> None:
        """Forget every other compensation: a step has replaced the earlier ones, or all is undone already."""
        self._compensations = [*compensations]

    async def compensate(self) -> None:
        """Undo everything, last step first. A cancellation that arrives meanwhile does not stop it."""
        while self._compensations:
            await insist(self._compensations[-1])
            self._compensations.pop()
