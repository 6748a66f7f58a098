"""The pages of `examples/booking-page` are built, and Chromium books with them against a real sandbox."""

from pathlib import Path

import pytest

from devstack.stack import PAGES
from tests.clients.node import npm
from tests.generated_clients.tools import NodeTools

pytestmark = [
    pytest.mark.ci,
    pytest.mark.timeout(600),  # the first run downloads the packages
    pytest.mark.xdist_group("browser"),
]


def files_of(directory: Path) -> dict[str, bytes]:
    """The content of all files by their path."""
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


async def test_the_built_pages_are_up_to_date(tools: NodeTools, tmp_path: Path) -> None:
    await npm(tools, "run", "check")
    await npm(tools, "run", "build", PAGES=str(tmp_path))
    assert files_of(tmp_path) == files_of(PAGES), "run `uv run just pages`"


@pytest.mark.usefixtures("worker")
async def test_people_book_with_them(tools: NodeTools, chromium: str, url: str) -> None:
    await npm(tools, "test", BOOKME_URL=url, CHROMIUM=chromium)
