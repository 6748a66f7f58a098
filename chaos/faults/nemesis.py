"""The nemesis: carries out the planned faults, and records when each fault began and ended."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Final

from chaos.clients.unruly import UnrulyClients
from chaos.faults.clocks import HOUR
from chaos.faults.database import read_only
from chaos.faults.plan import FaultKind, PlannedFault
from chaos.record import Fault, Writer, now
from chaos.stack.controlled_process import ControlledProcess
from chaos.stack.system import POSTGRES, TEMPORAL, SystemUnderTest
from config.errors import StackError

DELAYS: Final = (0.02, 0.3)


class Nemesis:
    """Carries out a plan. Faults of different targets may overlap; faults of one target wait for each other."""

    def __init__(
        self,
        system: SystemUnderTest,
        unruly: UnrulyClients,
        writer: Writer,
        log_progress: Callable[[str], None],
        rng: random.Random,
    ) -> None:
        self._system = system
        self._writer = writer
        self._log_progress = log_progress
        self._rng = rng
        self._unruly = unruly
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def run(self, faults: Sequence[PlannedFault]) -> None:
        """Carry out all faults at their times. Returns when the last one has ended."""
        began = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            for each in faults:
                await asyncio.sleep(max(0.0, began + each.at - asyncio.get_running_loop().time()))
                group.create_task(self._carry_out(each))

    async def restart_all(self) -> None:
        """Start every program that does not run. Record those that ended by themselves."""
        for process in self._system.processes.values():
            self._record_if_died(process)
            if not process.is_running:
                await process.end()
                await process.begin()

    def _record_if_died(self, process: ControlledProcess) -> None:
        if process.has_died:
            self._record(Fault(what="died", target=process.name, began=now(), ended=now(), trouble="nobody killed it"))

    async def _carry_out(self, planned: PlannedFault) -> None:
        async with AsyncExitStack() as held:
            for name in sorted(_needs(planned)):
                await held.enter_async_context(self._locks[name])
            began, trouble = now(), None
            self._log_progress(f"{planned.what} {planned.target}, {planned.duration:.1f} s")
            try:
                await self._actions[planned.what](planned)
            except StackError as error:
                trouble = str(error)
            self._record(Fault(what=planned.what, target=planned.target, began=began, ended=now(), trouble=trouble))

    @property
    def _actions(self) -> dict[FaultKind, Callable[[PlannedFault], Awaitable[None]]]:
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

    async def _kill(self, planned: PlannedFault) -> None:
        process = self._system.processes[planned.target]
        self._record_if_died(process)
        await process.end()
        await asyncio.sleep(planned.duration)
        await process.begin()

    async def _pause(self, planned: PlannedFault) -> None:
        process = self._system.processes[planned.target]
        process.pause()
        await asyncio.sleep(planned.duration)
        process.resume()

    async def _cut(self, planned: PlannedFault) -> None:
        link = self._system.links[planned.target]
        link.cut()
        await asyncio.sleep(planned.duration)
        link.mend()

    async def _delay(self, planned: PlannedFault) -> None:
        link = self._system.links[planned.target]
        link.delay = self._rng.uniform(*DELAYS)
        await asyncio.sleep(planned.duration)
        link.mend()

    async def _move_clock(self, planned: PlannedFault) -> None:
        clock = self._system.clocks[planned.target]
        clock.move(self._rng.choice([-HOUR, HOUR]))
        await asyncio.sleep(planned.duration)
        clock.move(0)

    async def _refuse_writes(self, planned: PlannedFault) -> None:
        async with read_only(self._system.admin_url):
            await asyncio.sleep(planned.duration)

    async def _fill_the_disk(self, planned: PlannedFault) -> None:
        if self._system.disk is None:
            raise StackError("there is no small disk")
        async with self._system.disk.full():
            await asyncio.sleep(planned.duration)

    async def _misbehave(self, planned: PlannedFault) -> None:
        await self._unruly.misbehave(planned.target, planned.duration)

    def _record(self, fault: Fault) -> None:
        self._writer.write(fault)
        if fault.trouble:
            self._log_progress(f"{fault.what} {fault.target}: {fault.trouble}")


def _needs(planned: PlannedFault) -> set[str]:
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
    if planned.target.startswith(TEMPORAL):
        # Of a cluster's servers, one has a fault at a time.
        return {TEMPORAL}
    return {planned.target}
