"""Compare BookMe with other ways to build the same booking: how fast is each, and which faults does each survive?

Four services run one after another on this machine, each with a new PostgreSQL of the same version and settings
(`fsync` on), and each with one process of each kind:

  bookme    BookMe itself: API, worker, Temporal's development server
  plain     FastAPI and PostgreSQL alone; an expired hold is a condition of the query, and a sweeper deletes it
  dbos      FastAPI and DBOS (a library): a workflow for each booking, stored in PostgreSQL
  restate   Restate: a server of its own, and a process with a virtual object for each booking

The last three are the smallest honest versions of hold -> book -> meeting, written for this program
(`benchmarks/peers/apps`). They have an exclusion constraint, holds that expire, and requests that can be repeated.
They have no search, rules, tokens, events, calendars or operators' tools, so they do much less than BookMe.

Speed. The clients do one life after another. Of ten lives, six reserve, book and create a meeting, one abandons its
hold, one abandons its booked hold, and two are races of three clients for one time slot, whose winner goes on.

Survival. While the clients work, a part is killed with SIGKILL in the middle of their steps, and started again at
once: the application (all its processes, which start together), the engine (Temporal or Restate; DBOS and plain have
none), and PostgreSQL. Clients without an answer repeat their request. Then all holds expire, and the program compares
what each client was told with the database: no double booking, no meeting lost, no hold refused before its deadline,
every other time slot free again. `again after` is the time from the kill to the next granted reservation, including
the start of the processes; `started` is the time until they were ready, and `start CPU` the CPU time that they used
until both, which hardly depends on other programs. `not told` counts meetings that a receiver outside was never told
of, which is work after the answer.

dbos and restate need `uv sync --group peers`. The Restate server is fetched by npm into the cache directory
(`~/.cache/bookme-benchmarks`, or `$XDG_CACHE_HOME`), once.
"""

import argparse
import asyncio
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.peers.lives import STEPS
from benchmarks.peers.peer import APP, DATABASE, ENGINE
from benchmarks.peers.receiver import receiving
from benchmarks.peers.speed import Speed, measure
from benchmarks.peers.stacks import PEERS, Asked, require
from benchmarks.peers.survival import Survival, survive
from benchmarks.results.report import Aim, conclude, exactly, options, progress
from config.errors import StackError

FAULTS: Final = (APP, ENGINE, DATABASE)
SPEED_TTL: Final = 5.0
SURVIVAL_TTL: Final = 8.0
SURVIVAL_CLIENTS: Final = 4
WORK_BEFORE_FAULT: Final = 2.0
PARTS: Final = {APP: "the application", ENGINE: "the engine", DATABASE: "PostgreSQL"}
KINDS: Final = ("API", "worker", "peer", "Temporal", "Restate", "PostgreSQL")


@dataclass(slots=True)
class Found:
    """Results of one service."""

    processes: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    speed: Speed | None = None
    survival: list[Survival] = field(default_factory=list)


async def main(asked: argparse.Namespace) -> dict[str, Found]:
    require(asked.only)
    found = {}
    for name in asked.only:
        found[name] = result = Found()
        if not asked.only_survival:
            await _measure_speed(name, asked, result)
        if asked.faults:
            await _measure_survival(name, asked, result)
    return found


async def _measure_speed(name: str, asked: argparse.Namespace, result: Found) -> None:
    progress(f"{name}: {asked.clients} clients for {asked.seconds:g} s")
    with tempfile.TemporaryDirectory(prefix="bookme-bench-") as directory:
        async with PEERS[name](Asked(Path(directory), SPEED_TTL)) as peer:
            result.processes, result.versions = peer.processes, peer.versions
            result.speed = await measure(peer, asked.clients, asked.seconds)


async def _measure_survival(name: str, asked: argparse.Namespace, result: Found) -> None:
    with tempfile.TemporaryDirectory(prefix="bookme-bench-") as directory:
        async with receiving() as receiver, PEERS[name](Asked(Path(directory), asked.ttl, receiver.url)) as peer:
            result.processes, result.versions = peer.processes, peer.versions
            for fault in (each for each in asked.faults if each in peer.parts):
                for number in range(1, asked.kills + 1):
                    progress(f"{name}: kill of {PARTS[fault]}, {number} of {asked.kills}")
                    clients = min(asked.clients, SURVIVAL_CLIENTS)
                    result.survival.append(await survive(peer, fault, clients, WORK_BEFORE_FAULT, receiver))


