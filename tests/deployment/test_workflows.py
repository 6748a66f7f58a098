"""The workflows of continuous integration and of releases are valid, and use others' actions at fixed commits."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

ROOT: Final = Path(__file__).parents[2]
WORKFLOWS: Final = sorted((ROOT / ".github/workflows").glob("*.yml"))


def steps(workflow: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(workflow.read_text())["jobs"].values()
    return [step for job in jobs for step in job.get("steps", ())]


@pytest.mark.parametrize(
    ("schema", "file"),
    [("github-workflows", path) for path in WORKFLOWS] + [("dependabot", ROOT / ".github/dependabot.yml")],
    ids=lambda value: getattr(value, "stem", value),
)
def test_it_fits_the_schema(schema: str, file: Path) -> None:
    command = ["check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(file)]
    check = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_named_by_their_commit(workflow: Path) -> None:
    """The owner of an action can move its tags."""
    used = [each for each in re.findall(r"uses: (.*)", workflow.read_text()) if not each.startswith("./")]
    assert used
    assert [each for each in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_may_only_read_unless_it_says_more(workflow: Path) -> None:
    assert yaml.safe_load(workflow.read_text())["permissions"] == {"contents": "read"}


def test_shell_steps_take_nothing_by_interpolation() -> None:
    """A name with a quote in it would become a command."""
    assert [step["run"] for workflow in WORKFLOWS for step in steps(workflow) if "${{" in step.get("run", "")] == []


def test_nothing_is_released_that_fails_its_checks() -> None:
    (release,) = [path for path in WORKFLOWS if path.stem == "release"]
    jobs = yaml.safe_load(release.read_text())["jobs"]
    assert jobs["checks"] == {"uses": "./.github/workflows/ci.yml"}
    assert jobs["image"]["needs"] == "checks"


def test_the_release_has_a_list_of_contents_and_a_fixed_base() -> None:
    (release,) = [path for path in WORKFLOWS if path.stem == "release"]
    (build,) = [step for step in steps(release) if step.get("uses", "").startswith("docker/build-push-action")]
    assert build["with"]["sbom"] is True
    assert build["with"]["provenance"] == "mode=max"
    arguments = dict(line.split("=", 1) for line in build["with"]["build-args"].splitlines())
    assert arguments.keys() == set(re.findall(r"^ARG (\w+)=", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
