"""Count what a booking and a search cost in units that are the same on every machine.

Runs the API and a worker in this process, on a PostgreSQL and a Temporal server of its own, with one client. Counted
are statements and transactions of each step, history events, payload bytes, state transitions and workflow tasks of
each ending of a booking, rows that a search reads, and bytes of the answers. A transaction is counted where BEGIN was
sent, so a single statement is none.

Everything is counted several times, and the smallest count is taken: a retry, a heartbeat or a periodic job on a busy
machine only adds. `--check` counts again while a count is above the committed one, at most 8 times.

The committed counts are in benchmarks/counts/committed.json. `--check` fails if a count is larger than the committed
one, and says what to do. A smaller count does not fail, so that work on the speed can be merged in any order, but it is
printed: run `--write` and commit the file, or the gain can be lost again without notice.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from benchmarks.counts import searches
from benchmarks.counts.lives import Booker, Life
from benchmarks.results.report import progress
from benchmarks.stack.in_process import servers

COMMITTED: Final = Path(__file__).with_name("committed.json")
FEWEST, MOST = 3, 8
"""Numbers of times that everything is counted. The very first time is not counted: it opens connections."""

ALLOWED: Final = {"payload bytes": 20}
"""Differences that count as none. The time that a hold has left is written without its last digits where they are 0."""

Counts = Mapping[str, Mapping[str, int]]
"""Counts by step and by what is counted."""

GREW: Final = """
{count} grew. Find out why: `uv run python -m benchmarks.counts --statements` lists the statements of each step.
If the growth is wanted, run `uv run python -m benchmarks.counts --write`, commit benchmarks/counts/committed.json, and
say in the message of the commit what it buys."""
SHRANK: Final = """
{count} shrank. Keep the gain: run `uv run python -m benchmarks.counts --write`, and commit
benchmarks/counts/committed.json."""
OTHERS: Final = """
The file has other counts than those counted now: {names}.
Run `uv run python -m benchmarks.counts --write`, and commit benchmarks/counts/committed.json."""


async def count(committed: Counts) -> tuple[Counts, list[Life]]:
    """Return the smallest counts, and the last lives. Stops early if no count is above the committed one."""
    with tempfile.TemporaryDirectory(prefix="bookme-counts-") as directory:
        progress("starting the servers")
        async with servers(Path(directory)) as running:
            async with Booker.working(running) as (booker, expiring):
                progress("counting bookings")
                await booker.live(expiring)
                bookings, life = await _smallest(lambda: booker.live(expiring), committed)
            progress("counting searches")
            await searches.prepare(running)
            # One API for all searches. The first moments of a new API have periodic statements of their own.
            async with running.api(running.settings("searches")) as service:
                await searches.search(running, service)
                answers, search = await _smallest(lambda: searches.search(running, service), committed)
            rows, _ = await _smallest(lambda: searches.read(running), committed)
            return bookings | answers | rows, [life, search]


async def _smallest(live: Callable[[], Awaitable[Life]], committed: Counts) -> tuple[dict[str, dict[str, int]], Life]:
    smallest: dict[str, dict[str, int]] = {}
    for number in range(MOST):
        life = await live()
        for step, counts in life.counts.items():
            known = smallest.setdefault(step, dict(counts))
            smallest[step] = {what: min(value, known[what]) for what, value in counts.items()}
        if number + 1 >= FEWEST and not grown(smallest, committed):
            break
    return smallest, life


def differences(now: Counts, committed: Counts) -> dict[tuple[str, str], int]:
    """Return the differences, larger than allowed, of the counts that are in both."""
    found = {(step, what): now[step][what] - committed[step][what] for step, what in names(now) & names(committed)}
    return {(step, what): each for (step, what), each in sorted(found.items()) if abs(each) > ALLOWED.get(what, 0)}


def grown(now: Counts, committed: Counts) -> list[tuple[str, str]]:
    return [name for name, difference in differences(now, committed).items() if difference > 0]


def names(counts: Counts) -> set[tuple[str, str]]:
    return {(step, what) for step, each in counts.items() for what in each}


def table(now: Counts, committed: Counts) -> str:
    lines = [f"{'step':26}{'counted':32}{'now':>8}{'committed':>11}{'difference':>12}"]
    for step, counts in sorted(now.items()):
        for what, value in sorted(counts.items()):
            before = committed.get(step, {}).get(what)
            figures = f"{'-':>11}" if before is None else f"{before:>11}{value - before:>+12}"
            lines.append(f"{step:26}{what:32}{value:>8}{figures}")
    return "\n".join(lines)


def verdict(now: Counts, committed: Counts) -> tuple[bool, str]:
    """Return whether the counts are as committed or smaller, and what is to be done, in words."""
    found = differences(now, committed)
    more = {name: each for name, each in found.items() if each > 0}
    less = {name: each for name, each in found.items() if each < 0}
    other = names(now) ^ names(committed)
    parts = [f"{step}: {what} {each:+} (now {now[step][what]})" for (step, what), each in (more | less).items()]
    parts += [GREW.format(count=_counts(len(more)))] * bool(more)
    parts += [SHRANK.format(count=_counts(len(less)))] * bool(less)
    parts += [OTHERS.format(names="; ".join(sorted(": ".join(each) for each in other)))] * bool(other)
    return not more and not other, "\n".join(parts) or "All counts are as committed."


def _counts(number: int) -> str:
    return f"{number} {'count' if number == 1 else 'counts'}"


def show_statements(lives: list[Life]) -> None:
    """Print the statements of each step, each with the role that executed it and the number of executions."""
    for life in lives:
        for step, executed in life.statements.items():
            print(f"\n{step}")
            for (role, text), calls in sorted(executed.calls.items()):
                print(f"{calls:>5} x {role}: {' '.join(text.split())}")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.counts", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 if a count is larger than the committed one")
    parser.add_argument("--write", action="store_true", help="write the counts to benchmarks/counts/committed.json")
    parser.add_argument("--statements", action="store_true", help="also print the statements of each step")
    asked = parser.parse_args()
    committed: Counts = {} if asked.write else json.loads(COMMITTED.read_text())
    now, lives = asyncio.run(count(committed))
    if asked.write:
        COMMITTED.write_text(json.dumps(now, indent=2, sort_keys=True) + "\n")
    print(table(now, now if asked.write else committed))
    if asked.statements:
        show_statements(lives)
    if not asked.write:
        holds, words = verdict(now, committed)
        print(f"\n{words}")
        sys.exit(asked.check and not holds)


if __name__ == "__main__":
    main()
