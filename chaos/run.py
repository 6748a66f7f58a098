"""A whole run: start all processes, run customers and faults, heal, wait until all is quiet, record the final state."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chaos import final_state
from chaos.clients.api_client import seeded_random
from chaos.clients.customers import Customer
from chaos.clients.factory import STAFF, ClientFactory
from chaos.clients.inventory import Inventory, next_monday
from chaos.clients.quiet import QuietClient
from chaos.clients.unruly import Behaviour, deaf_receiver
from chaos.faults.database import DISK, SmallDisk
from chaos.faults.nemesis import Nemesis
from chaos.faults.plan import FaultKind, plan
from chaos.faults.stalls import recording_stalls
from chaos.record import QUIET, Exchange, Record, Run, Writer, now
from chaos.stack.audit_table import install
from chaos.stack.system import Engine, SystemUnderTest
from chaos.stack.webhook_receiver import receiving

PROGRESS: Final = 5.0
MISSING: Final = {
    FaultKind.CLOCK: "libfaketime is not installed, or does not work here",
    FaultKind.FULL_DISK: "only root may mount a small disk for the tables",
}
"""Reasons why some kinds of faults are not possible on every machine."""
RECORD: Final = "record.jsonl"


@dataclass(frozen=True, slots=True)
class RunOptions:
    seed: int
    seconds: float
    clients: int
    faults: Sequence[FaultKind]
    unruly: Sequence[Behaviour]
    directory: Path
    served_within: float
    engine: Engine = Engine.DEVELOPMENT


async def run(options: RunOptions, log_progress: Callable[[str], None]) -> Record:
    """Do a run and return its record. The directory keeps the record and the logs, and loses its earlier content."""
    # An earlier run that was killed leaves its disk mounted.
    SmallDisk(options.directory / DISK).unmount()
    shutil.rmtree(options.directory, ignore_errors=True)
    options.directory.mkdir(parents=True)
    with (options.directory / RECORD).open("w") as file:
        writer = Writer(file)
        writer.write(
            Run(
                seed=options.seed,
                seconds=options.seconds,
                clients=options.clients,
                faults=tuple(options.faults),
                bound=final_state.BOUND,
                served_within=options.served_within,
                began=now(),
            )
        )
        log_progress(f"starting: PostgreSQL, Temporal ({options.engine}), 2 API processes, 2 workers")
        try:
            async with SystemUnderTest.set(options.directory.resolve(), options.faults, options.engine) as system:
                for kind in options.faults:
                    if not system.targets[kind]:
                        log_progress(f"goes on without {kind}: {MISSING[kind]}")
                await _run_on(options, system, writer, log_progress)
        finally:
            for data in ("postgres", "temporal"):
                shutil.rmtree(options.directory / data, ignore_errors=True)
    return writer.record()


async def _run_on(
    options: RunOptions, system: SystemUnderTest, writer: Writer, log_progress: Callable[[str], None]
) -> None:
    await install(system.database_url)
    async with contextlib.AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(receiving())
        deaf = await stack.enter_async_context(deaf_receiver())
        http = await stack.enter_async_context(final_state.connection_pool(options.clients + 1))
        factory = ClientFactory(options.seed, system, http, writer)
        staff = factory.api_client("staff", STAFF)
        secret = await final_state.register_webhook(staff, receiver)
        quiet = factory.api_client(QUIET)
        customers = [factory.api_client(f"client-{number}") for number in range(1, options.clients + 1)]
        unruly = await factory.unruly(staff, deaf)
        nemesis = Nemesis(system, unruly, writer, log_progress, seeded_random(options.seed, "nemesis"))
        inventory, quiet_inventory = [await Inventory.found_by(staff, next_monday(weeks)) for weeks in (1, 2)]
        clients: list[Customer | QuietClient] = [Customer(each, inventory) for each in customers]
        clients.append(QuietClient(quiet, quiet_inventory))
        async with _reporting_progress(writer, log_progress), recording_stalls(writer):
            await _run_clients_and_faults(options, system, nemesis, clients)
        await nemesis.restart_all()
        healed = now()
        log_progress("healed; asking again what is unknown")
        await unruly.remove_webhooks()
        unknown = await final_state.repeat_unresolved([quiet, *customers])
        log_progress(f"{unknown} unknown answers were asked for again; waiting until all is quiet")
        log_progress(
            "all is quiet" if await final_state.wait_until_quiet(system) else f"not quiet after {final_state.BOUND:g} s"
        )
        await final_state.record_final_state(system, staff, receiver, secret, writer, healed)


async def _run_clients_and_faults(
    options: RunOptions, system: SystemUnderTest, nemesis: Nemesis, clients: Sequence[Customer | QuietClient]
) -> None:
    until = asyncio.get_running_loop().time() + options.seconds
    targets = {**system.targets, FaultKind.UNRULY: options.unruly}
    faults = plan(options.seed, options.seconds, options.faults, targets)
    async with asyncio.TaskGroup() as group:
        group.create_task(nemesis.run(faults))
        for each in clients:
            group.create_task(each.run(until))


@contextlib.asynccontextmanager
async def _reporting_progress(writer: Writer, log_progress: Callable[[str], None]) -> AsyncIterator[None]:
    """Report the progress every `PROGRESS` seconds during the block."""

    async def report() -> None:
        while True:
            await asyncio.sleep(PROGRESS)
            log_progress(progress([each for each in writer.lines if isinstance(each, Exchange)]))

    reporting = asyncio.create_task(report())
    try:
        yield
    finally:
        reporting.cancel()


def progress(exchanges: Sequence[Exchange]) -> str:
    accepted = sum(each.is_accepted for each in exchanges)
    refused = sum(each.is_refused for each in exchanges)
    unknown = len(exchanges) - accepted - refused
    return f"{len(exchanges)} requests: {accepted} accepted, {refused} refused, {unknown} without an outcome"
