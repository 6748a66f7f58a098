"""The path of a reservation, from the endpoint to the row and back, is the one that the architecture page shows."""

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import httpx
import pytest
from temporalio.client import Client

from config.settings import Settings
from tests.integration.api.support import ok
from tests.support.clients import ApiClient
from workers.main import make_worker

ROOT: Final = Path(__file__).parents[4]
PAGE: Final = ROOT / "docs" / "architecture.md"
STEP: Final = re.compile(r"^\| \d+ \| `([\w/]+\.py)` \| `(\w+)` \|", re.MULTILINE)

MOST_FILES: Final = 20

PRODUCT: Final = ("activities", "api", "domain", "services", "storage", "workflows")
AROUND: Final = (
    *("api/auth/", "api/middleware/", "api/http/", "api/dependencies.py", "activities/interceptor.py"),
    *("domain/errors.py", "storage/database.py", "storage/sandbox/schema.py"),
    *("api/metrics/", "activities/step_metrics.py", "storage/monitoring.py"),
)
"""Files that are not counted, because every request or step passes through them: rights, limits, headers, errors,
new connections, metrics.
"""

RULES: Final = ("domain/availability/", "domain/local_time.py")


@pytest.fixture
async def client(http: httpx.AsyncClient) -> ApiClient:
    """Without a worker: the threads of the test's own worker are traced from their start."""
    return await ApiClient.authorised(http, "demo")


@contextmanager
def first_calls() -> Iterator[dict[tuple[str, str], None]]:
    """Collect the product's functions, by file and name, in the order of their first calls in all threads."""
    seen: dict[tuple[str, str], None] = {}

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(str(ROOT)) and not code.co_name.startswith("<"):
            file = code.co_filename.removeprefix(f"{ROOT}/")
            if file.split("/", 1)[0] in PRODUCT:
                seen.setdefault((file, code.co_name))

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


@pytest.fixture
async def calls(
    client: ApiClient, engine: Client, settings: Settings, all_steps: tuple[object, ...]
) -> list[tuple[str, str]]:
    """The calls of one reservation from its endpoint on, without what is around every request and without the rules."""
    offered = (await client.search())[0]
    with first_calls() as seen:
        async with make_worker(engine, settings.task_queue, *all_steps):
            ok(await client.reserve(offered, "traced"))
            every = list(seen)
    path = every[every.index(("api/routers/time_slots.py", "reserve_time_slot")) :]
    return [(file, name) for file, name in path if not file.startswith((*AROUND, *RULES))]


def shown(page: str) -> list[tuple[str, str]]:
    return [(step[1], step[2]) for step in STEP.finditer(page)]


async def test_it_is_the_path_that_the_page_shows(calls: list[tuple[str, str]]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    steps = shown(page)
    assert len(steps) > 10
    assert [step for step in steps if step not in calls] == []
    assert sorted(steps, key=calls.index) == steps, "in the order of the calls"
    files = {file for file, _ in calls}
    assert [file for file in files if f"`{file}`" not in page] == [], "every file of the path is named there"
    assert len(files) <= MOST_FILES
