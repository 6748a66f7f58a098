"""A whole run: start all processes, run customers and faults, heal, wait until all is quiet, record the final state."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chaos import final_state
from chaos.clients.api_client import dice_of
from chaos.clients.customers import Customer
from chaos.clients.factory import STAFF, Cast
from chaos.clients.offers import World, next_monday
from chaos.clients.quiet import QuietClient
from chaos.clients.unruly import Behaviour, deaf_receiver
from chaos.faults.database import DISK, SmallDisk
from chaos.faults.nemesis import Nemesis
from chaos.faults.plan import FaultKind, plan
from chaos.faults.stalls import watching_the_machine
from chaos.record import QUIET, Exchange, Record, Run, Writer, now
from chaos.stack.audit_table import install
from chaos.stack.stack import Stage
from chaos.stack.webhook_receiver import receiving

PROGRESS: Final = 5.0
MISSING: Final = {
    FaultKind.CLOCK: "libfaketime is not installed, or does not work here",
    FaultKind.FULL_DISK: "only root may mount a small disk for the tables",
}
"""Reasons why some kinds of faults are not possible on every machine."""
RECORD: Final = "record.jsonl"


@dataclass(frozen=True, slots=True)
class Asked:
    seed: int
    seconds: float
    clients: int
    faults: Sequence[FaultKind]
    unruly: Sequence[Behaviour]
    directory: Path
    served_within: float


async def run(asked: Asked, say: Callable[[str], None]) -> Record:
    """Do a run and return its record. The directory keeps the record and the logs, and loses its earlier content."""
    # An earlier run that was killed leaves its disk mounted.
    SmallDisk(asked.directory / DISK).unmount()
    shutil.rmtree(asked.directory, ignore_errors=True)
    asked.directory.mkdir(parents=True)
    with (asked.directory / RECORD).open("w") as file:
        writer = Writer(file)
        writer.write(
            Run(
                seed=asked.seed,
                seconds=asked.seconds,
                clients=asked.clients,
                faults=tuple(asked.faults),
                bound=final_state.BOUND,
                served_within=asked.served_within,
                began=now(),
            )
        )
        say("setting the stage: PostgreSQL, Temporal, 2 API processes, 2 workers")
        try:
            async with Stage.set(asked.directory.resolve(), asked.faults) as stage:
                for kind in asked.faults:
                    if not stage.targets[kind]:
                        say(f"goes on without {kind}: {MISSING[kind]}")
                await _play(asked, stage, writer, say)
        finally:
            for data in ("postgres", "temporal"):
                shutil.rmtree(asked.directory / data, ignore_errors=True)
    return writer.record()


async def _play(asked: Asked, stage: Stage, writer: Writer, say: Callable[[str], None]) -> None:
    await install(stage.database_url)
    async with contextlib.AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(receiving())
        deaf = await stack.enter_async_context(deaf_receiver())
        http = await stack.enter_async_context(final_state.pool(asked.clients + 1))
        cast = Cast(asked.seed, stage, http, writer)
        staff = cast.service("staff", STAFF)
        secret = await final_state.webhook_of(staff, receiver)
        quiet = cast.service(QUIET)
        customers = [cast.service(f"client-{number}") for number in range(1, asked.clients + 1)]
        unruly = await cast.unruly(staff, deaf)
        nemesis = Nemesis(stage, unruly, writer, say, dice_of(asked.seed, "nemesis"))
        world, other_world = [await World.seen_by(staff, next_monday(weeks)) for weeks in (1, 2)]
        living: list[Customer | QuietClient] = [Customer(each, world) for each in customers]
        living.append(QuietClient(quiet, other_world))
        async with _told(writer, say), watching_the_machine(writer):
            await _rage(asked, stage, nemesis, living)
        await nemesis.heal()
        healed = now()
        say("healed; asking again what is unknown")
        await unruly.remove_webhooks()
        unknown = await final_state.resolve([quiet, *customers])
        say(f"{unknown} unknown answers were asked for again; waiting until all is quiet")
        say("all is quiet" if await final_state.settle(stage) else f"not quiet after {final_state.BOUND:g} s")
        await final_state.look(stage, staff, receiver, secret, writer, healed)


async def _rage(asked: Asked, stage: Stage, nemesis: Nemesis, living: Sequence[Customer | QuietClient]) -> None:
    until = asyncio.get_running_loop().time() + asked.seconds
    targets = {**stage.targets, FaultKind.UNRULY: asked.unruly}
    faults = plan(asked.seed, asked.seconds, asked.faults, targets)
    async with asyncio.TaskGroup() as group:
        group.create_task(nemesis.rage(faults))
        for each in living:
            group.create_task(each.live(until))


@contextlib.asynccontextmanager
async def _told(writer: Writer, say: Callable[[str], None]) -> AsyncIterator[None]:
    """Report the progress every `PROGRESS` seconds during the block."""

    async def tell() -> None:
        while True:
            await asyncio.sleep(PROGRESS)
            say(progress([each for each in writer.lines if isinstance(each, Exchange)]))

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()


def progress(exchanges: Sequence[Exchange]) -> str:
    accepted = sum(each.is_accepted for each in exchanges)
    refused = sum(each.is_refused for each in exchanges)
    unknown = len(exchanges) - accepted - refused
    return f"{len(exchanges)} requests: {accepted} accepted, {refused} refused, {unknown} without an outcome"
