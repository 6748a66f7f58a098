"""The comparison with other services still runs, and its verdict finds each kind of broken promise."""

import json
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from benchmarks.peers.lives import BOOK, MEET, RESERVE, Intent, Life, Told
from benchmarks.peers.restate_server import is_here
from benchmarks.peers.stacks import Asked, Builder, missing_package, usual_environment
from benchmarks.peers.verdict import FinalState, judge
from devstack.processes import Program

ROOT = Path(__file__).parents[2]
SLOT = {"resource": 1, "hour": 1}


def run(*arguments: str) -> str:
    command = [sys.executable, "-m", "benchmarks.peers", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.ci
def test_it_says_what_it_compares() -> None:
    assert "usage: python -m benchmarks.peers" in run("--help")


@pytest.mark.ci
@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", ["plain", "dbos", "restate"])
def test_a_service_survives_a_kill_of_its_application(name: str, tmp_path: Path) -> None:
    if missing := missing_package(name):
        pytest.skip(f"{missing} is not installed: `uv sync --group peers`")
    if name == "restate" and not is_here():
        pytest.skip("the Restate server is not in the cache: `python -m benchmarks.peers --only restate` fetches it")
    run("--quick", "--only", name, "--faults", "app", "--json", str(tmp_path / "found.json"))
    found = json.loads((tmp_path / "found.json").read_text())["peers"][name]
    assert found["survived"] == {"app": True}
    assert found["speed"]["meetings_a_second"] > 0
    assert found["survival"][0]["in_progress"] >= 1
    assert found["survival"][0]["verdict"]["meetings"] > 0
    assert found["survival"][0]["start_cpu"] > 0


async def test_the_processes_of_a_part_start_together(tmp_path: Path) -> None:
    started: set[int] = set()

    async def both_run(pid: int) -> bool:
        started.add(pid)
        return len(started) == 2

    program = Program(name="sleeper", command=("sleep", "600"), log=tmp_path / "log", ready=both_run, patience=20)
    async with AsyncExitStack() as stack:
        builder = Builder(Asked(tmp_path, 1.0), stack)
        await builder.processes_of("app", program, program)
        await builder.parts["app"].kill()
        started.clear()
        await builder.parts["app"].start()


def test_a_service_uses_bytecode_as_an_installed_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in usual_environment()


def life(*told: tuple[str, int], at: float = 0.0, intent: Intent = Intent.MEETING) -> Life:
    content: dict[str, Any] = {"id": "met"}
    answers = [Told(step, status, at, 0.1, content) for step, status in told]
    return Life("token", SLOT, intent, answers, deadline=10.0)


MET = ((RESERVE, 200), (BOOK, 200), (MEET, 200))


@pytest.mark.parametrize(
    ("lives", "state", "broken"),
    [
        ([life(*MET)], FinalState(0, {"met"}, set()), {}),
        ([life(*MET)], FinalState(0, set(), set()), {"meeting lost": 1}),
        ([life(*MET)], FinalState(1, {"met"}, set()), {"double booking in the database": 1}),
        ([life(*MET), life(*MET)], FinalState(0, {"met"}, set()), {"time slot promised to two clients": 1}),
        ([life((RESERVE, 200), (BOOK, 409), at=9)], FinalState(0, set(), set()), {"hold lost before its deadline": 1}),
        ([life((RESERVE, 200), (BOOK, 409), at=11)], FinalState(0, set(), set()), {}),
        ([life((RESERVE, 200), (BOOK, 0), at=99)], FinalState(0, set(), set()), {"request never answered": 1}),
        ([life((RESERVE, 409))], FinalState(0, set(), set()), {"free time slot refused": 1}),
        ([life((RESERVE, 409), intent=Intent.RACE)], FinalState(0, set(), set()), {}),
        ([life((RESERVE, 200))], FinalState(0, set(), {"token"}), {"hold kept for ever": 1}),
    ],
)
def test_the_verdict_finds_each_broken_promise(lives: list[Life], state: FinalState, broken: dict[str, int]) -> None:
    assert judge(lives, state).broken == broken
