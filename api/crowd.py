"""Answers one question for all who ask it at the same moment."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Crowd(Generic[Answer]):
    """Nobody is told what was found out before they asked: who comes while it is looked up waits for the next look."""

    def __init__(self) -> None:
        self._gathering: dict[Hashable, asyncio.Task[Answer]] = {}

    async def answer(self, question: Hashable, find_out: Callable[[], Awaitable[Answer]]) -> Answer:
        """What `find_out` says, called once for everybody who asks this before it is called."""
        if question not in self._gathering:
            self._gathering[question] = asking = asyncio.create_task(self._ask(question, find_out))
            asking.add_done_callback(_look_at_failure)
        # One who goes away leaves the others their answer.
        return await asyncio.shield(self._gathering[question])

    async def _ask(self, question: Hashable, find_out: Callable[[], Awaitable[Answer]]) -> Answer:
        del self._gathering[question]
        return await find_out()


def _look_at_failure(asked: asyncio.Task[Answer]) -> None:
    """Read the error of a finished look-up, so that asyncio does not log it when every caller has timed out."""
    if not asked.cancelled():
        asked.exception()
