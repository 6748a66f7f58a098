"""A whole run: set the stage, let customers and nemesis loose, heal, settle, look."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.chaos import settle
from benchmarks.chaos.customers import Customer
from benchmarks.chaos.nemesis import FaultKind, Nemesis, plan
from benchmarks.chaos.receiver import receiving
from benchmarks.chaos.record import Exchange, Record, Run, Writer, now
from benchmarks.chaos.service import Service, dice_of
from benchmarks.chaos.stage import Stage
from benchmarks.chaos.witness import install
from benchmarks.chaos.world import World

STAFF: Final = "bookme.read bookme.book bookme.staff"
PROGRESS: Final = 5.0
RECORD: Final = "record.jsonl"


@dataclass(frozen=True, slots=True)
class Asked:
    seed: int
    seconds: float
    clients: int
    faults: Sequence[FaultKind]
    directory: Path


async def run(asked: Asked, say: Callable[[str], None]) -> Record:
    """Everything that happened. The directory keeps the record and the logs."""
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
                bound=settle.BOUND,
                began=now(),
            )
        )
        say("setting the stage: PostgreSQL, Temporal, 2 API processes, 2 workers")
        try:
            async with Stage.set(asked.directory.resolve()) as stage:
                await _play(asked, stage, writer, say)
        finally:
            for data in ("postgres", "temporal"):
                shutil.rmtree(asked.directory / data, ignore_errors=True)
    return writer.record()


async def _play(asked: Asked, stage: Stage, writer: Writer, say: Callable[[str], None]) -> None:
    await install(stage.database_url)
    async with receiving() as receiver, settle.pool(asked.clients) as http:
        staff = await Service.authorised("staff", http, stage.apis, writer, dice_of(asked.seed, "staff"), STAFF)
        secret = await settle.webhook_of(staff, receiver)
        world = await World.seen_by(staff)
        services = [
            await Service.authorised(name, http, stage.apis, writer, dice_of(asked.seed, name))
            for name in (f"client-{number}" for number in range(1, asked.clients + 1))
        ]
        nemesis = Nemesis(stage, writer, say, dice_of(asked.seed, "nemesis"))
        async with _told(writer, say):
            await _rage(asked, stage, nemesis, [Customer(each, world) for each in services])
        await nemesis.heal()
        healed = now()
        say("healed; asking again what is unknown")
        say(f"{await settle.resolve(services)} unknown answers were asked for again; waiting until all is quiet")
        say("all is quiet" if await settle.settle(stage) else f"not quiet after {settle.BOUND:g} s")
        await settle.look(stage, staff, receiver, secret, writer, healed)


async def _rage(asked: Asked, stage: Stage, nemesis: Nemesis, customers: Sequence[Customer]) -> None:
    until = asyncio.get_running_loop().time() + asked.seconds
    faults = plan(asked.seed, asked.seconds, asked.faults, list(stage.actors), list(stage.links))
    async with asyncio.TaskGroup() as group:
        group.create_task(nemesis.rage(faults))
        for each in customers:
            group.create_task(each.live(until))


@contextlib.asynccontextmanager
async def _told(writer: Writer, say: Callable[[str], None]) -> AsyncIterator[None]:
    """Says now and then how far it is."""

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
