"""The programs of docs/journey.md and docs/recipes, saved and run as they stand."""

import asyncio
import os
import re
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest
from fastapi import FastAPI

from config.ports import LOOPBACK, free_port
from config.settings import Settings
from tests.integration.api.sandbox.support import advance
from tests.python_client.conftest import served
from tests.support.clients import ApiClient

pytestmark = pytest.mark.ci

DOCS: Final = Path(__file__).parents[4] / "docs"
BLOCK: Final = r"<!-- {} -->\n```python\n(.*?)```"
BOOKED: Final = r"[0-9a-f-]{36}"


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture
def settings(settings: Settings, port: int) -> Settings:
    """The clients ask the API where its token issuer is, and the API answers its public address."""
    return settings.model_copy(update={"public_url": f"http://{LOOPBACK}:{port}"})


@pytest.fixture
async def url(app: FastAPI, port: int) -> AsyncIterator[str]:
    async with served(app, port) as address:
        yield address


def block(page: str, name: str = "run") -> str:
    (found,) = re.findall(BLOCK.format(name), (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


@dataclass(frozen=True)
class Programs:
    """Runs programs of the documents in a directory, against the API, and with a client id that no other test has."""

    url: str
    client_id: str
    directory: Path

    async def run(self, program: str) -> list[str]:
        """Run the program, and return the lines that it prints."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, self._saved(program, "program.py").name),
            cwd=self.directory,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
        return output.decode().splitlines()

    @asynccontextmanager
    async def serving(self, program: str, port: int, **environment: str) -> AsyncIterator[httpx.AsyncClient]:
        """Run the web application in a process of its own, and give a client of it when it listens."""
        self._saved(program, "served.py")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "uvicorn", "served:app", "--port", str(port)),
            cwd=self.directory,
            env=os.environ | environment,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        while b"running on" not in (line := await process.stderr.readline()):
            assert line, "it ended"
        async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}", timeout=30) as client:
            yield client
        process.terminate()
        await process.communicate()

    def _saved(self, program: str, name: str) -> Path:
        file = self.directory / name
        adapted = program.replace("http://127.0.0.1:8000", self.url).replace('"demo"', f'"{self.client_id}"')
        file.write_text(adapted, encoding="utf-8")
        return file


@pytest.fixture
def programs(url: str, client_id: str, worker: None, tmp_path: Path) -> Programs:
    return Programs(url, client_id, tmp_path)


async def test_the_python_program_of_the_journey_books(programs: Programs, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / "journey.md").read_text(encoding="utf-8"), re.DOTALL)
    held, booked = await programs.run("\n".join(blocks))
    assert re.fullmatch(r"held until .*, which is in (29\d|300) seconds", held)
    assert re.match(BOOKED, booked)
    assert "SUMMARY:Mortgage advice" in (tmp_path / "meeting.ics").read_text(encoding="utf-8")


async def test_a_repeated_order_is_one_meeting_and_the_log_has_it(programs: Programs) -> None:
    first, second = await programs.run(block("recipes/safe-retries.md"))
    assert re.fullmatch(BOOKED, first)
    assert second == first
    (new, again, *meetings) = await programs.run(block("recipes/reconcile-by-events.md"))
    assert (new, again) == ("3 new events", "0 new events")
    assert [each.split()[:2] for each in meetings] == [[first, "meeting.created"]]


async def test_the_tests_of_the_recipe_pass_in_a_sandbox(url: str, worker: None, tmp_path: Path) -> None:
    (tmp_path / "test_booking.py").write_text(block("recipes/sandbox-in-ci.md", "pytest"), encoding="utf-8")
    options = ("-q", "-p", "no:randomly", "-p", "no:xdist", "-c", os.devnull, "--rootdir", ".")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", *options, "test_booking.py"),
        cwd=tmp_path,
        env=os.environ | {"BOOKME_URL": url},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert "2 passed" in output.decode()


async def test_the_receiver_gets_each_event_and_refuses_what_is_not_signed(
    programs: Programs, client: ApiClient, tmp_path: Path
) -> None:
    register, receiver = (block("recipes/webhook-receiver.md", name) for name in ("register", "receiver"))
    address = f"{LOOPBACK}:{free_port()}"
    (secret,) = await programs.run(register.replace("127.0.0.1:9000", address))
    secrets = f"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD {secret}"
    async with programs.serving(receiver, int(address.partition(":")[2]), WEBHOOK_SECRET=secrets) as served:
        assert (await served.post("/bookme", content=b"{}")).status_code == 401
        (meeting, _) = await programs.run(block("recipes/safe-retries.md"))
        await advance(client, "PT1S")  # answers when everything that was due is delivered
    assert re.fullmatch(BOOKED, meeting)
    received = sqlite3.connect(tmp_path / "events.db").execute("SELECT type, token FROM events").fetchall()
    assert received == [(kind, "order-1234") for kind in ("booking.reserved", "booking.booked", "meeting.created")]


async def test_the_server_between_a_page_and_bookme_holds_and_confirms_once(
    programs: Programs, client: ApiClient
) -> None:
    topic = (await client.get("/bookme/meeting-topics", isCustomer="true")).json()[0]
    customer_type = (await client.get("/config/customer-types")).json()[0]
    kind = {"customer_type_id": customer_type["id"]}
    async with programs.serving(block("recipes/browser-app.md", "server"), free_port()) as page:
        (offer, *_) = (await page.get("/offers", params=kind | {"topic_id": topic["id"]})).json()
        held = await page.post("/hold", params=kind, json=offer)
        assert 290 <= held.json()["secondsLeft"] <= 300
        late = await page.post("/hold", params=kind, json=offer)
        assert late.status_code == 409
        assert late.json()["detail"]["free"]
        cookie = {"Cookie": f"session={held.cookies['session']}"}
        first, second = [(await page.post("/confirm?title=Advice", headers=cookie)).json() for _ in range(2)]
        assert re.fullmatch(BOOKED, first["meeting"])
        assert second == first
        assert (await page.post("/confirm?title=Advice", headers={"Cookie": "session=x"})).status_code == 404
