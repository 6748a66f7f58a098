"""Keeps requests that want the same time from looking and asking all at once: one goes through, the others follow."""

import asyncio
from collections import defaultdict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from domain.time_slots import Interval


@dataclass(frozen=True, slots=True)
class Claim:
    """The time that a request wants, of these employees and rooms."""

    interval: Interval
    resources: tuple[Hashable, ...]


Entry = tuple[Interval, asyncio.Event]


class Gate:
    """What this process is reserving right now.

    It only spares the engine work: that nobody is booked twice, the database sees to.
    """

    def __init__(self) -> None:
        self._inside: defaultdict[Hashable, list[Entry]] = defaultdict(list)

    def in_the_way(self, claim: Claim | None) -> asyncio.Event | None:
        """Set when the reservation that overlaps this one is over; None when there is none."""
        if claim is None:
            return None
        entries = (entry for resource in claim.resources for entry in self._inside.get(resource, ()))
        return next((done for other, done in entries if other.overlaps(claim.interval)), None)

    @contextmanager
    def enter(self, claim: Claim | None) -> Iterator[None]:
        if claim is None:
            yield
            return
        entry = (claim.interval, asyncio.Event())
        for resource in claim.resources:
            self._inside[resource].append(entry)
        try:
            yield
        finally:
            for resource in claim.resources:
                self._inside[resource].remove(entry)
                if not self._inside[resource]:
                    del self._inside[resource]
            entry[1].set()
