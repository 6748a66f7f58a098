import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from config.ports import free_port

COMMANDS = ("dev", "demo", "api", "codec", "mcp", "worker", "migrate", "admin", "deploy", "seed", "token", "openapi")


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


async def bookme(*arguments: str, **environment: str) -> tuple[int | None, str, str]:
    """The command in a process of its own: exit status, standard output, standard error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cli",
        *arguments,
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


def test_the_help_names_every_command() -> None:
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 0
    assert all(f" {command} " in result.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["token", "--wrong"], "bookme: No such option: --wrong"),
        (["nonsense"], "bookme: No such command 'nonsense'."),
        (["dev", "--api-port", "99999"], "bookme: Invalid value for '--api-port'"),
    ],
)
def test_wrong_use_is_told_in_one_line(arguments: list[str], expected: str) -> None:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(expected)
    assert result.stderr.count("\n") == 1


def test_the_tools_without_their_packages_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.agents.find_spec", lambda _: None)
    result = CliRunner().invoke(app, ["mcp"])
    assert (result.exit_code, "install `bookme[mcp]`" in result.stderr) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--url", "nonsense"], "BOOKME_MCP_API_URL: must be an http or https address"),
        (["--url", "https://bookings.example"], "Set BOOKME_MCP_CLIENT_ID and BOOKME_MCP_CLIENT_SECRET"),
        (["--http", "--url", "https://bookings.example"], "BOOKME_AUTH_ISSUER must name the issuer"),
        (["--http", "--host", "0.0.0.0"], "BOOKME_MCP_PUBLIC_URL must be the address"),
    ],
)
def test_the_tools_are_not_served_without_what_they_need(arguments: list[str], expected: str) -> None:
    result = CliRunner().invoke(app, ["mcp", *arguments])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"bookme: {expected}")


def test_a_token_that_nobody_can_issue_is_an_error_and_prints_nothing() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    result = CliRunner().invoke(app, ["token", "--url", url])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"bookme: No BookMe answers at {url}")
    assert result.stderr.count("\n") == 1


def test_the_demo_without_a_stack_says_how_to_start_one(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    result = CliRunner().invoke(app, ["demo", "--url", url, "--data-dir", str(tmp_path / "none")])
    assert result.exit_code == 1
    assert result.stderr.endswith("start one with `bookme dev`.\n")


def test_a_setting_that_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKME_MAX_HOLDS", "0")
    result = CliRunner().invoke(app, ["token"])
    assert result.exit_code == 1
    assert result.stderr == "bookme: BOOKME_MAX_HOLDS: must be at least 1\n"


def test_a_list_that_is_not_json_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKME_PAYLOAD_KEYS_RETIRED", "abc")
    result = CliRunner().invoke(app, ["token"])
    assert result.exit_code == 1
    assert result.stderr == 'bookme: BOOKME_PAYLOAD_KEYS_RETIRED: must be a JSON list, such as ["…"]\n'


def test_the_development_issuer_is_served_on_loopback_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOKME_DEV_ISSUER", "true")
    result = CliRunner().invoke(app, ["api", "--host", "0.0.0.0"])
    assert result.exit_code == 1
    assert "loopback only, not on 0.0.0.0" in result.stderr


async def test_a_taken_port_is_told_before_anything_is_started(tmp_path: Path, taken_port: int) -> None:
    data = tmp_path / "data"
    ports = ("--api-port", str(free_port()), "--temporal-port", str(free_port()), "--ui-port", str(taken_port))
    status, _, errors = await bookme("dev", "--data-dir", str(data), *ports)
    assert status == 1
    assert errors.startswith(f"bookme: Port {taken_port} is taken")
    assert "--ui-port" in errors
    assert errors.count("\n") == 1
    assert {entry.name for entry in data.iterdir()} <= {"stack.lock", ".gitignore"}


async def test_the_stack_of_one_release_refuses_a_build_id(tmp_path: Path) -> None:
    status, output, errors = await bookme("dev", "--data-dir", str(tmp_path), BOOKME_BUILD_ID="0.3.0")
    assert (status, output) == (1, "")
    assert errors == "bookme: `bookme dev` runs one release only: unset BOOKME_BUILD_ID.\n"


@pytest.mark.ci
async def test_the_openapi_document_is_all_that_is_printed() -> None:
    status, output, _ = await bookme("openapi")
    assert status == 0
    assert output.startswith("{")
    assert output.endswith("}\n")


async def test_migrating_without_a_database_is_told_in_one_line() -> None:
    url = f"postgresql://nobody:x@127.0.0.1:{free_port()}/nothing"
    status, output, errors = await bookme("migrate", "--wait", "0", BOOKME_DATABASE_URL=url)
    assert (status, output) == (1, "")
    assert errors.startswith("bookme: The database cannot be used right now")
    assert errors.count("\n") == 1
