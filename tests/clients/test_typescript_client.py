"""The TypeScript client is up to date, packs only what it needs, and books against a real stack."""

import asyncio
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from temporalio.client import Client

from config.settings import Settings
from tests.clients.node import CLIENTS, installed, npm, write_document
from tests.generated_clients.tools import NODE, NodeTools
from workers.main import make_worker

pytestmark = [
    pytest.mark.ci,
    pytest.mark.timeout(600),  # the first run downloads the packages
    pytest.mark.xdist_group("node"),
]

DOCS: Final = CLIENTS.parent / "docs"
FOLDER: Final = "typescript"
SCHEMA: Final = "src/schema.ts"
FILES: Final = re.compile(r"(LICENSE|README\.md|package\.json|dist/(http/)?\w+(\.d\.ts|\.js))")

WITHOUT_WORKER: Final = """
import { client, wanted } from "./test/support.ts";
const bookme = client({ timeout: 60_000, onRepeat: ({ status, pause }) => console.log(`repeat ${status} ${pause}`) });
const hold = await bookme.hold(...(await wanted(bookme)));
console.log("held", hold.token);
await hold.release();
"""


@pytest.fixture(scope="module")
async def tools(pytestconfig: pytest.Config) -> NodeTools:
    """The package, compiled."""
    tools = await installed(pytestconfig, FOLDER)
    await npm(tools, "run", "build")
    return tools


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """A request without a worker is answered soon."""
    soon = {"request_timeout": timedelta(seconds=2)} if "it_waits" in request.node.name else {}
    return settings.model_copy(update=soon)


async def test_the_types_are_up_to_date(tools: NodeTools) -> None:
    await npm(tools, "run", "generate", "--", write_document(tools))
    fresh = (tools.directory / SCHEMA).read_text()
    assert fresh == (CLIENTS / FOLDER / SCHEMA).read_text(), "run `uv run just clients`"


async def test_the_package_has_only_its_code_types_readme_and_licence(tools: NodeTools) -> None:
    (packed,) = json.loads(await npm(tools, "pack", "--dry-run", "--json", "--ignore-scripts"))
    files = [file["path"] for file in packed["files"]]
    assert all(FILES.fullmatch(file) for file in files), files
    assert {"LICENSE", "README.md", "dist/index.js", "dist/index.d.ts", "dist/schema.d.ts"} <= set(files)
    assert (CLIENTS / FOLDER / "LICENSE").read_text() == (CLIENTS.parent / "LICENSE").read_text()


@pytest.mark.usefixtures("worker")
async def test_its_own_tests_and_those_of_the_documentation_pass_against_a_real_stack(
    tools: NodeTools, url: str
) -> None:
    for page in ("journey.md", "recipes/browser-app.md"):
        program = "\n".join(re.findall(r"```ts\n(.*?)```", (DOCS / page).read_text(), re.DOTALL))
        (tools.directory / "test" / f"{Path(page).stem}-of-docs.ts").write_text(
            program.replace("http://127.0.0.1:8000", url)
        )
    await npm(tools, "run", "check")
    await npm(tools, "test", BOOKME_URL=url)
    printed = await tools.node("test/journey-of-docs.ts")
    assert re.fullmatch(r"held until \d{4}-.*Z, which is in (29\d|300) seconds\n[0-9a-f-]{36} at \d{4}-.*Z\n", printed)
    assert "SUMMARY:Mortgage advice" in (tools.directory / "meeting.ics").read_text()


@pytest.mark.usefixtures("worker")
async def test_the_readme_books_a_meeting_with_the_packed_package(tools: NodeTools, url: str, tmp_path: Path) -> None:
    (packed,) = json.loads(await npm(tools, "pack", "--json", "--ignore-scripts", "--pack-destination", str(tmp_path)))
    stranger = NodeTools(tmp_path)
    await npm(stranger, "install", "--no-audit", "--no-fund", "--prefer-offline", packed["filename"])
    example = re.findall(r"```js\n(.*?)```", (CLIENTS / FOLDER / "README.md").read_text(), re.DOTALL)[0]
    (tmp_path / "book.mjs").write_text(example.replace("http://127.0.0.1:8000", url))
    assert re.fullmatch(r"[0-9a-f-]{36} at \d{4}-.*Z\n", await stranger.node("book.mjs"))
    assert "SUMMARY:Mortgage advice" in (tmp_path / "meeting.ics").read_text()


async def test_it_waits_as_long_as_bookme_wants_and_books_once(
    tools: NodeTools, url: str, engine: Client, settings: Settings, all_steps: tuple[object, ...]
) -> None:
    """Nothing serves the reservation until the client has had the 503 of BookMe itself."""
    (tools.directory / "waits.ts").write_text(WITHOUT_WORKER)
    process = await asyncio.create_subprocess_exec(
        NODE / "bin/node", "waits.ts", cwd=tools.directory, env={"BOOKME_URL": url}, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    word, status, pause = (await process.stdout.readline()).decode().split()
    assert (word, status) == ("repeat", "503")
    assert 1_000 <= float(pause) <= 6_250
    async with make_worker(engine, settings.task_queue, *all_steps):
        printed = (await process.stdout.read()).decode()
        assert await process.wait() == 0
    assert re.search(r"^held [0-9a-f-]{36}$", printed, re.MULTILINE)
