"""Serialises reservations of overlapping time within one API process, so that contenders do not all start a workflow.

Correctness does not depend on the gate.
"""

import asyncio
from collections import defaultdict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from domain.time_slots import Interval


@dataclass(frozen=True, slots=True)
class Claim:
    """Time interval that a request wants, and the employees and rooms that it wants for that time."""

    interval: Interval
    resources: tuple[Hashable, ...]


Entry = tuple[Interval, asyncio.Event]


class IntervalGate:
    """Registry of the reservations that are under way in this process.

    The gate only saves work for Temporal. The database prevents double bookings.
    """

    def __init__(self) -> None:
        self._inside: defaultdict[Hashable, list[Entry]] = defaultdict(list)

    def in_the_way(self, claim: Claim | None) -> asyncio.Event | None:
        """Return the event of a reservation that overlaps the claim, or None. The event is set when it is over."""
        if claim is None:
            return None
        entries = (entry for resource in claim.resources for entry in self._inside.get(resource, ()))
        return next((done for other, done in entries if other.overlaps(claim.interval)), None)

    @contextmanager
    def enter(self, claim: Claim | None) -> Iterator[None]:
        """Register the claim until the block ends. Then set its event."""
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
