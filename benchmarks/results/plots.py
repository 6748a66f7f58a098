"""Draw the two pictures of docs/performance.md from the JSON files of `benchmarks.search` and `benchmarks.mixed`.

    uv run python -m benchmarks.search --json search.json
    uv run python -m benchmarks.mixed --json mixed.json
    uv run python -m benchmarks.results.plots --search search.json --mixed mixed.json

Writes docs/pictures/search-growth.svg and docs/pictures/mixed-load.svg. With `--search-before` and `--mixed-before`,
the files of an earlier version, both versions are drawn. The pictures follow the reader's light or dark colours.
"""

import argparse
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, ClassVar, Final, Self

PICTURES: Final = Path(__file__).parents[2] / "docs/pictures"
WIDTH: Final = 760
TIMES: Final = "\N{MULTIPLICATION SIGN}"

STYLE: Final = """
text { font: 14px system-ui, sans-serif; fill: #24292f } .title { font-size: 17px; font-weight: 600 }
.soft { fill: #57606a } .end { text-anchor: end } .middle { text-anchor: middle }
.paper { fill: #ffffff } .grid { stroke: #d8dee4; stroke-width: 1 }
.line { fill: none; stroke-width: 3 } .before { stroke-dasharray: 7 5 }
.s0 { stroke: #0969da } .f0 { fill: #0969da } .s1 { stroke: #bc4c00 } .f1 { fill: #bc4c00 }
.quiet { fill: #8c959f }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .soft { fill: #9198a1 } .paper { fill: #0d1117 } .grid { stroke: #30363d }
  .s0 { stroke: #4493f8 } .f0 { fill: #4493f8 } .s1 { stroke: #f0883e } .f1 { fill: #f0883e } .quiet { fill: #6e7681 }
}
"""

Versions = Sequence[tuple[str, Any]]
"""Name and figures of each version, the earlier one first."""


