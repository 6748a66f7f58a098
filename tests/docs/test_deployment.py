"""docker-compose.yml names what exists: settings, commands, flags, files, variables."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from cli.main import app
from config.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "worker", "api", "codec", "mcp")


def test_it_fits_the_compose_specification() -> None:
    command = ["check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(ROOT / "docker-compose.yml")]
    check = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout


@pytest.mark.parametrize("service", OURS)
def test_our_settings_exist(service: str) -> None:
    named = {name.removeprefix("BOOKME_").lower() for name in SERVICES[service]["environment"] if "BOOKME_" in name}
    assert named <= set(Settings.model_fields)


@pytest.mark.parametrize("service", OURS)
def test_our_commands_and_flags_exist(service: str) -> None:
    command, *arguments = SERVICES[service]["command"]
    help_text = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"}).output
    assert all(flag in help_text for flag in arguments if flag.startswith("--")), help_text


def test_every_required_variable_is_in_the_example() -> None:
    required = set(re.findall(r"\$\{(\w+):\?", TEXT))
    example = (ROOT / ".env.example").read_text()
    assert required <= set(re.findall(r"^(\w+)=", example, re.MULTILINE))


def test_there_is_no_default_secret() -> None:
    defaults = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", TEXT))
    assert not [name for name in defaults if re.search("PASSWORD|KEY|SECRET", name)]
    example = (ROOT / ".env.example").read_text()
    assert not re.findall(r"^\w*(?:PASSWORD|KEY|SECRET)\w*=.+$", example, re.MULTILINE)


def test_mounted_files_exist() -> None:
    mounts = [volume for service in SERVICES.values() for volume in service.get("volumes", ())]
    files = [mount.split(":")[0] for mount in mounts if mount.startswith("./")]
    assert files
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_everything_waits_for_what_it_needs() -> None:
    waits = {name: set(service.get("depends_on", {})) for name, service in SERVICES.items()}
    assert waits["api"] == waits["worker"] == {"migrate"}
    assert waits["migrate"] == {"postgresql", "temporal-namespace"}
    assert waits["temporal"] == {"temporal-schema"}
    waited_for_health = {
        needed
        for service in SERVICES.values()
        for needed, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_healthy"
    }
    assert all("healthcheck" in SERVICES[name] for name in waited_for_health)


def test_the_image_has_every_package() -> None:
    copied = set(re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    packages = re.search(r"packages = \[(\"activities\".*?)\]", (ROOT / "pyproject.toml").read_text())
    assert packages
    assert copied == set(re.findall(r'"(\w+)"', packages[1]))


@pytest.mark.parametrize("script", sorted((ROOT / "deploy").rglob("*.sh")), ids=lambda path: path.name)
def test_scripts_are_valid_shell(script: Path) -> None:
    assert subprocess.run(["/bin/sh", "-n", str(script)], check=False).returncode == 0


def test_production_has_every_package_but_the_development_stack() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    every = set(project["tool"]["importlinter"]["root_packages"])
    assert every - wheel == {"benchmarks", "chaos", "devstack", "website"}
    copied = re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert set(copied) == wheel


@pytest.mark.ci
def test_the_command_works_without_the_development_stack() -> None:
    """As in the production wheel, where `devstack` cannot be found."""
    program = (
        "import importlib.util as util, sys;"
        "found = util.find_spec;"
        "util.find_spec = lambda name, *more: None if name == 'devstack' else found(name, *more);"
        "from cli.main import app;"
        "print(*sorted(each.name or each.callback.__name__ for each in app.registered_commands))"
        ";import api.app, workers.main; assert not [each for each in sys.modules if each.startswith('devstack')]"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.split() == ["api", "codec", "mcp", "migrate", "openapi", "worker"]
