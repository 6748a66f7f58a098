"""Charts of the figures, as self-contained SVG files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pygal
from pygal.style import Style

LOOK: Final = Style(
    background="white",
    plot_background="white",
    font_family="sans-serif",
    guide_stroke_color="#dddddd",
    major_guide_stroke_color="#dddddd",
    guide_stroke_dasharray="0",
    major_guide_stroke_dasharray="0",
    colors=("#9aa5b1", "#0b6e99", "#d9822b", "#2f855a", "#7b4bb7", "#b83280"),
    label_font_size=14,
    major_label_font_size=14,
    value_font_size=13,
    legend_font_size=14,
    title_font_size=17,
)
SHAPE: Final[Mapping[str, Any]] = {
    "style": LOOK,
    "width": 800,
    "height": 400,
    "legend_at_bottom": True,
    "include_x_axis": True,
    "max_scale": 6,
    "js": (),
    "value_formatter": lambda value: f"{value:,.4g}",
}


def lines(path: Path, title: str, series: Mapping[str, Mapping[int, float]]) -> None:
    """Draw one line per series. The labels are evenly spaced, as numbers on the axis mostly double."""
    chart = pygal.Line(title=title, **SHAPE)
    chart.x_labels = sorted({each for points in series.values() for each in points})
    for name, points in series.items():
        chart.add(name, [points.get(each) for each in chart.x_labels], stroke_style={"width": 3})
    chart.render_to_file(str(path))


def stacks(path: Path, title: str, labels: Sequence[str], series: Mapping[str, Sequence[float]]) -> None:
    """Draw one stacked bar per label, with a part for each series."""
    chart = pygal.StackedBar(title=title, **SHAPE)
    chart.x_labels = labels
    for name, values in series.items():
        chart.add(name, values)
    chart.render_to_file(str(path))
