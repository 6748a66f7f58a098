"""Copies of `examples/booking-page` and of the client that it is built with."""

import shutil
from pathlib import Path
from typing import Final

import pytest

from tests.clients.node import CLIENTS, NOT_COPIED, installed_copy
from tests.generated_clients.tools import NodeTools

SOURCE: Final = CLIENTS.parent / "examples/booking-page"


async def page_tools(config: pytest.Config) -> NodeTools:
    """Return a copy of the pages with their packages installed. The client is beside it as in the repository."""
    root = Path(config.cache.mkdir("pages"))
    client = root / "clients/typescript"
    shutil.rmtree(client, ignore_errors=True)
    shutil.copytree(CLIENTS / "typescript", client, ignore=shutil.ignore_patterns(*NOT_COPIED))
    directory = root / "examples/booking-page"
    directory.mkdir(parents=True, exist_ok=True)
    return await installed_copy(SOURCE, directory)
