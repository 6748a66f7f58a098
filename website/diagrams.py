"""Draws the Mermaid diagrams of the pages while the site is built, so that a reader's browser needs no script."""

import hashlib
import os
import re
from pathlib import Path
from typing import Final

import mmdr

DIAGRAM: Final = re.compile(r"^```mermaid\n(.*?)^```$", re.DOTALL | re.MULTILINE)
HEADING: Final = re.compile(r"^#+ (.*)$", re.MULTILINE)
STYLE: Final = """%%{init: {"theme": "neutral", "look": "classic", "fontFamily": "Arial, Helvetica, sans-serif",
"themeVariables": {"fontFamily": "Arial, Helvetica, sans-serif", "fontSize": "16px"},
"flowchart": {"rankSpacing": 30, "nodeSpacing": 30, "wrappingWidth": 300}}}%%
"""
FOLDER: Final = "diagrams"
LEAST_SCALE: Final = 0.65
"""A picture is made smaller down to this scale: its font of 16 pixels then has 10."""


def with_pictures(text: str, place: Path, target: Path) -> str:
    """Replace each diagram of a page by a picture, and write the pictures into `target`.

    A picture leads to itself. One that is wider than the page scrolls, so that its text stays readable.
    """

    def picture(found: re.Match[str]) -> str:
        svg = mmdr.render(STYLE + found[1]).svg()
        name = f"{hashlib.sha256(found[1].encode()).hexdigest()[:16]}.svg"
        file = target / FOLDER / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(svg, encoding="utf-8")
        heading = HEADING.findall(text, 0, found.start())[-1]
        address = os.path.relpath(f"{FOLDER}/{name}", place.parent)
        least = f'style="min-width: {LEAST_SCALE * width_of(svg):.0f}px"'
        return f"[![Diagram: {heading}]({address}){{ .diagram {least} }}]({address})"

    return DIAGRAM.sub(picture, text)


def width_of(svg: str) -> float:
    """Return the width of a picture in its own pixels."""
    (box,) = re.findall(r'viewBox="([^"]*)"', svg[: svg.index(">")])
    return float(box.split()[2])
