"""Keeps contending reservations of one API process apart. Correctness does not depend on it."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

from domain.messages.booking import WantedTimeSlot
from domain.time_slots import Interval

Answer = TypeVar("Answer")
Entry = tuple[Interval, asyncio.Event]


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
