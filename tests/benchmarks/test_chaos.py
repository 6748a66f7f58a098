"""The parts of the chaos test that decide something. `.ci/run` carries out the test itself for a minute."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from chaos.clients.unruly import Behaviour
from chaos.faults.plan import CALM, CALM_EVERY, CALM_KINDS, GAPS, FaultKind, plan
from chaos.faults.proxy import Proxy
from config.ports import LOOPBACK

ROOT = Path(__file__).parents[2]
PROCESSES, SERVERS = ["api-1", "api-2", "worker-1", "worker-2"], ["postgres", "temporal"]
LINKS = [f"{process}|{server}" for process in PROCESSES for server in SERVERS]
TARGETS: dict[FaultKind, list[str]] = {
    FaultKind.KILL: sorted(PROCESSES + SERVERS),
    FaultKind.PAUSE: sorted(PROCESSES + SERVERS),
    FaultKind.CUT: LINKS,
    FaultKind.DELAY: LINKS,
    FaultKind.CLOCK: PROCESSES,
    FaultKind.ISOLATE: LINKS[4:],
    FaultKind.READ_ONLY: ["postgres"],
    FaultKind.FULL_DISK: ["postgres"],
    FaultKind.UNRULY: [*Behaviour],
}


def chaos(*arguments: str) -> str:
    command = [sys.executable, "-m", "chaos", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.ci
def test_it_says_what_it_does() -> None:
    said = chaos("--help")
    assert "usage: python -m chaos" in said
    assert all(kind in "".join(said.split()) for kind in FaultKind)


def test_a_plan_follows_from_its_seed() -> None:
    plans = [plan(seed, 60, list(FaultKind), TARGETS) for seed in (1, 1, 2)]
    assert plans[0] == plans[1] != plans[2]


@pytest.mark.parametrize("seconds", [1, 10, 120])
def test_the_last_fault_is_over_before_the_end(seconds: float) -> None:
    faults = plan(1, seconds, list(FaultKind), TARGETS)
    assert all(fault.at + fault.duration <= seconds for fault in faults)


def test_every_target_has_its_turn() -> None:
    faults = plan(1, 3600, list(FaultKind), TARGETS)
    for kind in FaultKind:
        assert {fault.target for fault in faults if fault.what is kind} == set(TARGETS[kind])


@pytest.mark.parametrize("missing", [(), (FaultKind.FULL_DISK,), (FaultKind.FULL_DISK, FaultKind.CLOCK)])
def test_one_minute_has_every_kind(missing: Sequence[FaultKind]) -> None:
    """As the checks of each change do, with that seed, whatever cannot be done on their machine."""
    targets = TARGETS | {kind: [] for kind in missing}
    assert {fault.what for fault in plan(7, 60, list(FaultKind), targets)} == set(FaultKind) - set(missing)


def test_what_cannot_be_done_here_is_not_planned() -> None:
    targets = TARGETS | {FaultKind.CLOCK: []}
    assert {fault.what for fault in plan(1, 300, list(FaultKind), targets)} == set(FaultKind) - {FaultKind.CLOCK}


def test_calms_have_only_what_a_quiet_client_need_not_notice() -> None:
    for fault in plan(1, 600, list(FaultKind), TARGETS):
        in_its_period = fault.at % CALM_EVERY
        assert in_its_period + fault.duration <= CALM_EVERY - CALM or fault.what in CALM_KINDS


@pytest.mark.parametrize("kind", GAPS)
def test_rare_faults_come_one_at_a_time(kind: FaultKind) -> None:
    faults = [fault for fault in plan(1, 600, list(FaultKind), TARGETS) if fault.what is kind]
    assert all(after.at >= before.at + before.duration + GAPS[kind] for before, after in pairwise(faults))


def test_an_isolation_lasts_two_minutes_and_less_in_a_short_run() -> None:
    duration = {seconds: [f.duration for f in plan(1, seconds, [FaultKind.ISOLATE], TARGETS)] for seconds in (120, 600)}
    assert set(duration[120]) == {24}
    assert set(duration[600]) == {120}


def test_without_faults_nothing_is_planned() -> None:
    assert plan(1, 60, [], TARGETS) == []


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(100):
        writer.write(piece)
    writer.close()


async def said_through(proxy: Proxy, text: bytes) -> bytes:
    """What comes back; nothing when the connection breaks."""
    try:
        reader, writer = await asyncio.open_connection(LOOPBACK, proxy.port)
        writer.write(text)
        answer = await reader.read(100)
        writer.close()
    except ConnectionError:
        return b""
    return answer


async def left_of(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(100)
    except ConnectionError:
        return b""


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """To a server that says what it is told."""
    server = await asyncio.start_server(echo, LOOPBACK, 0)
    async with server, Proxy.to(server.sockets[0].getsockname()[1]) as proxy:
        yield proxy


async def test_a_proxy_passes_on_cuts_and_is_mended(proxy: Proxy) -> None:
    assert await said_through(proxy, b"before") == b"before"
    reader, writer = await asyncio.open_connection(LOOPBACK, proxy.port)
    writer.write(b"held")
    assert await reader.read(100) == b"held"
    proxy.cut()
    assert await left_of(reader) == b""
    assert await said_through(proxy, b"meanwhile") == b""
    proxy.mend()
    assert await said_through(proxy, b"after") == b"after"
    writer.close()


async def test_a_proxy_delays(proxy: Proxy) -> None:
    proxy.delay = 0.1
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await said_through(proxy, b"slowly") == b"slowly"
    assert loop.time() - began >= 0.2
