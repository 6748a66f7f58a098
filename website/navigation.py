"""The navigation of the site: `zensical.toml` has its order, and this fills in what the folders have."""

from pathlib import Path
from typing import TypeAlias

Nav: TypeAlias = "str | list[Nav] | dict[str, Nav]"
"""A page, a list of entries, or an entry with a title."""


def subpages(pages: Path, folder: str) -> list[Nav]:
    return [f"{folder}/{each.name}" for each in sorted((pages / folder).glob("*.md")) if each.stem != "README"]


def expanded(nav: Nav, expansions: dict[str, list[Nav]]) -> Nav:
    """Return the navigation with each `*` replaced by the pages that it stands for."""
    if isinstance(nav, dict):
        return {title: expanded(item, expansions) for title, item in nav.items()}
    if isinstance(nav, str):
        return list(expansions[nav]) if nav in expansions else nav
    items: list[Nav] = []
    for each in nav:
        found = expanded(each, expansions)
        items.extend(found if isinstance(found, list) else [found])
    return items
