"""`bookme dev` as a person at a keyboard has it: it starts, serves, mends itself, stops, and keeps what was booked."""

import asyncio
import base64
import contextlib
import logging
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from config.ports import free_port
from devstack.directory import DataDirectory, Running
from devstack.processes import until
from devstack.system import working_in
from devstack.temporal import binary, without_temporal
from tests.e2e.topology import PATIENCE, ROOT
from tests.support.clients import ApiClient

log = logging.getLogger(__name__)
pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.ci, pytest.mark.timeout(240)]

READY: Final = "Ctrl-C stops everything"
SUMMARY: Final = "demo · "
"""Beginning of the summary of a booking that `bookme demo` makes."""

MEETING: Final = re.compile(r"UID:([0-9a-f-]{36})@bookme")


def environment() -> dict[str, str]:
    ours = {name: value for name, value in without_temporal().items() if not name.startswith("BOOKME_")}
    return ours | {"PYTHONPATH": str(ROOT)}


class Dev:
    """One `bookme dev`, and what it has said so far."""

    def __init__(self, process: asyncio.subprocess.Process, directory: Path, output: Path) -> None:
        self.process = process
        self._directory = DataDirectory(directory)
        self._output = output

    @property
    def said(self) -> str:
        return self._output.read_text()

    @property
    def running(self) -> Running:
        running = self._directory.running()
        assert running is not None, self.said
        return running

    async def says(self, text: str) -> None:
        async def it_is_said() -> bool:
            assert self.process.returncode is None, self.said
            return text in self.said

        await until(it_is_said, PATIENCE)

    async def stopped(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return await asyncio.wait_for(self.process.wait(), PATIENCE)


@contextlib.asynccontextmanager
async def dev(directory: Path, *options: str, **settings: str) -> AsyncIterator[Dev]:
    """Ready to be used. Whatever happens in the block, nothing is left running."""
    output = directory.with_suffix(".out")
    ports = [part for flag in ("--api-port", "--temporal-port", "--ui-port") for part in (flag, str(free_port()))]
    command = (sys.executable, "-m", "cli", "dev", "--data-dir", str(directory), *ports, *options)
    with output.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environment() | settings,
            cwd=directory.parent,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    started = time.monotonic()
    stack = Dev(process, directory, output)
    try:
        await stack.says(READY)
        log.info("ready after %.1f s", time.monotonic() - started)
        yield stack
    finally:
        if process.returncode is None:
            # Its children are tied to its life.
            process.kill()
        await process.wait()


async def bookme(*arguments: str) -> tuple[int | None, str]:
    return await output_of(sys.executable, "-m", "cli", *arguments)


async def output_of(*command: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(*command, env=environment(), stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    return process.returncode, output.decode()


def processes_of(directory: Path) -> Iterator[str]:
    """Whatever names the directory on its command line or works in it."""
    for pid in (entry.name for entry in Path("/proc").iterdir() if entry.name.isdecimal()):
        with contextlib.suppress(OSError):
            command = Path("/proc", pid, "cmdline").read_text(errors="replace")
            if str(directory) in command:
                yield command
    yield from map(str, working_in(directory / "postgres" / "cluster"))


def is_alive(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


async def test_what_was_booked_survives_a_restart(tmp_path: Path) -> None:
    directory = tmp_path / "stack"
    async with dev(directory) as first:
        running = first.running
        status, token = await bookme("token", "--url", running.api_url)
        assert (status, token.count("."), token.count("\n")) == (0, 2, 1)
        status, shown = await bookme("demo", "--data-dir", str(directory))
        assert (status, "Its workflow: http" in shown) == (0, True)
        assert await first.stopped() == 0
    assert first.said.rstrip().endswith("stopped")
    assert "\x1b" not in first.said
    assert not [pid for pid in running.pids.values() if is_alive(pid)]
    assert not list(processes_of(directory))
    meeting = MEETING.search(shown)
    assert meeting
    async with dev(directory) as second, httpx.AsyncClient(base_url=second.running.api_url, trust_env=False) as http:
        client = await ApiClient.authorised(http, "demo")
        answer = await client.get(f"/bookme/meetings/{meeting[1]}")
        assert answer.json()["id"] == meeting[1]
        assert answer.headers["BookMe-Sandbox"].startswith("true; now=")
        moved = (await client.post("/sandbox/clock", {"advance": "PT1H"})).json()
        assert (moved["status"], moved["ahead"]) == ("ready", "01:00:00")
        for page in ("/demo", "/demo/board"):
            assert page in second.said
            assert (await http.get(page)).headers["content-type"].startswith("text/html")
        assert await second.stopped() == 0


async def test_a_process_that_was_killed_is_started_again_and_this_is_said(tmp_path: Path) -> None:
    async with dev(tmp_path / "stack") as stack:
        pids = dict(stack.running.pids)
        assert len(pids) == 4
        for pid in pids.values():
            os.kill(pid, signal.SIGKILL)
        for name in pids:
            await stack.says(f"{name} was killed by SIGKILL; starting it again")
            await stack.says(f"{name} is back")
        assert not set(stack.running.pids.values()) & set(pids.values())
        status, shown = await bookme("demo", "--data-dir", str(tmp_path / "stack"))
        assert (status, "Its workflow: http" in shown) == (0, True)
        assert await stack.stopped() == 0
    assert not list(processes_of(tmp_path / "stack"))


async def test_without_a_test_clock_and_with_a_key_operators_read_what_is_encrypted(tmp_path: Path) -> None:
    key = base64.b64encode(os.urandom(32)).decode()
    async with dev(tmp_path / "stack", "--no-sandbox", BOOKME_PAYLOAD_KEY=key) as stack:
        running = stack.running
        assert not running.is_sandbox
        assert running.codec_url is not None
        assert running.codec_url in stack.said
        async with httpx.AsyncClient(trust_env=False) as http:
            of_ui = (await http.get(f"{running.ui_url}/api/v1/settings")).json()
        assert of_ui["Codec"]["Endpoint"] == running.codec_url
        status, shown = await bookme("demo", "--data-dir", str(tmp_path / "stack"))
        assert status == 0
        run = shown.strip().rpartition("/")[2]
        show = (binary(), "workflow", "describe", "--workflow-id", run, "--address", running.temporal_address)
        status, encrypted = await output_of(*show)
        assert (status, SUMMARY in encrypted) == (0, False)
        status, decrypted = await output_of(*show, "--codec-endpoint", running.codec_url)
        assert (status, SUMMARY in decrypted) == (0, True)
        _, token = await bookme("token", "--url", running.api_url)
        status, _ = await output_of(
            *show, "--codec-endpoint", running.codec_url, "--codec-auth", f"Bearer {token.strip()}"
        )
        assert status != 0, "a token must have the scope"
        assert await stack.stopped() == 0
    async with dev(tmp_path / "stack", BOOKME_PAYLOAD_KEY=key) as second:
        assert not second.running.is_sandbox, "data without a test clock stay as they are"
        assert "have no test clock" in second.said
        assert await second.stopped() == 0
