"""Measure reservations of a quiet client while another client has webhooks at a receiver that never answers.

Starts `bookme dev`. The quiet client reserves one time slot after another, gives each back, and waits a little. First
no other client is active. Then another client registers 50 webhooks at a receiver on loopback that accepts connections
and never answers, reserves 46 time slots at once and gives them back. That makes 4,600 deliveries, none of which
succeeds. The quiet client's reservations are timed before this attack, and again from the attacker's first reservation
on. A reservation that is answered 429 or 503 is sent again after its `Retry-After`. Its time ends with the answer 200,
or after 30 seconds.
"""

import argparse
import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self
from uuid import uuid4

from benchmarks.results.report import Aim, at_most, conclude, options, progress
from benchmarks.stack.dev_stack import running
from benchmarks.workload.http_client import Service
from benchmarks.workload.journeys import RESERVE, Json, authorise, free_hours, reservation
from benchmarks.workload.quiet_client import Timed, persistently, print_timed, time_reservations
from chaos.stack.resource_usage import UsageMeter
from config.ports import LOOPBACK

SETTINGS: Final = {"BOOKME_ALLOW_PRIVATE_ADDRESSES": "true", "BOOKME_MAX_WEBHOOKS": "50"}
MOST_TIMES: Final = 2.0
"""The largest ratio of the quiet client's p99 during the attack to that without it."""


class DeadReceiver:
    """A receiver that accepts connections, reads requests, and never answers."""

    def __init__(self) -> None:
        self.url = ""
        self.connections = 0
        self.open = 0
        self.most_open = 0

    @classmethod
    @contextlib.asynccontextmanager
    async def listening(cls) -> AsyncIterator[Self]:
        receiver = cls()
        server = await asyncio.start_server(receiver._hold, LOOPBACK, 0)
        receiver.url = f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}/"
        try:
            yield receiver
        finally:
            server.close()

    async def _hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        with contextlib.suppress(ConnectionError):
            while await reader.read(65_536):
                pass
        self.open -= 1
        writer.close()


async def attack(service: Service, url: str, slots: Sequence[Json], *, webhooks: int, begun: asyncio.Event) -> None:
    """Register webhooks at the receiver, reserve these time slots at once, and give them back.

    The attacker sends a request again after an answer 429 or 503. `begun` is set before the first reservation.
    """
    for _ in range(webhooks):
        await persistently(service, "POST", "/bookme/webhooks", {"url": url})

    async def reserve_and_give_back(slot: Json) -> None:
        held = await persistently(service, "POST", RESERVE, reservation(slot, uuid4().hex))
        if held:
            await persistently(service, "DELETE", f"/bookme/time-slots/{held['id']}")

    begun.set()
    await asyncio.gather(*map(reserve_and_give_back, slots))


@dataclass(frozen=True, slots=True)
class Found:
    """The quiet client's reservations without the attack and during it, and the requests that the receiver got."""

    alone: Timed
    attacked: Timed
    connections: int
    most_open: int
    others: float
    """Cores that were busy with something else."""

    @property
    def times(self) -> float:
        return self.attacked.milliseconds[-1] / self.alone.milliseconds[-1]


async def measure(quiet: Service, attacker: Service, *, seconds: float, webhooks: int, given_back: int) -> Found:
    slots = await free_hours(quiet)
    own, others = slots[:given_back], iter(slots[given_back:])
    await time_reservations(quiet, others, 2)
    meter = UsageMeter()
    progress(f"the quiet client alone for {seconds:g} s")
    alone = await time_reservations(quiet, others, seconds)
    async with DeadReceiver.listening() as receiver:
        progress(f"{webhooks} webhooks at a dead receiver, {given_back} reservations given back")
        begun = asyncio.Event()
        attacking = asyncio.create_task(attack(attacker, receiver.url, own, webhooks=webhooks, begun=begun))
        await begun.wait()
        attacked = await time_reservations(quiet, others, seconds)
        attacking.cancel()
        await asyncio.gather(attacking, return_exceptions=True)
        return Found(alone, attacked, receiver.connections, receiver.most_open, meter.by_others / meter.seconds)


async def main(asked: argparse.Namespace) -> Found:
    with tempfile.TemporaryDirectory(prefix="bookme-bench-") as directory:
        progress("starting the stack")
        async with running(Path(directory), asked.workers, asked.apis, SETTINGS) as (quiet, _):
            attacker = Service(quiet.port)
            await authorise(quiet)
            await authorise(attacker, "attacker")
            try:
                return await measure(
                    quiet, attacker, seconds=asked.seconds, webhooks=asked.webhooks, given_back=asked.given_back
                )
            finally:
                attacker.close()


def show(found: Found) -> None:
    print_timed(alone=found.alone, attacked=found.attacked)
    print(f"\nthe receiver got {found.connections} requests, at most {found.most_open} at once")
    print(f"cores busy with something else meanwhile: {found.others:.2f}")


def aims(found: Found) -> list[Aim]:
    return [at_most("p99 during the attack by p99 without", found.times, MOST_TIMES)]


if __name__ == "__main__":
    parser = options("dead_receivers", __doc__)
    parser.add_argument("--seconds", type=float, default=30, help="how long is measured, without and with the attack")
    parser.add_argument("--webhooks", type=int, default=50, help="webhooks at the dead receiver")
    parser.add_argument("--given-back", type=int, default=46, help="time slots that are reserved and given back")
    parser.add_argument("--workers", type=int, default=1, help="worker processes")
    parser.add_argument("--apis", type=int, default=1, help="API processes")
    asked = parser.parse_args()
    if asked.quick:
        asked.seconds, asked.webhooks, asked.given_back = 2, 3, 3
    found = asyncio.run(main(asked))
    show(found)
    conclude(asked, aims(found), **asdict(found), times=found.times)
