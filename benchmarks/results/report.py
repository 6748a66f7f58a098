"""Common parts of the benchmarks: command-line options, aims, output and exit status."""

import argparse
import json
import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

WIDTH: Final = 20
OTHERS: Final = "Figures vary with what else the machine does, ratios less. Measure in a quiet moment, and repeat."


@dataclass(frozen=True, slots=True)
class Aim:
    """An aim: its name with the limit, the measured figure, and whether the figure meets the limit."""

    name: str
    found: float
    holds: bool

    def __str__(self) -> str:
        return f"{'✓' if self.holds else '✗'} {self.name}: {self.found:,.4g}"


def at_least(name: str, found: float, least: float) -> Aim:
    return Aim(f"{name} (at least {least:g})", found, found >= least)


def at_most(name: str, found: float, most: float) -> Aim:
    return Aim(f"{name} (at most {most:g})", found, found <= most)


def exactly(name: str, found: float, wanted: float) -> Aim:
    return Aim(f"{name} (exactly {wanted:g})", found, found == wanted)


def options(program: str, what: str | None, *, plot: bool = False) -> argparse.ArgumentParser:
    """Return a parser with the options that every benchmark has."""
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{program}",
        description=what,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=OTHERS,
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything to this file")
    parser.add_argument("--check", action="store_true", help="exit with 1 when an aim is missed")
    parser.add_argument("--quick", action="store_true", help="little of everything: whether the program works")
    if plot:
        parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="also draw the figures")
    return parser


def conclude(asked: argparse.Namespace, aims: Sequence[Aim], **figures: Any) -> NoReturn:  # noqa: ANN401 - JSON
    """Print the aims, write the JSON file if wanted, and exit: with 1 if `--check` is given and an aim is missed."""
    print("", *aims, sep="\n")
    if asked.json:
        content = figures | {"aims": [asdict(each) for each in aims]}
        asked.json.write_text(json.dumps(content, indent=1) + "\n")
    sys.exit(asked.check and not all(each.holds for each in aims))


def progress(text: str) -> None:
    """Print progress to standard error, because figures go to standard output."""
    print(f"… {text}", file=sys.stderr, flush=True)


def percentiles(seconds: Sequence[float]) -> tuple[float, float, float]:
    """Return p50, p95 and p99 in milliseconds."""
    # In a short round on a slow machine there may be only one time.
    cuts = statistics.quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else [*seconds] * 99
    return cuts[49] * 1000, cuts[94] * 1000, cuts[98] * 1000


def bar(part: float, whole: float) -> str:
    return f"{'█' * round(WIDTH * part / whole):{WIDTH}}"


def row(first: str, values: Mapping[str, float], columns: Iterable[str], width: int = 10) -> str:
    return first + "".join(f"{f'{values[each]:.1f}' if each in values else '-':>{width}}" for each in columns)


def heading(first: str, columns: Iterable[str], width: int = 10) -> str:
    return first + "".join(f"{each:>{width}}" for each in columns)
