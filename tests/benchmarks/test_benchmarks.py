"""The benchmarks still run and measure something. How fast is not looked at: the machine does other things too."""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import asyncpg
import pytest

from benchmarks.counts import __main__ as guard
from benchmarks.races import Found
from benchmarks.results.costs import Database
from benchmarks.results.report import Aim, at_least, at_most, conclude
from benchmarks.workload.http_client import Answer
from benchmarks.workload.race import Race, RaceAnswer, is_by_the_contract
from devstack.postgres import EmbeddedPostgres

ROOT = Path(__file__).parents[2]
MODULES = [*(ROOT / "benchmarks").glob("*.py"), *(ROOT / "benchmarks").glob("*/__main__.py")]
PROGRAMS = sorted(
    f"benchmarks.{each.parent.name if each.stem == '__main__' else each.stem}"
    for each in MODULES
    if "parse_args()" in each.read_text()
)

HELP_OF_ALL = """
import contextlib, io, json, runpy, sys

def help_of(program):
    sys.argv, output = [program, "--help"], io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        runpy.run_module(program, run_name="__main__")
    return output.getvalue()

print(json.dumps({program: help_of(program) for program in sys.argv[1:]}))
"""

pytestmark = pytest.mark.timeout(240)


def run(program: str, *arguments: str) -> str:
    command = [sys.executable, "-m", program, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def texts(picture: Path) -> set[str]:
    """Return the texts of a picture, none of which is cut off at the bottom."""
    root = ET.parse(picture).getroot()
    found = list(root.iter("{http://www.w3.org/2000/svg}text"))
    assert max(float(each.attrib["y"]) for each in found) < float(root.attrib["height"])
    return {each.text or "" for each in found}


@pytest.mark.ci
def test_each_says_what_it_measures() -> None:
    """All in one process, which starts once: in that of the tests, the warnings of what they import are errors."""
    command = [sys.executable, "-c", HELP_OF_ALL, *PROGRAMS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=True)
    said = json.loads(done.stdout)
    assert list(said) == PROGRAMS
    for program in PROGRAMS:
        assert f"usage: python -m {program}" in said[program]
        assert len(said[program].splitlines()) > 10


@pytest.mark.ci
def test_a_search_against_reading_and_encoding(tmp_path: Path) -> None:
    run("benchmarks.search", "--quick", "--json", str(tmp_path / "figures.json"))
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert [(each["employees"], each["best"]) for each in figures] == [(10, True), (10, False), (20, True), (20, False)]
    assert all(each["slots"] and each["median"] and each["baseline"] and each["encoding"] for each in figures)
    figures_file = str(tmp_path / "figures.json")
    files = ("--search", figures_file, "--search-before", figures_file)
    run("benchmarks.results.plots", *files, "--directory", str(tmp_path))
    assert {"best slots, before", "all slots, now"} <= texts(tmp_path / "search-growth.svg")


@pytest.mark.ci
def test_bookings_against_the_bare_engine(tmp_path: Path) -> None:
    json_file, plot = tmp_path / "figures.json", tmp_path / "figures.svg"
    small = ("--quick", "--seconds", "1", "--rounds", "1")
    run("benchmarks.bookings", *small, "--json", str(json_file), "--plot", str(plot))
    found = json.loads(json_file.read_text())
    assert [(each["clients"], each["what"]) for each in found["figures"]] == [
        (count, what) for count in (1, 4) for what in ("bare", "booking")
    ]
    assert all(each["a_second"] and all(each["whole"]) and all(each["first"]) for each in found["figures"])
    assert all(each["cpu"]["Temporal"] for each in found["figures"])
    assert all(each["cpu"]["worker" if each["what"] == "booking" else "bare worker"] for each in found["figures"])
    assert ">booking</text>" in plot.read_text()
    bare, booking = found["costs"]
    assert bare["stored"].keys() == {"BareWorkflow"}
    assert booking["stored"]["BookingWorkflow"]["runs"] == 1
    assert booking["stored"]["BookingWorkflow"]["events"] > 10


@pytest.mark.ci
def test_bookings_with_more_processes(tmp_path: Path) -> None:
    json_file, plot = tmp_path / "figures.json", tmp_path / "figures.svg"
    small = ("--quick", "--seconds", "1", "--clients", "2")
    run("benchmarks.scale", *small, "--json", str(json_file), "--plot", str(plot))
    (figure,) = json.loads(json_file.read_text())["figures"]
    assert (figure["workers"], figure["apis"]) == (1, 1)
    assert figure["a_second"] > 0
    assert all(figure["cores"][each] for each in ("API", "worker", "Temporal", "PostgreSQL"))
    assert ">worker</text>" in plot.read_text()


@pytest.mark.ci
def test_bookings_beside_searches(tmp_path: Path) -> None:
    json_file, plot = tmp_path / "figures.json", tmp_path / "figures.svg"
    run("benchmarks.mixed", "--quick", "--json", str(json_file), "--plot", str(plot))
    found = json.loads(json_file.read_text())
    assert all(found["reservations"][each]["count"] >= 2 for each in ("bookings", "with searches"))
    assert {name: bool(each["count"]) for name, each in found["searches"].items()} == {"50 x 14": True, "60 x 14": True}
    assert all(0 < each["p50"] <= each["p99"] <= each["longest"] for each in found["event_loop"].values())
    assert ">with searches</text>" in plot.read_text()
    for before in ((), ("--mixed-before", str(json_file))):
        run("benchmarks.results.plots", "--mixed", str(json_file), *before, "--directory", str(tmp_path))
        assert {"bookings only", "beside searches", "p99"} <= texts(tmp_path / "mixed-load.svg")


@pytest.mark.ci
def test_races_for_one_time_slot(tmp_path: Path) -> None:
    run("benchmarks.races", "--quick", "--json", str(tmp_path / "figures.json"))
    found = json.loads((tmp_path / "figures.json").read_text())
    assert [each["winners"] for each in found["races"]] == [1, 1, 1]
    assert [len(each["answers"]) for each in found["races"]] == [10, 10, 10]
    assert all(1 <= each <= 5 for each in found["started"])
    assert found["unfair"] == []
    assert found["deadlocks"] == 0
    assert found["storm"]["in_the_end"] == {"200": 1, "409": 49}


@pytest.mark.ci
def test_no_count_has_grown() -> None:
    """If this fails, the message says which count grew, and what to do."""
    run("benchmarks.counts", "--check")


@pytest.mark.parametrize(
    ("now", "holds", "words"),
    [
        ({"book": {"statements": 2}}, True, "All counts are as committed."),
        ({"book": {"statements": 3}}, False, "book: statements +1 (now 3)\n\n1 count grew. Find out why"),
        ({"book": {"statements": 1}}, True, "book: statements -1 (now 1)\n\n1 count shrank. Keep the gain"),
        ({"book": {"statements": 2, "bytes": 9}}, False, "other counts than those counted now: book: bytes."),
        ({}, False, "other counts than those counted now: book: statements."),
    ],
    ids=["same", "more", "less", "new", "gone"],
)
def test_a_count_that_grows_is_an_error(now: guard.Counts, holds: bool, words: str) -> None:
    found, said = guard.verdict(now, {"book": {"statements": 2}})
    assert found is holds
    assert words in said


@pytest.mark.parametrize(("difference", "grew"), [(20, False), (21, True), (-20, False)])
def test_a_few_payload_bytes_are_no_difference(difference: int, *, grew: bool) -> None:
    committed = {"booking": {"payload bytes": 5000}}
    assert bool(guard.grown({"booking": {"payload bytes": 5000 + difference}}, committed)) is grew


@pytest.mark.ci
def test_deletion_of_old_rows(tmp_path: Path) -> None:
    run("benchmarks.retention", "--quick", "--json", str(tmp_path / "figures.json"))
    found = json.loads((tmp_path / "figures.json").read_text())
    assert found["rows"] == 4_000
    assert found["alone"]["seconds"]
    assert found["deleting"]["seconds"]


@pytest.mark.ci
def test_what_a_reservation_is_made_of(tmp_path: Path) -> None:
    run("benchmarks.reservation", "--quick", "--json", str(tmp_path / "figures.json"))
    found = json.loads((tmp_path / "figures.json").read_text())["milliseconds"]
    assert list(found) == ["bare", "step", "run", "look", "whole"]
    assert all(median > 0 for median, _, _ in found.values())


@pytest.mark.ci
def test_how_long_everything_takes_to_start(tmp_path: Path) -> None:
    run("benchmarks.startup", "--quick", "--json", str(tmp_path / "figures.json"))
    found = json.loads((tmp_path / "figures.json").read_text())
    parts = {"PostgreSQL", "Temporal", "worker", "API", "all"}
    assert all(found["starts"][each].keys() >= parts for each in ("first", "second"))
    first, *under_load, last = found["memory"]
    assert (first, last) == ("when nobody has asked", "when all is idle again")
    assert len(under_load) == 5
    assert found["bookings"] >= 8
    assert all(each["API"] > 10 and each["PostgreSQL"] > 1 for each in found["memory"].values())


def answers_by_client(*statuses: int) -> list[list[RaceAnswer]]:
    return [[RaceAnswer(status, 0.1, 0.1, is_by_the_contract=True)] for status in statuses]


@pytest.mark.parametrize(
    ("statuses", "held", "fair"),
    [
        ((200, 409), {"race-0": 1}, True),
        ((200, 200), {"race-0": 1}, False),
        ((409, 409), {"race-0": 1}, False),
        ((200, 409), {"race-0": 2}, False),
        ((200, 409), {}, False),
    ],
    ids=["fair", "two-told", "none-told", "two-held", "none-held"],
)
def test_a_race_is_fair_by_what_is_told_and_by_what_is_held(
    statuses: tuple[int, ...], held: dict[str, int], *, fair: bool
) -> None:
    storm = Race("storm", answers_by_client(200))
    found = Found([Race("race-0", answers_by_client(*statuses))], storm, held | {"storm": 1}, {"race-0": 1}, 0, 0)
    assert found.unfair == ([] if fair else ["race-0"])


CONFLICT = {"title": "Conflict", "status": 409, "code": "CONFLICT", "message": "taken", "reason": "taken"}
BUSY = {"title": "Busy", "status": 503, "code": "SERVICE_UNAVAILABLE", "message": "later"}


@pytest.mark.parametrize(
    ("status", "headers", "body", "known"),
    [
        (200, {}, {"id": "slot"}, True),
        (409, {}, CONFLICT, True),
        (409, {}, CONFLICT | {"reason": None}, False),
        (503, {"retry-after": "1"}, BUSY, True),
        (503, {}, BUSY, False),
        (429, {"retry-after": "1"}, {"detail": "?"}, False),
        (500, {"retry-after": "1"}, BUSY | {"status": 500}, False),
    ],
)
def test_what_the_contract_knows(status: int, headers: dict[str, str], body: dict[str, str], *, known: bool) -> None:
    assert is_by_the_contract(Answer(status, headers, json.dumps(body).encode())) is known


def test_a_missed_aim_is_an_error_when_it_is_checked() -> None:
    missed, met = at_most("milliseconds", 200, 150), at_least("lives", 2, 1)
    assert ended([missed, met], check=True) == 1
    assert ended([missed, met], check=False) == 0
    assert ended([met], check=True) == 0


def ended(aims: list[Aim], *, check: bool) -> int:
    with pytest.raises(SystemExit) as end:
        conclude(argparse.Namespace(json=None, check=check), aims)
    return int(end.value.code or 0)


@pytest.mark.ci
async def test_transactions_are_counted(postgres: EmbeddedPostgres) -> None:
    async with Database.connected(postgres.url, hasty=True) as database:
        before = await database.counted()
        connection = await asyncpg.connect(postgres.url)
        for _ in range(500):
            await connection.execute("SELECT 1")
        await connection.close()
        assert await database.counted() - before >= 500


@pytest.mark.ci
def test_every_statement_uses_an_index(tmp_path: Path) -> None:
    run("benchmarks.indexes", "--rows", "50000", "--json", str(tmp_path / "plans.json"))
    plans = json.loads((tmp_path / "plans.json").read_text())
    used = {index for plan in plans.values() for index in plan["indexes"]}
    assert used >= {"time_slot_by_end", "one_hold_per_token", "no_two_bookings_of_one_employee_overlap"}
    assert all(plan["indexes"] for plan in plans.values())
