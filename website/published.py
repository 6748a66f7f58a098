"""Checks the built site."""

import re
from pathlib import Path
from typing import Final

from website import SiteError

ELEMENT: Final = re.compile(r"<(?:script|link|img|iframe|source|video|audio)\b[^>]*>")
ELSEWHERE: Final = re.compile(r"""\b(?:src|href)=["']?(?:https?:)?//""")
NOT_LOADED: Final = re.compile(r"""\brel=["']?(?:canonical|alternate|next|prev)""")


def check_offline(html: Path) -> None:
    """Check that no page loads a script, a style, a font or a picture from another host.

    Raises:
        SiteError: A page does.

    """
    for page in sorted(html.rglob("*.html")):
        for element in ELEMENT.findall(page.read_text(encoding="utf-8")):
            if ELSEWHERE.search(element) and not NOT_LOADED.search(element):
                raise SiteError(f"{page.relative_to(html)} loads from another host: {element}")
