"""Calendar files with their right answers: `contested` were read wrongly once, `forms` are as real programs write them.

A folder's `answers.json` has for each file its busy times in UTC, or a part of the cause for which it is refused.
"""

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from domain.calendar_reading.reading import ReadingTask, read_calendar
from domain.calendar_reading.refusal import UnusableCalendar
from domain.time_slots import Interval
from tests.support.effort import repetitions

FILES: Final = Path(__file__).parent / "calendar_files"
WINDOW: Final = Interval(datetime(2026, 11, 27, tzinfo=UTC), datetime(2027, 11, 27, tzinfo=UTC))
TASK: Final = ReadingTask(UUID(int=1), WINDOW, ZoneInfo("Europe/Copenhagen"), owner="freja@example.com")

Answer = list[str] | str


def answers() -> dict[Path, Answer]:
    found: dict[Path, Answer] = {}
    for folder in sorted(FILES.iterdir()):
        known = json.loads((folder / "answers.json").read_text())
        found |= {folder / name: answer for name, answer in known.items()}
    return found


ANSWERS: Final = answers()


def read(path: Path) -> Answer:
    try:
        busy = read_calendar(path.read_bytes(), TASK).busy_times
    except UnusableCalendar as error:
        return str(error)
    return [f"{each.interval.start:%Y-%m-%d %H:%M} {each.interval.end:%Y-%m-%d %H:%M}" for each in busy]


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: path.stem)
def test_a_file_is_read_rightly(path: Path) -> None:
    expected, found = ANSWERS[path], read(path)
    if isinstance(expected, str):
        assert isinstance(found, str)
        assert expected in found
    else:
        assert found == expected


@pytest.mark.parametrize("path", [path for path, answer in ANSWERS.items() if answer and isinstance(answer, list)])
def test_what_is_kept_says_the_same(path: Path) -> None:
    kept = read_calendar(path.read_bytes(), TASK)
    again = read_calendar(kept.content.encode(), TASK)
    assert (again.busy_times, again.content) == (kept.busy_times, kept.content)


def test_every_file_has_an_answer() -> None:
    assert set(FILES.glob("*/*.ics")) == set(ANSWERS)


def test_no_file_decides_how_another_is_read() -> None:
    alone = {path: read(path) for path in ANSWERS}
    for seed in range(repetitions(10)):
        order = random.Random(seed).sample(list(ANSWERS), len(ANSWERS))
        assert {path: read(path) for path in order} == alone


def test_no_calendar_in_a_file_decides_how_another_is_read() -> None:
    a, b = (FILES / "contested" / name for name in ("zone-A.ics", "zone-B.ics"))
    for file in (a.read_bytes() + b.read_bytes(), b.read_bytes() + a.read_bytes()):
        starts = [each.interval.start.hour for each in read_calendar(file, TASK).busy_times]
        assert starts == [9, 15]


def test_a_damaged_file_is_read_or_refused() -> None:
    """Whatever is in a file, no other error comes of it."""
    chance = random.Random(1)
    texts = [path.read_bytes() for path in ANSWERS if path.stat().st_size < 5_000]
    pieces = [line for text in texts for line in text.splitlines(keepends=True)]
    for _ in range(repetitions(3_000)):
        file = chance.choice(texts).splitlines(keepends=True)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(file))
            line = file[place]
            cut = chance.randrange(len(line) + 1)
            damaged = [b"", line * 2, line[:cut] + line[cut + 1 :], line[:cut] + chance.randbytes(1) + line[cut:]]
            file[place] = chance.choice([*damaged, chance.choice(pieces)])
        cause = ""
        try:
            read_calendar(b"".join(file), TASK)
        except UnusableCalendar as error:
            cause = str(error)
        assert cause.isprintable()
