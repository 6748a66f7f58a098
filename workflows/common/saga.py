"""Compensations of a saga, which run in reverse order, and steps that a cancellation of the run does not stop."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

from domain.errors import BookMeError

Answer = TypeVar("Answer")
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
