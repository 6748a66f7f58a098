"""The nemesis: carries out the planned faults, and records when each fault began and ended."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Final

from chaos.clients.unruly import Unruly
from chaos.faults.clocks import HOUR
from chaos.faults.database import read_only
from chaos.faults.plan import FaultKind, Planned
from chaos.record import Fault, Writer, now
from chaos.stack.controlled_process import Actor
from chaos.stack.stack import POSTGRES, Stage
from config.errors import StackError

DELAYS: Final = (0.02, 0.3)


class Nemesis:
    """Carries out a plan. Faults of different targets may overlap; faults of one target wait for each other."""

    def __init__(
        self, stage: Stage, unruly: Unruly, writer: Writer, say: Callable[[str], None], dice: random.Random
    ) -> None:
        self._stage = stage
        self._writer = writer
        self._say = say
        self._dice = dice
        self._unruly = unruly
        self._busy: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def rage(self, faults: Sequence[Planned]) -> None:
        """Carry out all faults at their times. Returns when the last one has ended."""
        began = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            for each in faults:
                await asyncio.sleep(max(0.0, began + each.at - asyncio.get_running_loop().time()))
                group.create_task(self._do(each))

    async def heal(self) -> None:
        """Start every program that does not run. Record those that ended by themselves."""
        for actor in self._stage.actors.values():
            self._tell_if_it_died(actor)
            if not actor.is_running:
                await actor.end()
                await actor.begin()

    def _tell_if_it_died(self, actor: Actor) -> None:
        if actor.has_died:
            self._note(Fault(what="died", target=actor.name, began=now(), ended=now(), trouble="nobody killed it"))

    async def _do(self, planned: Planned) -> None:
        async with AsyncExitStack() as held:
            for name in sorted(_needs(planned)):
                await held.enter_async_context(self._busy[name])
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
            FaultKind.CLOCK: self._move_clock,
            FaultKind.ISOLATE: self._cut,
            FaultKind.READ_ONLY: self._refuse_writes,
            FaultKind.FULL_DISK: self._fill_the_disk,
            FaultKind.UNRULY: self._misbehave,
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

    async def _move_clock(self, planned: Planned) -> None:
        clock = self._stage.clocks[planned.target]
        clock.move(self._dice.choice([-HOUR, HOUR]))
        await asyncio.sleep(planned.lasts)
        clock.move(0)

    async def _refuse_writes(self, planned: Planned) -> None:
        async with read_only(self._stage.admin_url):
            await asyncio.sleep(planned.lasts)

    async def _fill_the_disk(self, planned: Planned) -> None:
        if self._stage.disk is None:
            raise StackError("there is no small disk")
        async with self._stage.disk.full():
            await asyncio.sleep(planned.lasts)

    async def _misbehave(self, planned: Planned) -> None:
        await self._unruly.misbehave(planned.target, planned.lasts)

    def _note(self, fault: Fault) -> None:
        self._writer.write(fault)
        if fault.trouble:
            self._say(f"{fault.what} {fault.target}: {fault.trouble}")


def _needs(planned: Planned) -> set[str]:
    """Return the names of the locks that a fault holds, so that no other fault has the same target meanwhile.

    Faults of the database need a server that runs. An isolation also locks its worker, because a worker that is killed
    while it is isolated could not start again.
    """
    if planned.what is FaultKind.ISOLATE:
        return {planned.target, planned.target.partition("|")[0]}
    if planned.what in (FaultKind.READ_ONLY, FaultKind.FULL_DISK):
        return {POSTGRES}
    if planned.what in (FaultKind.CLOCK, FaultKind.UNRULY):
        return {f"{planned.what} {planned.target}"}
    return {planned.target}