def picture(title: str, height: int, shapes: Iterable[str]) -> str:
    """Return the SVG of the shapes, 760 units wide, with a title that is also its description."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        f' role="img" aria-label="{escape(title)}">'
    )
    paper = f'<rect class="paper" width="{WIDTH}" height="{height}" rx="6"/>'
    return "\n".join([head, f"<style>{STYLE}</style>", paper, text(20, 32, title, "title"), *shapes, "</svg>", ""])


def text(x: float, y: float, words: str, look: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{look}">{escape(words)}</text>'


def line(points: Sequence[tuple[float, float]], look: str) -> str:
    return f'<polyline class="{look}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'


def bar(x: float, y: float, length: float, look: str) -> str:
    return f'<rect class="{look}" x="{x:.1f}" y="{y:.1f}" width="{max(length, 1):.1f}" height="15" rx="2"/>'


@dataclass(frozen=True, slots=True)
class Axes:
    """Logarithmic axes: employees and days of a search, and the powers of ten of its milliseconds."""

    sizes: Sequence[int]
    lowest: float
    highest: float

    LEFT: ClassVar = 90
    RIGHT: ClassVar = 560
    TOP: ClassVar = 56
    BOTTOM: ClassVar = 320

    @classmethod
    def of(cls, figures: Sequence[Mapping[str, Any]]) -> Self:
        powers = [math.log10(each["median"]) for each in figures]
        sizes = [each["employees"] * each["days"] for each in figures]
        return cls(sizes, min(powers) - 0.2, max(powers) + 0.15)

    def height(self, power: float) -> float:
        return self.BOTTOM - (power - self.lowest) / (self.highest - self.lowest) * (self.BOTTOM - self.TOP)

    def at(self, figure: Mapping[str, Any]) -> tuple[float, float]:
        smallest, largest = min(self.sizes), max(self.sizes)
        along = math.log(figure["employees"] * figure["days"] / smallest) / math.log(largest / smallest)
        return self.LEFT + 30 + along * (self.RIGHT - self.LEFT - 60), self.height(math.log10(figure["median"]))

    def shapes(self, figures: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        for power in range(math.ceil(self.lowest), math.ceil(self.highest)):
            y = self.height(power)
            yield f'<line class="grid" x1="{self.LEFT}" x2="{self.RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield text(self.LEFT - 10, y + 5, f"{10**power:,} ms", "soft end")
        for size in {(each["employees"], each["days"]): each for each in figures}.values():
            words = f"{size['employees']:,} {TIMES} {size['days']}"
            yield text(self.at(size)[0], self.BOTTOM + 24, words, "soft middle")
        words = f"employees {TIMES} days, both axes logarithmic"
        yield text((self.LEFT + self.RIGHT) / 2, self.BOTTOM + 46, words, "soft middle")


def growth(versions: Versions) -> str:
    """Draw the median of a search by its employees and days. Both axes are logarithmic, so linear growth is a line."""
    every = [each for _, figures in versions for each in figures]
    axes = Axes.of(every)
    shapes = [*axes.shapes(every)]
    for number, (name, figures) in enumerate(versions):
        is_last = number == len(versions) - 1
        for colour, (best, words) in enumerate(((True, "best slots"), (False, "all slots"))):
            look = f"line s{colour}{'' if is_last else ' before'}"
            shown = [each for each in figures if each["best"] is best]
            shapes.append(line([axes.at(each) for each in shown], look))
            shapes += labels(axes, shown, 24 if best else -12) if is_last else []
            x, y = axes.RIGHT + 20, axes.TOP + 20 + 26 * (2 * number + colour)
            shapes.append(line([(x, y), (x + 36, y)], look))
            shapes.append(text(x + 44, y + 5, f"{words}, {name}" if len(versions) > 1 else words))
    return picture("Median time of a search through HTTP", axes.BOTTOM + 70, shapes)


def labels(axes: Axes, figures: Sequence[Mapping[str, Any]], below: float) -> list[str]:
    """Return the milliseconds of each figure, as text `below` its point."""
    points = ((axes.at(each), f"{each['median']:,.0f}") for each in figures)
    return [text(x, y + below, words, "middle") for (x, y), words in points]


def mixed(versions: Versions) -> str:
    """Draw the percentiles of a reservation without and with searches as bars."""
    left, length = 150, 500
    most = max(max(each["milliseconds"]) for _, found in versions for each in found["reservations"].values())

    def shapes() -> Iterator[str]:
        for number, (look, words) in enumerate((("quiet", "bookings only"), ("f0", "beside searches"))):
            x = left + number * 160
            yield bar(x, 50, 15, look)
            yield text(x + 22, 62, words)
        y = 88
        for name, found in versions:
            if len(versions) > 1:
                yield text(20, y + 12, name, "title")
            alone, beside = (found["reservations"][each]["milliseconds"] for each in ("bookings", "with searches"))
            for percentile, pair in zip(("p50", "p95", "p99"), zip(alone, beside, strict=True), strict=True):
                yield text(left - 12, y + 21, percentile, "soft end")
                for look, value in zip(("quiet", "f0"), pair, strict=True):
                    yield bar(left, y, length * value / most, look)
                    yield text(left + length * value / most + 8, y + 13, f"{value:,.0f} ms")
                    y += 17
                y += 12
            y += 10

    return picture("Time of a reservation, 16 clients, one API process", 90 + 148 * len(versions), shapes())


def read(now: Path, before: Path | None) -> list[tuple[str, Any]]:
    files = {"before": before, "now": now}
    return [(name, json.loads(file.read_text())) for name, file in files.items() if file]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.results.plots",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name in ("search", "mixed"):
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=f"JSON of benchmarks.{name}")
        parser.add_argument(f"--{name}-before", type=Path, metavar="FILE", help="the same of an earlier version")
    parser.add_argument("--directory", type=Path, default=PICTURES, help="where to write (docs/pictures)")
    asked = parser.parse_args()
    if asked.search:
        (asked.directory / "search-growth.svg").write_text(growth(read(asked.search, asked.search_before)))
    if asked.mixed:
        (asked.directory / "mixed-load.svg").write_text(mixed(read(asked.mixed, asked.mixed_before)))


if __name__ == "__main__":
    main()