def print_speed(found: dict[str, Found]) -> None:
    measured = {name: each.speed for name, each in found.items() if each.speed}
    if not measured:
        return
    steps = "".join(f"{step:>9} p50   p99" for step in STEPS)
    print(f"{'':9}{'meetings/s':>10}{steps}{'CPU ms':>9}  {'others':>6}  processes")
    for name, each in measured.items():
        times = "".join(f"{p50:13.0f}{p99:6.0f}" for p50, _, p99 in (each.milliseconds[step] for step in STEPS))
        print(
            f"{name:9}{each.meetings_a_second:10.1f}{times}{each.cpu_of_service:9.1f}  {each.others:6.2f}"
            f"  {', '.join(found[name].processes)}"
        )
    print(f"\n{'CPU ms a meeting':17}" + "".join(f"{kind:>11}" for kind in KINDS))
    for name, each in measured.items():
        print(f"{name:17}" + "".join(f"{each.cpu[kind]:11.1f}" if kind in each.cpu else f"{'-':>11}" for kind in KINDS))


def print_survival(found: dict[str, Found]) -> None:
    rows = [(name, each) for name, result in found.items() for each in result.survival]
    if not rows:
        return
    print(f"\n{'':9}{'killed':16}{'survived':9}{'in steps':>9}{'meetings':>9}{'expired':>8}", end="")
    print(f"{'started':>9}{'again after':>12}{'start CPU':>11}{'free after':>11}{'not told':>9}")
    for name, each in rows:
        verdict = each.verdict
        print(f"{name:9}{PARTS[each.fault]:16}{'yes' if verdict.survived else 'NO':9}", end="")
        print(f"{each.in_progress:>9}{verdict.meetings:>9}{verdict.expired:>8}", end="")
        print(f"{each.started_after:7.1f} s{each.again_after:10.1f} s{each.start_cpu:9.1f} s", end="")
        print(f"{each.free_after:9.1f} s{each.not_told:>9}")
        for kind, count in verdict.broken.items():
            print(f"{'':25}{count} x {kind}")


def aims(found: dict[str, Found]) -> Iterator[Aim]:
    """Yield the only aim: BookMe survives every fault. The others are measured, not judged."""
    if "bookme" in found and found["bookme"].survival:
        survival = found["bookme"].survival
        yield exactly("faults that BookMe does not survive", sum(not each.verdict.survived for each in survival), 0)
        yield exactly("meetings that BookMe never told the receiver of", sum(each.not_told for each in survival), 0)


def figures(found: dict[str, Found]) -> dict[str, Any]:
    machine = {"system": platform.platform(), "cores": psutil.cpu_count(), "memory": psutil.virtual_memory().total}
    return {
        "machine": machine | {"python": platform.python_version()},
        "peers": {name: asdict(each) | {"survived": _survived(each)} for name, each in found.items()},
    }


def _survived(found: Found) -> dict[str, bool]:
    return {
        fault: all(each.verdict.survived for each in found.survival if each.fault == fault)
        for fault in {each.fault for each in found.survival}
    }


def parser() -> argparse.ArgumentParser:
    parser = options("peers", __doc__)
    parser.add_argument("--only", type=_names(PEERS), default=list(PEERS), metavar="NAMES", help=", ".join(PEERS))
    parser.add_argument("--clients", type=int, default=16, help="at once, while speed is measured (16)")
    parser.add_argument("--seconds", type=float, default=10, help="of work, while speed is measured (10)")
    parser.add_argument("--faults", type=_names(FAULTS), default=list(FAULTS), metavar="NAMES", help=", ".join(FAULTS))
    parser.add_argument("--kills", type=int, default=1, help="of each part (1)")
    parser.add_argument("--ttl", type=float, default=SURVIVAL_TTL, help=f"seconds of a hold ({SURVIVAL_TTL:g})")
    parser.add_argument("--only-survival", action="store_true", help="measure no speed")
    parser.add_argument("--only-speed", action="store_const", const=[], dest="faults", help="kill nothing")
    return parser


def _names(known: Sequence[str] | dict[str, Any]) -> "Names":
    return Names(tuple(known))


@dataclass(frozen=True, slots=True)
class Names:
    """Type of an option whose value is a list of known names, with commas between them."""

    known: tuple[str, ...]

    def __call__(self, value: str) -> list[str]:
        names = value.split(",")
        if unknown := [each for each in names if each not in self.known]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)} is none of {', '.join(self.known)}")
        return names


if __name__ == "__main__":
    arguments = parser().parse_args()
    if arguments.quick:
        arguments.clients, arguments.seconds, arguments.ttl = 2, 1, 3.0
    try:
        results = asyncio.run(main(arguments))
    except StackError as error:
        sys.exit(f"{error}")
    print_speed(results)
    print_survival(results)
    conclude(arguments, list(aims(results)), **figures(results))
