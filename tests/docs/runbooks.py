"""The runbooks, and the commands in them by their kind."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RUNBOOKS: Final = Path(__file__).parents[2] / "docs/runbooks"
PAGES: Final = sorted(page for page in RUNBOOKS.glob("*.md") if page.name != "README.md")
BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A block of a page. `kind` is its language."""

    page: str
    kind: str
    text: str

    @property
    def name(self) -> str:
        """The page, and the beginning of the text: the name of a test."""
        return f"{self.page}: {' '.join(self.text.split())[:40]}"


def blocks(kind: str) -> list[Block]:
    """All blocks of this language, by page."""
    return [
        Block(page.stem, language, text)
        for page in PAGES
        for language, text in BLOCK.findall(page.read_text())
        if language == kind
    ]
