"""The generated files are those of today's API, and the package works where nothing else is installed."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from runpy import run_path
from typing import Final

import pytest

from storage.database import Database
from tests.python_client.conftest import count_of
from tests.support.clients import SECRET

ROOT: Final = Path(__file__).parents[2]
CLIENT: Final = ROOT / "clients/python"
JOURNEY: Final = re.compile(r"<!-- journey -->\n```python\n(.*?)```", re.DOTALL)

pytestmark = [pytest.mark.ci, pytest.mark.timeout(300)]


def texts(package: Path) -> dict[str, str]:
    return {str(file.relative_to(package)): file.read_text() for file in sorted(package.rglob("*.py"))}


def test_the_generated_files_are_up_to_date(tmp_path: Path) -> None:
    """If this fails, run `just clients`, and commit what has changed."""
    package = shutil.copytree(CLIENT / "src/bookme_client", tmp_path / "bookme_client")
    for generated in ("models.py", "operations.py"):
        (package / generated).unlink()
    shutil.rmtree(package / "_sync")
    run_path(str(CLIENT / "generate.py"))["generate"](package)
    now = texts(CLIENT / "src/bookme_client")
    assert {name: text for name, text in texts(package).items() if text != now.get(name)} == {}
    assert texts(package).keys() == now.keys()


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment that has the built wheel, and what the wheel asks for."""
    directory = tmp_path_factory.mktemp("package")
    uv("build", "--package", "bookme-client", "--out-dir", directory / "dist", cwd=ROOT)
    uv("venv", "--python", sys.executable, directory / "venv", cwd=directory)
    (wheel,) = (directory / "dist").glob("*.whl")
    python = directory / "venv/bin/python"
    uv("pip", "install", "--python", python, wheel, cwd=directory)
    return python


def uv(*arguments: str | Path, cwd: Path) -> None:
    done = subprocess.run(["uv", *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def test_the_readme_books_a_meeting_in_ten_lines(
    python: Path, url: str, tmp_path: Path, database: Database, worker: None
) -> None:
    (program,) = JOURNEY.findall((CLIENT / "README.md").read_text())
    (tmp_path / "book.py").write_text(
        program.replace("http://127.0.0.1:8000", url).replace("bookme-development", SECRET)
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    process = await asyncio.create_subprocess_exec(
        python, "book.py", cwd=tmp_path, env=environment, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    assert re.search(r"UTC is yours for \d+ seconds\nBEGIN:VCALENDAR", output.decode())
    assert await count_of(database, "meeting") == 1


def test_the_source_archive_has_everything(python: Path) -> None:
    (archive,) = (python.parents[2] / "dist").glob("*.tar.gz")
    listed = subprocess.run(["tar", "-tzf", archive], capture_output=True, text=True, check=True).stdout
    for name in ("README.md", "LICENSE", "src/bookme_client/py.typed", "src/bookme_client/_sync/client.py"):
        assert f"/{name}\n" in listed
