"""Compare a search over HTTP with its baseline: reading the same rows and encoding the same answer.

Starts its own PostgreSQL and API, fills in test data of each size, and requests a search and its baseline in turns. The
time of a request ends with the last byte of its answer. The client is another process and does not decode the answer.

One answer has at most 10,000 time slots, and a Link to the next page when there are more. The first page is measured,
which reads the most rows. The baseline encodes the same page. `10000+` means that more pages follow.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

import httpx

from benchmarks.stack.search_api import BASELINE, ENCODING, serving
from benchmarks.workload.bank import Bank, fill, monday
from devstack.postgres import EmbeddedPostgres
from storage.database import Database
from storage.migrate import migrate

SEARCH: Final = "/bookme/time-slots/available"
SIZES: Final = (Bank(50, 14), Bank(500, 30), Bank(2_000, 31))
QUICK: Final = (Bank(10, 2), Bank(20, 4))
FEWEST: Final = 5

MOST_RATIO: Final = 2.0
SMALL: Final = 50 * 14
MOST_OF_SMALL: Final = 25.0
"""The most milliseconds of a search of the size `SMALL`, in employee-days."""
MOST_GROWTH: Final = 1.25
"""The largest ratio of the time per employee-day in the largest bank to that in the second largest."""

HEADING: Final = (
    f"{'employees':>9} {'days':>4}  {'asked':5} {'slots':>7} {'median':>8} {'p95':>8} {'baseline':>8} {'ratio':>6}"
    f" {'encoding':>8} {'µs/employee-day':>16}"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """Milliseconds of one search, of its baseline, and of encoding and sending its answer only.

    `slots` were in the answer; `more` means that pages follow.
    """

    employees: int
    days: int
    best: bool
    slots: int
    more: bool
    median: float
    p95: float
    baseline: float
    encoding: float

    @property
    def ratio(self) -> float:
        return self.median / self.baseline

    @property
    def employee_days(self) -> int:
        return self.employees * self.days

    @property
    def microseconds(self) -> float:
        """Return the microseconds per employee and day."""
        return self.median * 1_000 / self.employee_days

    @property
    def size(self) -> str:
        return f"{self.employees} employees, {self.days} days, {self.asked}"

    @property
    def asked(self) -> str:
        return "best" if self.best else "all"

    def __str__(self) -> str:
        slots = f"{self.slots}{'+' if self.more else ''}"
        return (
            f"{self.employees:>9} {self.days:>4}  {self.asked:5} {slots:>7} {self.median:>8.1f} {self.p95:>8.1f}"
            f" {self.baseline:>8.1f} {self.ratio:>6.2f} {self.encoding:>8.1f} {self.microseconds:>16.1f}"
        )


async def measured(client: httpx.AsyncClient, bank: Bank, *, best: bool, rounds: int) -> Figure:
    query = {
        "requireEmployeeParticipation": "false",
        "startDate": monday().isoformat(),
        "lookForwardTime": f"P{bank.days}D",
        "getBestTimeSlots": str(best).lower(),
    }
    found, *others = [await answer(client, path, query) for path in (SEARCH, BASELINE, ENCODING)]
    if any(other.content != found.content for other in others):
        raise SystemExit("The baseline or the encoding answers something else than the search.")
    searches, baselines, encodings = [], [], []
    for _ in range(rounds):
        searches.append(await timed(client, SEARCH, query))
        baselines.append(await timed(client, BASELINE, query))
        encodings.append(await timed(client, ENCODING, query))
    return Figure(
        employees=bank.employees,
        days=bank.days,
        best=best,
        slots=len(found.json()),
        more="next" in found.links,
        median=statistics.median(searches),
        p95=statistics.quantiles(searches, n=20, method="inclusive")[-1],
        baseline=statistics.median(baselines),
        encoding=statistics.median(encodings),
    )


async def answer(client: httpx.AsyncClient, path: str, query: dict[str, str]) -> httpx.Response:
    return (await client.get(path, params=query)).raise_for_status()


async def timed(client: httpx.AsyncClient, path: str, query: dict[str, str]) -> float:
    began = perf_counter()
    await answer(client, path, query)
    return (perf_counter() - began) * 1_000


async def run(banks: tuple[Bank, ...], rounds: int) -> list[Figure]:
    """Measure every bank, and print each figure at once."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bookme-") as name:
        directory = Path(name)
        async with EmbeddedPostgres.running(directory / "postgres", fast=True) as postgres:
            database = Database(postgres.url)
            await migrate(database)
            async with serving(postgres.url, directory) as client:
                for bank in banks:
                    await fill(database, postgres.url, bank)
                    for best in (True, False):
                        n = max(FEWEST, min(rounds, 1_000_000 // (bank.employees * bank.days)))
                        figures.append(await measured(client, bank, best=best, rounds=n))
                        print(figures[-1], flush=True)
            await database.close()
    return figures


def misses(figures: list[Figure]) -> Iterator[str]:
    """Yield a message for each figure that misses its aim."""
    for each in figures:
        if each.ratio > MOST_RATIO:
            yield f"{each.size}: {each.ratio:.2f} times the baseline; {MOST_RATIO:g} is the most"
        if each.employee_days == SMALL and each.best and each.median > MOST_OF_SMALL:
            yield f"{each.size}: {each.median:.1f} ms; {MOST_OF_SMALL:g} ms is the most"
    for best in (True, False):
        *_, before, largest = [each for each in figures if each.best is best]
        if largest.microseconds > before.microseconds * MOST_GROWTH:
            yield f"{largest.size}: {largest.microseconds:.1f} µs an employee-day, of fewer {before.microseconds:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.search",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Times vary with what else the machine does; the ratio less. Measure in a quiet moment, and repeat.",
    )
    parser.add_argument("--quick", action="store_true", help="two small banks, in seconds: whether the program works")
    parser.add_argument("--rounds", type=int, default=40, help="how often to ask at most (default: 40)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    parser.add_argument("--check", action="store_true", help="exit with 1 if the figures miss what they should be")
    asked = parser.parse_args()
    print("Milliseconds through HTTP; baseline: the same rows read, the same page encoded; encoding: only the latter")
    print(HEADING, flush=True)
    figures = asyncio.run(run(QUICK if asked.quick else SIZES, FEWEST if asked.quick else asked.rounds))
    if asked.json:
        each = [asdict(figure) | {"ratio": figure.ratio, "microseconds": figure.microseconds} for figure in figures]
        asked.json.write_text(json.dumps(each, indent=2))
    if asked.check and (missed := list(misses(figures))):
        raise SystemExit("\n".join(missed))


if __name__ == "__main__":
    main()
