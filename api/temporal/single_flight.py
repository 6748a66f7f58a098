"""Coalesces concurrent identical lookups."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


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
