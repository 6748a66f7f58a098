"""Faults: kills a part of a service while its clients work, starts it again, and judges what is left.

A lock on the table of holds stops every step in its transaction. As soon as some steps wait, the part is killed. So
each kill comes in the middle of steps. Some of these steps are committed after their process has died, because
PostgreSQL notices the death of a client late: the service must find out which.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from uuid import uuid4

import asyncpg

from benchmarks.peers.lives import Clients, Intent, Life, attempt
from benchmarks.peers.peer import APP, DATABASE, ENGINE, Json, Peer
from benchmarks.peers.receiver import SlowReceiver
from benchmarks.peers.verdict import FinalState, Verdict, judge
from chaos.stack.resource_usage import API, PEER, POSTGRES, RESTATE, TEMPORAL, WORKER, UsageMeter

KILLED: Final = {APP: (API, WORKER, PEER), ENGINE: (TEMPORAL, RESTATE), DATABASE: (POSTGRES,)}
"""Kinds of the processes that each fault kills."""
STEPS_IN_PROGRESS: Final = 2
"""Steps that wait for the lock before the part is killed, if there are so many clients."""
LOCKED_WITHIN: Final = 15.0
PROBE_EVERY: Final = 0.02
PROBE_WITHIN: Final = 2.0
BACK_WITHIN: Final = 60.0
AFTERWARDS: Final = 2.0
"""Seconds of work after the service is back."""
FREE_WITHIN: Final = 30.0
"""Seconds after the deadline within which a time slot must be free again."""
TOLD_WITHIN: Final = 30.0

WAITING: Final = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True, slots=True)
class Survival:
    """Effects of one fault. Times are in seconds."""

    fault: str
    verdict: Verdict
    in_progress: int
    """Steps that were in the middle of their transaction when the part was killed."""
    started_after: float
    """From the kill until all its processes were ready again."""
    again_after: float
    """From the kill to the first answer that granted a new reservation. Includes the start of the processes."""
    start_cpu: float
    """CPU seconds of the new processes until both. Unlike the times, it hardly depends on the load of the machine."""
    free_after: float
    """From the last deadline of the abandoned holds until all their time slots were free."""
    not_told: int
    """Meetings that the receiver was never told of, although their clients were."""


async def survive(peer: Peer, fault: str, clients: int, seconds: float, receiver: SlowReceiver) -> Survival:
    """Kill the part `fault` in the middle of the clients' steps, after some seconds of work."""
    load, stop = Clients(peer), asyncio.Event()
    working = asyncio.create_task(load.work(clients, stop))
    try:
        await asyncio.sleep(seconds)
        async with _steps_stopped(peer, min(clients, STEPS_IN_PROGRESS)) as in_progress:
            killed = time.perf_counter()
            await peer.parts[fault].kill()
        meter = UsageMeter()
        back = asyncio.create_task(_first_grant(load))
        await peer.parts[fault].start()
        started_after = time.perf_counter() - killed
        again_after = await back - killed
        start_cpu = sum(meter.used[kind] for kind in KILLED[fault])
        await asyncio.sleep(AFTERWARDS)
    finally:
        stop.set()
        await working
    free_after, never_free = await _all_free(load)
    state = FinalState(await peer.overlaps(), await peer.meetings(), never_free)
    not_told = await _not_told(load, receiver)
    verdict = judge(load.lives, state)
    return Survival(fault, verdict, in_progress, started_after, again_after, start_cpu, free_after, not_told)


@contextlib.asynccontextmanager
async def _steps_stopped(peer: Peer, wanted: int) -> AsyncIterator[int]:
    """Lock the table, and yield the number of steps that wait when there are enough. Unlocks at the end."""
    connection, watcher = [await asyncpg.connect(peer.postgres.url) for _ in range(2)]
    try:
        transaction = connection.transaction()
        await transaction.start()
        # Against writers only: those who look whether a time is free may go on.
        await connection.execute(f"LOCK TABLE {peer.tables.held} IN SHARE MODE")
        async with asyncio.timeout(LOCKED_WITHIN):
            while (waiting := int(await watcher.fetchval(WAITING))) < wanted:  # noqa: ASYNC110 - other processes set no events here
                await asyncio.sleep(PROBE_EVERY)
        yield waiting
    finally:
        # After a kill of the database there is nothing to unlock.
        for each in (connection, watcher):
            each.terminate()


async def _first_grant(load: Clients) -> float:
    """Try to reserve another time slot again and again. Return the time of the first grant."""
    peer = load.peer
    began = time.perf_counter()
    while time.perf_counter() - began < BACK_WITHIN:
        life = Life(uuid4().hex, next(peer.slots), Intent.LEFT_HELD)
        status, wait, _ = await attempt(peer, peer.contract.reserve(life.token, life.slot), PROBE_WITHIN)
        if _is_grant(status):
            break
        await asyncio.sleep(min(wait, PROBE_EVERY))
    return time.perf_counter()


async def _all_free(load: Clients) -> tuple[float, set[str]]:
    """Reserve every time slot without a meeting again, after its deadline.

    Return the seconds from the last deadline until all were free, and the tokens of those that were never free.
    """
    met = {_name(life.slot) for life in load.lives if life.meeting}
    last = {_name(life.slot): life for life in load.lives if _name(life.slot) not in met}
    deadline = max((life.deadline for life in load.lives), default=0)
    # A hold that no client was told about has no deadline here, and began before now.
    deadline = max(deadline, time.time() if any(not life.deadline for life in last.values()) else 0)
    await asyncio.sleep(max(0.0, deadline - time.time()))
    until = deadline + load.peer.ttl + FREE_WITHIN
    waiting = dict(last)
    while waiting and time.time() < until:
        for name, life in list(waiting.items()):
            if await _is_free(load.peer, life.slot):
                del waiting[name]
        await asyncio.sleep(PROBE_EVERY if waiting else 0)
    return max(0.0, time.time() - deadline), {life.token for life in waiting.values()}


async def _is_free(peer: Peer, slot: Json) -> bool:
    status, _, _ = await attempt(peer, peer.contract.reserve(uuid4().hex, slot))
    return _is_grant(status)


def _is_grant(status: int) -> bool:
    return 0 < status < HTTPStatus.BAD_REQUEST


async def _not_told(load: Clients, receiver: SlowReceiver) -> int:
    """Return the number of meetings that the receiver does not know, after a while."""
    wanted = {life.meeting for life in load.lives if life.meeting}
    until = time.time() + TOLD_WITHIN
    while (missing := {each for each in wanted if not receiver.knows(each)}) and time.time() < until:  # noqa: ASYNC110 - other processes set no events here
        await asyncio.sleep(PROBE_EVERY * 10)
    return len(missing)


def _name(slot: Json) -> str:
    return repr(sorted(slot.items()))
