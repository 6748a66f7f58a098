"""The nemesis: what is done to the stage, and when. The plan follows from a seed; no clock is ever moved."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from benchmarks.chaos.record import Fault, Writer, now
from benchmarks.chaos.stage import Actor, Stage
from bookme.stack.errors import StackError

LONGEST_PAUSE_BETWEEN: Final = 3.0
SECONDS_OF_CALM: Final = 2.0
"""At the beginning, so that there is something to break."""


class FaultKind(StrEnum):
    KILL = "kill"
    PAUSE = "pause"
    CUT = "cut"
    DELAY = "delay"


LASTS: Final = {
    FaultKind.KILL: (0.0, 2.0),
    FaultKind.PAUSE: (0.5, 6.0),
    FaultKind.CUT: (0.2, 4.0),
    FaultKind.DELAY: (1.0, 5.0),
}
"""Shortest and longest, in seconds. Of a kill: until it is started again. Some pauses outlive every hold."""

DELAYS: Final = (0.02, 0.3)


@dataclass(frozen=True, slots=True)
class Planned:
    at: float
    what: FaultKind
    target: str
    lasts: float


def plan(
    seed: int, seconds: float, kinds: Sequence[FaultKind], actors: Sequence[str], links: Sequence[str]
) -> list[Planned]:
    """Faults from the first calm on, the last one over before the end. Every target has its turn of every kind."""
    dice = random.Random(f"nemesis-{seed}")
    decks: dict[FaultKind, list[str]] = {kind: [] for kind in kinds}
    faults: list[Planned] = []
    at = SECONDS_OF_CALM
    while kinds:
        kind = dice.choice(kinds)
        lasts = dice.uniform(*LASTS[kind])
        if at + lasts > seconds:
            break
        faults.append(Planned(at, kind, _next(decks, kind, actors, links, dice), lasts))
        at += dice.uniform(0.3, LONGEST_PAUSE_BETWEEN)
    return faults


def _next(
    decks: dict[FaultKind, list[str]],
    kind: FaultKind,
    actors: Sequence[str],
    links: Sequence[str],
    dice: random.Random,
) -> str:
    if not decks[kind]:
        targets = actors if kind in (FaultKind.KILL, FaultKind.PAUSE) else links
        decks[kind] = dice.sample(targets, len(targets))
    return decks[kind].pop()


class Nemesis:
    """Carries a plan out. Faults of different targets may overlap; those of one wait for each other."""

    def __init__(self, stage: Stage, writer: Writer, say: Callable[[str], None], dice: random.Random) -> None:
        self._stage = stage
        self._writer = writer
        self._say = say
        self._dice = dice
        self._busy = {name: asyncio.Lock() for name in (*stage.actors, *stage.links)}

    async def rage(self, faults: Sequence[Planned]) -> None:
        """All of them, at their times; over when the last has been mended."""
        began = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            for each in faults:
                await asyncio.sleep(max(0.0, began + each.at - asyncio.get_running_loop().time()))
                group.create_task(self._do(each))

    async def heal(self) -> None:
        """Everything runs again. What died by itself is told."""
        for actor in self._stage.actors.values():
            self._tell_if_it_died(actor)
            if not actor.is_running:
                await actor.end()
                await actor.begin()

    def _tell_if_it_died(self, actor: Actor) -> None:
        if actor.has_died:
            self._note(Fault(what="died", target=actor.name, began=now(), ended=now(), trouble="nobody killed it"))

    async def _do(self, planned: Planned) -> None:
        async with self._busy[planned.target]:
            began, trouble = now(), None
            self._say(f"{planned.what} {planned.target}, {planned.lasts:.1f} s")
            try:
                await self._ways[planned.what](planned)
            except StackError as error:
                trouble = str(error)
            self._note(Fault(what=planned.what, target=planned.target, began=began, ended=now(), trouble=trouble))

    @property
    def _ways(self) -> dict[FaultKind, Callable[[Planned], Awaitable[None]]]:
        return {
            FaultKind.KILL: self._kill,
            FaultKind.PAUSE: self._pause,
            FaultKind.CUT: self._cut,
            FaultKind.DELAY: self._delay,
        }

    async def _kill(self, planned: Planned) -> None:
        actor = self._stage.actors[planned.target]
        self._tell_if_it_died(actor)
        await actor.end()
        await asyncio.sleep(planned.lasts)
        await actor.begin()

    async def _pause(self, planned: Planned) -> None:
        actor = self._stage.actors[planned.target]
        actor.pause()
        await asyncio.sleep(planned.lasts)
        actor.go_on()

    async def _cut(self, planned: Planned) -> None:
        link = self._stage.links[planned.target]
        link.cut()
        await asyncio.sleep(planned.lasts)
        link.mend()

    async def _delay(self, planned: Planned) -> None:
        link = self._stage.links[planned.target]
        link.delay = self._dice.uniform(*DELAYS)
        await asyncio.sleep(planned.lasts)
        link.mend()

    def _note(self, fault: Fault) -> None:
        self._writer.write(fault)
        if fault.trouble:
            self._say(f"{fault.what} {fault.target}: {fault.trouble}")
