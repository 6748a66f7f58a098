"""Copies the pages into the folder that the site is built from, and changes what GitHub and the site read differently.

Every page is written for GitHub. Three things change on the way: links to files that are no pages, blocks of the same
code in several languages, and diagrams.
"""

import os
import re
from pathlib import Path
from typing import Final

from website import SiteError
from website.diagrams import with_pictures

ROOT: Final = Path(__file__).parent.parent
OUTSIDE: Final = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "report-a-vulnerability.md",
    "README.md": "readme.md",
    "clients/python/README.md": "clients/python.md",
    "clients/typescript/README.md": "clients/typescript.md",
    "tests/README.md": "tests.md",
}
"""Pages outside `docs/`, and where they are in the site."""

FENCE: Final = re.compile(r"(^ *```.*?^ *```$)", re.DOTALL | re.MULTILINE)
LINK: Final = re.compile(r"(!?\[(?:[^\[\]]|\[[^\]]*\])*\])\((?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)")
TABS: Final = re.compile(r"<!-- tabs -->\n(.*?)<!-- /tabs -->", re.DOTALL)
TAB: Final = re.compile(r"^\*\*([^*\n]+)\*\*$", re.MULTILINE)
COMMENT: Final = re.compile(r"^<!-- [\w/-]+ -->\n", re.MULTILINE)
SHORT_INDENT: Final = re.compile(r"^ {2,3}(?=\S)", re.MULTILINE)
BEFORE_LIST: Final = re.compile(r"^(?!    |[-*] |\d+\. |[|#])\S.*\n(?=([-*]|1\.) )", re.MULTILINE)


def sources() -> dict[Path, str]:
    """Return each file that becomes part of the site, and its path there."""
    inside = {each: each.relative_to(ROOT / "docs").as_posix() for each in sorted(ROOT.glob("docs/**/*.*"))}
    return inside | {ROOT / file: page for file, page in OUTSIDE.items()}


def copy_pages(target: Path, repository: str | None) -> None:
    """Write all pages and pictures into `target`.

    `repository` is the address of the files of the repository, such as `https://github.com/OWNER/NAME/blob/main`.
    Without it, a link to a file that is no page becomes plain text.

    Raises:
        SiteError: A page links to a file that does not exist.

    """
    places = sources()
    for source, place in places.items():
        copy = target / place
        copy.parent.mkdir(parents=True, exist_ok=True)
        content = source.read_bytes()
        if source.suffix == ".md":
            content = page(source, place, places, target, repository).encode()
        if not copy.exists() or copy.read_bytes() != content:
            copy.write_bytes(content)  # only what has changed: a server builds again what is written


def page(source: Path, place: str, places: dict[Path, str], target: Path, repository: str | None) -> str:
    """Return the text of a page as the site needs it, and write its diagrams into `target`."""

    def resolve(link: re.Match[str]) -> str:
        label, file, anchor = link.groups(default="")
        aim = (source.parent / file).resolve()
        if not aim.exists():
            raise SiteError(f"{source.relative_to(ROOT)}: {file} does not exist")
        if aim in places:
            return f"{label}({os.path.relpath(places[aim], Path(place).parent)}{anchor})"
        if repository is None:
            return label[1:-1]
        return f"{label}({repository}/{aim.relative_to(ROOT)}{anchor})"

    parts = FENCE.split(source.read_text(encoding="utf-8"))
    parts[::2] = [with_full_indents(LINK.sub(resolve, prose)) for prose in parts[::2]]
    parts[1::2] = [with_full_indents(block) if block.startswith(" ") else block for block in parts[1::2]]
    text = TABS.sub(lambda found: as_tabs(found[1]), "".join(parts))
    return with_pictures(COMMENT.sub("", text), Path(place), target)


def with_full_indents(text: str) -> str:
    """Indent what belongs to a list item by four spaces, and put an empty line before each list.

    GitHub needs neither. Python-Markdown, which the site is made with, needs both.
    """
    return BEFORE_LIST.sub(r"\g<0>\n", SHORT_INDENT.sub("    ", text))


def as_tabs(text: str) -> str:
    """Turn blocks that follow a line of bold text each into tabs, one beside the other."""
    _, *named = TAB.split(text)
    tabs = [
        f'=== "{name}"\n\n' + "".join(f"    {line}\n" if line else "\n" for line in content.strip().splitlines())
        for name, content in zip(named[::2], named[1::2], strict=True)
    ]
    return "\n".join(tabs)
