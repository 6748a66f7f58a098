"""The faults of the chaos run that are done to clocks, to the database, and by unruly clients."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import jwt
import pytest

from api.auth.dev_issuer import SigningKey
from chaos.clients.tokens import access_token
from chaos.clients.unruly import deaf_receiver
from chaos.faults.clocks import HOUR, Clock, libfaketime
from chaos.faults.database import SmallDisk, read_only
from chaos.faults.proxy import Proxy
from chaos.stack.controlled_process import ControlledProcess
from config.errors import StackError
from config.ports import LOOPBACK, free_port
from devstack.postgres import EmbeddedPostgres
from devstack.processes import Child, Program

SAYS_THE_TIME = "import time, sys\nfor _ in sys.stdin: print(time.time(), time.monotonic(), flush=True)"
A_WHILE = 60.0
TAKES_TURNS = """
import sys, threading, time
sys.setswitchinterval(0.001)
ends, turns, done = time.perf_counter() + 0.5, 0, False
def compute():
    while not done: pass
threading.Thread(target=compute).start()
while time.perf_counter() < ends:
    time.sleep(0)
    turns += 1
done = True
print(turns)
"""
"""Prints how often a thread gets its turn in half a second beside one that computes."""


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    library = libfaketime(tmp_path / "trial")
    if library is None:
        pytest.skip("libfaketime's wheel has no library for this platform; chaos runs go on without moved clocks")
    return Clock(library, tmp_path / "clock")


def asked(process: subprocess.Popen[str]) -> tuple[float, float]:
    """The wall clock and the monotonic clock, as the process sees them."""
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    wall, monotonic = map(float, process.stdout.readline().split())
    return wall, monotonic


@pytest.mark.ci
def test_a_clock_moves_while_its_process_runs(clock: Clock) -> None:
    command = [sys.executable, "-I", "-S", "-c", SAYS_THE_TIME]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=clock.environment) as process:
        before, ticks = asked(process)
        clock.move(HOUR)
        while (moved := asked(process))[0] < before + HOUR / 2:
            pass
        process.kill()
    assert moved[0] - before == pytest.approx(HOUR, abs=A_WHILE)
    assert moved[1] - ticks < A_WHILE


@pytest.mark.ci
def test_a_clock_that_can_be_moved_leaves_threads_their_turns(clock: Clock) -> None:
    """Else a search in a thread keeps all other requests waiting, and the run finds late answers that are its own."""

    def turns(environment: Mapping[str, str]) -> int:
        command = [sys.executable, "-I", "-S", "-c", TAKES_TURNS]
        return int(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)

    *_, second, third, fourth, _ = sorted(turns(clock.environment) / turns({}) for _ in range(5))
    assert 1 / 3 < second <= third <= fourth < 3


def test_without_the_library_no_clock_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chaos.faults.clocks.find_spec", lambda _: None)
    monkeypatch.setattr("chaos.faults.clocks.OF_DEBIAN", str(tmp_path))
    assert libfaketime(tmp_path / "trial") is None


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
    """One of its own: others must be able to write."""
    async with EmbeddedPostgres.running(tmp_path / "postgres", port=free_port(), fast=True) as running:
        yield running


async def test_a_database_takes_no_writes_and_then_no_rows_for_a_while(server: EmbeddedPostgres) -> None:
    disk = SmallDisk.mounted(server.data_dir / "tables")
    async with AsyncExitStack() as stack:
        if disk is not None:
            stack.callback(disk.unmount)
            await disk.take_the_tables(server.admin_url)
        connection = await asyncpg.connect(server.url)
        stack.push_async_callback(connection.close)
        await connection.execute("CREATE TABLE filled (content text)")
        async with read_only(server.admin_url):
            await refused(connection, asyncpg.ReadOnlySQLTransactionError)
        await accepted(connection, asyncpg.ReadOnlySQLTransactionError)
        if disk is None:
            pytest.skip("only root may mount a small disk")
        async with disk.full():
            await refused(connection, asyncpg.DiskFullError)
        await fill(connection)


async def fill(connection: asyncpg.Connection) -> None:
    await connection.execute("INSERT INTO filled SELECT repeat(md5(n::text), 30) FROM generate_series(1, 2000) n")


async def refused(connection: asyncpg.Connection, error: type[asyncpg.PostgresError]) -> None:
    """A setting that is loaded again is not seen at once."""
    async with asyncio.timeout(10):
        with pytest.raises(error):
            await fill_for_ever(connection)


async def accepted(connection: asyncpg.Connection, error: type[asyncpg.PostgresError]) -> None:
    """Wait until the database accepts writes again, because a setting that is loaded again is not seen at once."""
    async with asyncio.timeout(10):
        while True:
            with suppress(error):
                return await fill(connection)


async def fill_for_ever(connection: asyncpg.Connection) -> None:
    while True:
        await fill(connection)


async def test_a_deaf_receiver_never_answers() -> None:
    async with deaf_receiver() as url, httpx.AsyncClient(trust_env=False) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.post(url, json={}, timeout=0.2)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_token_is_good_for_moved_clocks(tmp_path: Path, hours: int) -> None:
    key = SigningKey.at(tmp_path / "issuer.pem")
    token = access_token(key, "issuer", "bookme", "client", "bookme.read")
    claims = jwt.decode(token, key.private.public_key(), algorithms=["ES256"], audience="bookme")
    moment = (datetime.now(UTC) + timedelta(hours=hours)).timestamp()
    assert claims["iat"] < moment < claims["exp"]


async def test_connections_take_turns_and_leave_out_a_server_that_refuses() -> None:
    async def answering(name: bytes) -> asyncio.Server:
        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(name)
            writer.close()

        return await asyncio.start_server(answer, LOOPBACK, 0)

    async with await answering(b"a") as first, await answering(b"b") as second:
        ports = [each.sockets[0].getsockname()[1] for each in (first, second)]
        async with Proxy.to(*ports) as both, Proxy.to(ports[0], free_port()) as one:
            said = {await _said(both), await _said(both)}
            assert said == {b"a", b"b"}
            assert {await _said(one), await _said(one)} == {b"a"}


async def _said(proxy: Proxy) -> bytes:
    reader, writer = await asyncio.open_connection(LOOPBACK, proxy.port)
    found = await reader.read()
    writer.close()
    return found


@pytest.mark.ci
@pytest.mark.parametrize(("repeats_for", "starts"), [(60.0, True), (0.0, False)])
async def test_a_failed_start_is_repeated_as_a_supervisor_does(
    repeats_for: float, starts: bool, tmp_path: Path
) -> None:
    """A Temporal server exits if PostgreSQL accepts no writes while it starts."""
    fails_once = f"test -e {tmp_path}/tried || {{ touch {tmp_path}/tried; exit 1; }}"

    async def is_ready(_pid: int) -> bool:
        return (tmp_path / "ready").exists()

    program = Program(
        name="server",
        command=("/bin/sh", "-c", f"{fails_once}; touch {tmp_path}/ready; sleep 600"),
        log=tmp_path / "server.log",
        ready=is_ready,
    )
    process = ControlledProcess.of("server", Child(program), repeats_for=repeats_for)
    with nullcontext() if starts else pytest.raises(StackError, match="ended with status 1"):
        await process.begin()
    assert process.is_running is starts
    await process.end()
    assert not process.is_running
