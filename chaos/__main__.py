"""Run the chaos test: many clients book while processes are killed, paused and cut off; then report broken guarantees.

The test starts everything that it needs: PostgreSQL, a Temporal server with a database file, two API processes and two
workers. The API processes and workers reach the servers through TCP proxies. Further faults move clocks, make the
database read-only, fill its disk, and start unruly clients, which a quiet client must not notice. After the last fault
all processes run again, and requests without an outcome are repeated. A checker then decides from the record and from
the database's own history of every row. Holds last three seconds, so that many expire.

The seed decides the requests of customers and the kind, target and time of each fault. The reaction of the processes
is not repeatable. The exit status is 1 if a guarantee was broken. The record (JSON lines) and the logs stay in the
directory; `--check` checks a record again.
"""

import argparse
import asyncio
import time
from pathlib import Path

from chaos.checker import check
from chaos.clients.unruly import Behaviour
from chaos.faults.plan import FaultKind
from chaos.record import Record, read
from chaos.report import format_report
from chaos.run import RECORD, RunOptions, run
from chaos.stack.system import Engine
from config.errors import StackError


def main() -> None:
    arguments = _parser().parse_args()
    record = read(arguments.check) if arguments.check else _run(arguments)
    findings = check(record)
    print(format_report(record, findings))
    raise SystemExit(1 if findings else 0)


def _run(arguments: argparse.Namespace) -> Record:
    began = time.monotonic()

    def log_progress(what: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {what}", flush=True)

    seed = arguments.seed if arguments.seed is not None else int(time.time())
    directory: Path = arguments.directory or Path(".bookme") / f"chaos-{seed}"
    options = RunOptions(
        seed,
        arguments.seconds,
        arguments.clients,
        arguments.faults,
        arguments.unruly,
        directory,
        arguments.served_within,
        arguments.engine,
    )
    log_progress(f"seed {seed}, {options.seconds:g} s, {options.clients} clients; the record is {directory / RECORD}")
    try:
        return asyncio.run(run(options, log_progress))
    except StackError as error:
        raise SystemExit(str(error)) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m chaos",
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
    parser.add_argument(
        "--engine",
        type=Engine,
        choices=list(Engine),
        default=Engine.DEVELOPMENT,
        help="development: Temporal's development server; cluster: two servers on PostgreSQL with fsync, which need Go"
        " and take minutes to build at first (default: development)",
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
