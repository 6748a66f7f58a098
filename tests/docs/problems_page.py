"""The page `docs/problems.md`: `python -m tests.docs.problems_page` writes it from the texts of the problem pages."""

from pathlib import Path
from typing import Final

from api.problems.names import TEXTS, status_of

PAGE: Final = Path(__file__).parents[2] / "docs/problems.md"

INTRODUCTION: Final = """# Problems

Each error answer has a `type`, which is the address of a page about its problem, such as
`https://bookme.example/problems/TIME_SLOT_TAKEN`. The page is HTML for browsers and JSON for programs
(`Accept: application/json`), in English or Danish, and has an example. `/problems` lists all of them. This document has
the same texts.

The last part of the address is the `reason` of the answer, or its `code` if it has no `reason`. Programs decide by
`code` and `reason`, not by `type`.

This file is generated: `uv run python -m tests.docs.problems_page`.
"""


def page() -> str:
    ordered = sorted(TEXTS, key=lambda name: (status_of(name), name))
    sections = (
        f"## `{name}`\n\n**{text.title}** (status {status_of(name)}). {text.meaning}\n\n"
        f"- Cause: {text.cause}\n- What to do: {text.action}\n"
        for name, text in ((name, TEXTS[name]) for name in ordered)
    )
    return "\n".join((INTRODUCTION, *sections))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
