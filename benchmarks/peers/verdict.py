"""Compares what clients were told with what the database has, and decides whether every promise was kept."""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from benchmarks.peers.lives import MEET, RESERVE, Intent, Life


@dataclass(frozen=True, slots=True)
class FinalState:
    """The database after all clients have ended and all holds have expired.

    `overlaps` is the number of pairs of time slots that overlap. `meetings` are the ids of all meetings. `never_free`
    are the tokens of abandoned lives whose time slot could not be reserved again.
    """

    overlaps: int
    meetings: AbstractSet[str]
    never_free: AbstractSet[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Numbers of lives by outcome, and the broken promises by kind."""

    meetings: int
    """Clients that were told that their meeting exists."""
    expired: int
    """Clients that were refused after the deadline that they had been told."""
    broken: dict[str, int] = field(default_factory=dict)

    @property
    def survived(self) -> bool:
        return not self.broken


def judge(lives: Iterable[Life], state: FinalState) -> Verdict:
    lives = list(lives)
    broken = Counter[str]()
    broken["double booking in the database"] = state.overlaps
    broken["time slot promised to two clients"] = _promised_twice(lives)
    told = {life.meeting for life in lives if life.meeting}
    broken["meeting lost"] = len(told - state.meetings)
    broken["hold kept for ever"] = len(state.never_free)
    expired = 0
    for life in lives:
        last = life.told[-1]
        if last.is_granted:
            continue
        if last.status == 0:
            broken["request never answered"] += 1
        elif last.step == RESERVE:
            # Only in a race, another client can have the time slot.
            broken["free time slot refused"] += life.intent is not Intent.RACE
        elif last.at < life.deadline:
            broken["hold lost before its deadline"] += 1
        else:
            expired += 1
    return Verdict(len(told), expired, {kind: count for kind, count in broken.items() if count})


def _promised_twice(lives: Iterable[Life]) -> int:
    """Return the number of time slots of which more than one client was told that its meeting exists."""
    met = Counter(repr(sorted(life.slot.items())) for life in lives if life.granted(MEET))
    return sum(count > 1 for count in met.values())
