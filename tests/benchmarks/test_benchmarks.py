"""The benchmarks still run and measure something. How fast is not looked at: the machine does other things too."""

import json
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from benchmarks.costs import Database
from bookme.stack.postgres import EmbeddedPostgres

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted(
    f"benchmarks.{each.stem}" for each in (ROOT / "benchmarks").glob("*.py") if "parse_args()" in each.read_text()
)


def run(program: str, *arguments: str) -> str:
    command = [sys.executable, "-m", program, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_says_what_it_measures(program: str) -> None:
    said = run(program, "--help")
    assert f"usage: python -m {program}" in said
    assert len(said.splitlines()) > 10


def test_a_search_against_reading_and_encoding(tmp_path: Path) -> None:
    run("benchmarks.search", "--quick", "--json", str(tmp_path / "figures.json"))
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert [(each["employees"], each["best"]) for each in figures] == [(10, True), (10, False), (20, True), (20, False)]
    assert all(each["slots"] and each["median"] and each["baseline"] for each in figures)


def test_bookings_against_the_bare_engine(tmp_path: Path) -> None:
    json_file, plot = tmp_path / "figures.json", tmp_path / "figures.svg"
    small = ("--quick", "--seconds", "1", "--rounds", "1")
    run("benchmarks.bookings", *small, "--json", str(json_file), "--plot", str(plot))
    found = json.loads(json_file.read_text())
    assert [(each["clients"], each["what"]) for each in found["figures"]] == [
        (count, what) for count in (1, 4) for what in ("bare", "booking")
    ]
    assert all(each["a_second"] and all(each["life"]) and all(each["first"]) for each in found["figures"])
    assert all(each["cpu"]["Temporal"] for each in found["figures"])
    assert all(each["cpu"]["worker" if each["what"] == "booking" else "bare worker"] for each in found["figures"])
    assert ">booking</text>" in plot.read_text()
    bare, booking = found["costs"]
    assert bare["stored"].keys() == {"BareWorkflow"}
    assert booking["stored"]["BookingWorkflow"]["runs"] == 1
    assert booking["stored"]["BookingWorkflow"]["events"] > 10


async def test_transactions_are_counted(postgres: EmbeddedPostgres) -> None:
    async with Database.connected(postgres.url, hasty=True) as database:
        before = await database.counted()
        connection = await asyncpg.connect(postgres.url)
        for _ in range(500):
            await connection.execute("SELECT 1")
        await connection.close()
        assert await database.counted() - before >= 500


def test_both_representations_of_availability_agree() -> None:
    assert run("benchmarks.availability_representations", "1", "--quick").splitlines()[-1].split()[:3] == [
        "5",
        "3",
        "all",
    ]


def test_every_statement_uses_an_index(tmp_path: Path) -> None:
    run("benchmarks.indexes", "--rows", "50000", "--json", str(tmp_path / "plans.json"))
    plans = json.loads((tmp_path / "plans.json").read_text())
    used = {index for plan in plans.values() for index in plan["indexes"]}
    assert used >= {"time_slot_by_end", "one_hold_per_token", "no_two_bookings_of_one_employee_overlap"}
    assert all(plan["indexes"] for plan in plans.values())
