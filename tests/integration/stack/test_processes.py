import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from config.errors import StackError
from devstack.processes import Child, Supervisor, until
from tests.integration.stack import supervised
from tests.integration.stack.supervised import is_alive, pid_in, sleeper

PATIENCE = 20
WITH_A_GRANDCHILD = (
    f"import subprocess, sys; subprocess.run([sys.executable, '-c', {supervised.SLEEPER!r}, sys.argv[1]])"
)
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {supervised.SLEEPER}"


@asynccontextmanager
async def supervisor_process(directory: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A supervisor in a process of its own, with its children ready."""
    process = await asyncio.create_subprocess_exec(sys.executable, supervised.__file__, directory)

    async def ready() -> bool:
        return (directory / "ready").exists()

    try:
        await until(ready, PATIENCE)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def children(directory: Path) -> list[int]:
    pids = [pid_in(directory / f"{name}.pid") for name in ("first", "second")]
    return [pid for pid in pids if pid]


async def all_end(pids: list[int]) -> None:
    async def ended() -> bool:
        return not any(is_alive(pid) for pid in pids)

    await until(ended, PATIENCE)


async def test_a_killed_child_is_started_again_and_this_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    changes: list[dict[str, int]] = []
    supervisor = Supervisor(said.append, lambda: changes.append(supervisor.pids))
    child = await supervisor.run(sleeper("napper", tmp_path))
    killed = child.pid

    async def is_back() -> bool:
        return bool(changes)

    try:
        child.kill()
        await until(is_back, PATIENCE)
        assert child.pid != killed
        assert is_alive(child.pid)
        assert changes == [{"napper": child.pid}]
        assert said == [
            "napper was killed by SIGKILL; starting it again",
            f"napper is back (pid {child.pid})",
        ]
    finally:
        await supervisor.stop()
    assert not is_alive(child.pid)


async def test_a_child_that_cannot_start_again_is_tried_until_it_can(tmp_path: Path) -> None:
    said: list[str] = []
    code = f"import pathlib, sys; assert not pathlib.Path(sys.argv[1] + '.ill').exists(); {supervised.SLEEPER}"
    supervisor = Supervisor(said.append)
    child = await supervisor.run(sleeper("napper", tmp_path, code))
    ill = tmp_path / "napper.pid.ill"

    async def failed_to_start() -> bool:
        return any("trying again" in line for line in said)

    async def is_back() -> bool:
        return "is back" in said[-1]

    try:
        ill.touch()
        child.kill()
        await until(failed_to_start, PATIENCE)
        ill.unlink()
        await until(is_back, PATIENCE)
    finally:
        await supervisor.stop()


async def test_a_child_that_ends_before_it_is_ready_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    program = sleeper("patient", tmp_path, "raise SystemExit('no bed is free')")
    with pytest.raises(StackError, match=r"patient ended with status 1: no bed is free \(see .*patient.log\)"):
        await Child(program).start()


async def test_a_child_that_never_gets_ready_is_ended(tmp_path: Path) -> None:
    program = replace(sleeper("dreamer", tmp_path), patience=2)

    async def never(_pid: int) -> bool:
        return False

    child = Child(replace(program, ready=never))
    with pytest.raises(StackError, match=r"dreamer did not get ready in 2 s"):
        await child.start()
    assert not is_alive(child.pid)


async def test_stopping_takes_what_a_child_has_started_with_it(tmp_path: Path) -> None:
    async def grandchild_runs(_pid: int) -> bool:
        return pid_in(tmp_path / "nest.pid") is not None

    child = Child(replace(sleeper("nest", tmp_path, WITH_A_GRANDCHILD), ready=grandchild_runs))
    await child.start()
    grandchild = pid_in(tmp_path / "nest.pid")
    assert grandchild
    assert grandchild != child.pid
    await child.stop()
    await all_end([grandchild])


async def test_a_child_that_does_not_end_in_its_grace_is_made_to(tmp_path: Path) -> None:
    child = Child(replace(sleeper("stubborn", tmp_path, STUBBORN), grace=0.2))
    await child.start()
    await child.stop()
    assert not is_alive(child.pid)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_the_supervisor_and_all_its_children(tmp_path: Path, number: signal.Signals) -> None:
    async with supervisor_process(tmp_path) as process:
        pids = children(tmp_path)
        process.send_signal(number)
        assert await process.wait() == 0
        assert len(pids) == 2
        assert not any(is_alive(pid) for pid in pids)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent has ended")
async def test_nothing_is_left_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    async with supervisor_process(tmp_path) as process:
        pids = children(tmp_path)
        assert len(pids) == 2
        assert all(is_alive(pid) for pid in pids)
        process.kill()
        await all_end(pids)
