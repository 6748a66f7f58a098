"""The kinds of faults, and the plan of the faults of a run, which follows from a seed."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST_PAUSE_BETWEEN: Final = 3.0
SECONDS_OF_CALM: Final = 2.0
"""Seconds before the first fault, so that there are bookings to disturb."""
CALM_EVERY: Final = 90.0
CALM: Final = 15.0
"""The last `CALM` of each `CALM_EVERY` seconds only have faults of `CALM_KINDS`: then all quiet requests count."""


class FaultKind(StrEnum):
    KILL = "kill"
    PAUSE = "pause"
    CUT = "cut"
    DELAY = "delay"
    CLOCK = "clock"
    ISOLATE = "isolate"
    READ_ONLY = "read-only"
    FULL_DISK = "full-disk"
    UNRULY = "unruly"


DURATIONS: Final = {
    FaultKind.KILL: (0.0, 2.0),
    FaultKind.PAUSE: (0.5, 6.0),
    FaultKind.CUT: (0.2, 4.0),
    FaultKind.DELAY: (1.0, 5.0),
    FaultKind.CLOCK: (5.0, 20.0),
    FaultKind.ISOLATE: (120.0, 120.0),
    FaultKind.READ_ONLY: (1.0, 5.0),
    FaultKind.FULL_DISK: (1.0, 5.0),
    FaultKind.UNRULY: (4.0, 12.0),
}
"""Shortest and longest duration in seconds. A kill ends with the restart. Some pauses are longer than every hold."""

GAPS: Final = {
    FaultKind.CLOCK: 5.0,
    FaultKind.ISOLATE: 180.0,
    FaultKind.READ_ONLY: 30.0,
    FaultKind.FULL_DISK: 30.0,
    FaultKind.UNRULY: 3.0,
}
"""Seconds between two faults of a kind, which then never overlap. Kinds that are not listed have no limit."""

CALM_KINDS: Final = (FaultKind.UNRULY, FaultKind.CLOCK, FaultKind.ISOLATE)
"""Faults that a quiet client need not notice."""

LARGEST_SHARE: Final = 0.2
"""The largest share of a run that a fault of a kind in `GAPS` may last: a short run has shorter isolations."""

Targets = Mapping[FaultKind, Sequence[str]]
"""The names of the targets of each kind of fault on this machine. Empty if the kind is not possible here."""


@dataclass(frozen=True, slots=True)
class PlannedFault:
    at: float
    what: FaultKind
    target: str
    duration: float


def plan(seed: int, seconds: float, kinds: Sequence[FaultKind], targets: Targets) -> list[PlannedFault]:
    """Plan the faults of a run of `seconds`. Each fault ends before the run does. The targets of a kind take turns."""
    return _Planner(seed, seconds, [kind for kind in kinds if targets[kind]], targets).faults()


class _Planner:
    def __init__(self, seed: int, seconds: float, kinds: Sequence[FaultKind], targets: Targets) -> None:
        self._rng = random.Random(f"nemesis-{seed}")
        self._seconds = seconds
        self._kinds = kinds
        self._targets = targets
        self._remaining_targets: dict[FaultKind, list[str]] = {kind: [] for kind in kinds}
        self._rests_until = dict.fromkeys(GAPS, 0.0)

    def faults(self) -> list[PlannedFault]:
        planned: list[PlannedFault] = []
        at = SECONDS_OF_CALM
        while at < self._seconds:
            if possible := [kind for kind in self._kinds if self._is_possible(kind, at)]:
                planned.append(self._fault(self._rng.choice(possible), at))
            at += self._rng.uniform(0.3, LONGEST_PAUSE_BETWEEN)
        return planned

    def _is_possible(self, kind: FaultKind, at: float) -> bool:
        end = at + self._longest(kind)
        breaks_calm = kind not in CALM_KINDS and _touches_calm(at, end)
        return end <= self._seconds and at >= self._rests_until.get(kind, 0.0) and not breaks_calm

    def _longest(self, kind: FaultKind) -> float:
        longest = DURATIONS[kind][1]
        return min(longest, self._seconds * LARGEST_SHARE) if kind in GAPS else longest

    def _fault(self, kind: FaultKind, at: float) -> PlannedFault:
        longest = self._longest(kind)
        duration = self._rng.uniform(min(DURATIONS[kind][0], longest), longest)
        if kind in GAPS:
            self._rests_until[kind] = at + duration + GAPS[kind]
        if not self._remaining_targets[kind]:
            names = self._targets[kind]
            self._remaining_targets[kind] = self._rng.sample(names, len(names))
        return PlannedFault(at, kind, self._remaining_targets[kind].pop(), duration)


def _touches_calm(began: float, ended: float) -> bool:
    """Return whether this time touches a calm period. Times are seconds since the start of the plan."""
    until_calm = CALM_EVERY - CALM - began % CALM_EVERY
    return ended - began > until_calm
