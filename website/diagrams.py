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


def with_pictures(text: str, place: Path, target: Path) -> str:
    """Replace each diagram of a page by a picture, and write the pictures into `target`.

    A picture leads to itself, so that a reader with a small screen can open it alone.
    """

    def picture(found: re.Match[str]) -> str:
        name = f"{hashlib.sha256(found[1].encode()).hexdigest()[:16]}.svg"
        file = target / FOLDER / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(mmdr.render(STYLE + found[1]).svg(), encoding="utf-8")
        heading = HEADING.findall(text, 0, found.start())[-1]
        address = os.path.relpath(f"{FOLDER}/{name}", place.parent)
        return f"[![Diagram: {heading}]({address}){{ .diagram }}]({address})"

    return DIAGRAM.sub(picture, text)
