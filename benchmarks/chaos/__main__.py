"""Lets many clients book while a nemesis kills, pauses and cuts off what is under them, then tells what was broken.

Starts everything that it needs: PostgreSQL, a Temporal server from its file, two API processes and two workers, each
behind TCP proxies. It also moves clocks, makes the database read-only and its disk full, and lets unruly clients loose,
of whom a quiet client must notice nothing. Afterwards everything is healed, unknown answers are asked for again, and a
checker decides from the record and from the database's own history of every row. Holds live three seconds, so that
many expire.

The seed decides what customers want and what is done to the servers, and when; how the processes take it, it does not.
Exits with 1 when a promise was broken. The record (JSON lines) and the logs stay in the directory; `--check` judges
a record again.
"""

import argparse
import asyncio
import time
from pathlib import Path

from benchmarks.chaos.checker import check
from benchmarks.chaos.faults import FaultKind
from benchmarks.chaos.record import Record, read
from benchmarks.chaos.report import verdict
from benchmarks.chaos.run import RECORD, Asked, run
from benchmarks.chaos.unruly import Behaviour


def main() -> None:
    asked = _parser().parse_args()
    record = read(asked.check) if asked.check else _happened(asked)
    findings = check(record)
    print(verdict(record, findings))
    raise SystemExit(1 if findings else 0)


def _happened(asked: argparse.Namespace) -> Record:
    began = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {what}", flush=True)

    seed = asked.seed if asked.seed is not None else int(time.time())
    directory: Path = asked.directory or Path(".bookme") / f"chaos-{seed}"
    wanted = Asked(seed, asked.seconds, asked.clients, asked.faults, asked.unruly, directory, asked.served_within)
    say(f"seed {seed}, {wanted.seconds:g} s, {wanted.clients} clients; the record is {directory / RECORD}")
    return asyncio.run(run(wanted, say))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.chaos",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=60, help="how long it rages (default: 60)")
    parser.add_argument("--seed", type=int, help="what decides all choices (default: another one each time)")
    parser.add_argument("--clients", type=int, default=8, help="how many clients book at once (default: 8)")
    parser.add_argument(
        "--faults", type=_kinds, default=list(FaultKind), help=f"some of {','.join(FaultKind)}; or none"
    )
    parser.add_argument(
        "--unruly", type=_behaviours, default=list(Behaviour), help=f"some of {','.join(Behaviour)} (default: all)"
    )
    parser.add_argument(
        "--served-within", type=float, default=2, help="seconds that a quiet client may wait (default: 2)"
    )
    parser.add_argument("--directory", type=Path, help="where record and logs go (default: .bookme/chaos-SEED)")
    parser.add_argument("--check", type=Path, metavar="FILE", help="judge this record again, and run nothing")
    return parser


def _kinds(names: str) -> list[FaultKind]:
    return [FaultKind(each) for each in names.split(",") if each != "none"]


def _behaviours(names: str) -> list[Behaviour]:
    return [Behaviour(each) for each in names.split(",")]


if __name__ == "__main__":
    main()
