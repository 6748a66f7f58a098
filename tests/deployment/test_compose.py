"""docker-compose.yml: its services have no rights that they do not need, and get every setting."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from pydantic import ByteSize, TypeAdapter

from config.settings import Settings
from devstack import postgres, temporal

ROOT: Final = Path(__file__).parents[2]
TEXT: Final = (ROOT / "docker-compose.yml").read_text()
COMPOSE: Final[dict[str, Any]] = yaml.safe_load(TEXT)
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
OURS: Final = [name for name, service in SERVICES.items() if "bookme:" in service["image"]]
DOCKERFILE: Final = (ROOT / "Dockerfile").read_text()

OF_COMPOSE: Final = {
    "database_url", "mcp_api_url", "metrics_address", "migration_database_url", "worker_metrics_address",
}  # fmt: skip
"""Settings that follow from the other services. An operator does not choose them."""

FILES: Final = {"env_file": [{"path": "bookme.env", "required": False}]}


def variable(field: str) -> str:
    return f"BOOKME_{field.upper()}"


def of_dotenv(service: str) -> set[str]:
    """The settings of this service that come from `.env`."""
    environment: dict[str, str] = SERVICES[service]["environment"]
    return {
        field
        for field in Settings.model_fields
        if re.match(rf"\$\{{{variable(field)}(:?[?-].*)?\}}$", environment.get(variable(field), ""))
    }


def of_file(service: str) -> set[str]:
    """The settings of this service that come from `bookme.env`: all that the service does not name itself."""
    assert SERVICES[service]["env_file"] == FILES["env_file"]
    return {field for field in Settings.model_fields if variable(field) not in SERVICES[service]["environment"]}


def test_these_services_are_ours() -> None:
    assert set(OURS) == {"migrate", "worker", "api", "codec", "mcp"}


@pytest.mark.parametrize("service", OURS)
def test_every_setting_reaches_the_service(service: str) -> None:
    assert of_dotenv(service) | of_file(service) | OF_COMPOSE == set(Settings.model_fields)


@pytest.mark.parametrize("service", OURS)
def test_a_setting_has_the_same_file_for_all_services(service: str) -> None:
    """Otherwise a setting in `bookme.env` reaches only some of them."""
    from_dotenv = set[str]().union(*map(of_dotenv, OURS))
    assert of_dotenv(service) == from_dotenv


def test_the_owner_of_the_tables_is_for_the_migration() -> None:
    knowing = [name for name in OURS if variable("migration_database_url") in SERVICES[name]["environment"]]
    assert knowing == ["migrate"]


def test_example_files_name_settings_that_exist_and_have_an_effect() -> None:
    named = re.findall(r"^# (BOOKME_\w+)=", (ROOT / "bookme.env.example").read_text(), re.MULTILINE)
    assert named
    for service in OURS:
        assert {name.removeprefix("BOOKME_").lower() for name in named} <= of_file(service)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_no_rights_that_it_does_not_need(service: str) -> None:
    definition = SERVICES[service]
    assert definition["read_only"] is True
    assert definition["cap_drop"] == ["ALL"]
    assert definition["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in definition
    assert ("cap_add" in definition) is (service == "postgresql")
    assert all("size=" in mount for mount in definition["tmpfs"])


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_limits(service: str) -> None:
    definition = SERVICES[service]
    assert {"cpus", "mem_limit", "pids_limit"} <= definition.keys()
    assert definition["logging"]["options"].keys() == {"max-size", "max-file"}


def test_the_memory_that_they_may_use_is_documented() -> None:
    ending = {
        name
        for each in SERVICES.values()
        for name, how in each.get("depends_on", {}).items()
        if "completed" in how["condition"]
    }
    limits = [
        TypeAdapter(ByteSize).validate_python(f"{each['mem_limit']}ib")
        for name, each in SERVICES.items()
        if name not in ending
    ]
    documented = re.search(
        r"may use (\S+) GiB of memory together", (ROOT / "docs/operations/deployment.md").read_text()
    )
    assert documented
    assert sum(limits) == float(documented[1]) * 1024**3


@pytest.mark.parametrize("service", OURS)
def test_our_services_are_the_user_of_the_image(service: str) -> None:
    user = re.search(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert user
    assert SERVICES[service]["user"] == user[1]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user[1])


def test_the_image_gets_every_file_that_it_copies() -> None:
    """`.dockerignore` leaves out everything but these."""
    sources = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
    copied = {name for line in sources for name in line.split()}
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[0] == "*"
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == copied


class TestVersions:
    """Production runs what the tests have run."""

    def default(self, name: str) -> str:
        (found,) = {match[1] for match in re.finditer(rf"\$\{{{name}:-([^}}]+)\}}", TEXT)}
        return found

    def test_temporal(self) -> None:
        told = subprocess.run([temporal.binary(), "--version"], capture_output=True, text=True, check=True).stdout
        server = re.search(r"\(Server (\S+), UI (\S+)\)", told)
        assert server
        assert (self.default("TEMPORAL_VERSION"), self.default("TEMPORAL_UI_VERSION")) == server.groups()
        assert self.default("TEMPORAL_TOOLS_VERSION") == self.default("TEMPORAL_VERSION")

    def test_postgresql(self) -> None:
        told = subprocess.run([postgres.binary("postgres"), "--version"], capture_output=True, text=True, check=True)
        assert told.stdout.split()[-1] == self.default("POSTGRESQL_VERSION")

    def test_python(self) -> None:
        minor = (ROOT / ".python-version").read_text().strip()
        assert re.search(rf"^ARG PYTHON_IMAGE=python:{re.escape(minor)}-slim-\w+$", DOCKERFILE, re.MULTILINE)
        assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["${PYTHON_IMAGE}"] * 2

    def test_bookme(self) -> None:
        version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
        assert self.default("BOOKME_IMAGE") == f"bookme:{version}"
        assert re.search(rf"^ARG VERSION={re.escape(version)}$", DOCKERFILE, re.MULTILINE)

    def test_every_image_can_be_named_by_its_digest(self) -> None:
        """A variable has one image: `${NAME:-18.6}` can become `18.6@sha256:…`."""
        listed = subprocess.run(
            [ROOT / "deploy/image-digests.sh", "--list"], capture_output=True, text=True, check=True
        )
        images = {image: (name, version) for name, image, version in map(str.split, listed.stdout.splitlines())}
        named = {service["image"] for name, service in SERVICES.items() if name not in OURS}
        of_dockerfile = images.pop("python")
        assert f"ARG PYTHON_IMAGE=python:{of_dockerfile[1]}\n" in DOCKERFILE
        assert named == {f"{image}:${{{name}:-{version}}}" for image, (name, version) in images.items()}
        assert len({name for name, _ in images.values()}) == len(images)
