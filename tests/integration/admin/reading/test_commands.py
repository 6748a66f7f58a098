"""The commands as processes of their own: what they print, and with which status they end."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from temporalio.client import Client
from typer.testing import CliRunner

from admin.connections import Connections
from admin.documents import CheckReport, Found, Holds, Links
from cli.admin import admin
from cli.admin_options import NAMES_OF_SERVERS, run
from cli.main import app
from config.errors import StackError
from config.ports import free_port
from config.settings import Settings
from devstack.directory import DataDirectory, Running
from storage.database import StorageUnavailable
from tests.integration.admin.reading.support import TOKEN, Booking, at, made, reserved, utc
from tests.integration.api.support import UNKNOWN
from tests.integration.stack.test_cli import bookme
from tests.support.clients import ApiClient

UI = "http://127.0.0.1:8233/namespaces/default/workflows"


class Command:
    """Runs `bookme admin …` with the servers of the test."""

    def __init__(self, engine: Client, settings: Settings) -> None:
        self._environment = {
            "TEMPORAL_ADDRESS": engine.service_client.config.target_host,
            "BOOKME_DATABASE_URL": settings.database_url.get_secret_value(),
            "BOOKME_TASK_QUEUE": settings.task_queue,
        }

    async def __call__(self, *arguments: str) -> tuple[int | None, str, str]:
        return await bookme("admin", *arguments, **self._environment)


@pytest.fixture
def command(engine: Client, settings: Settings) -> Command:
    return Command(engine, settings)


async def test_find_prints_the_conclusion_first_then_the_timeline_then_the_links(
    client: ApiClient, command: Command, booking: Booking
) -> None:
    held = await reserved(client)
    status, output, errors = await command("find", "--token", TOKEN)
    assert (status, errors) == (0, "")
    lines = output.splitlines()
    until = utc(held["holdExpiresAt"])
    assert lines[0] == f"Held: {at(held)} is Reserved until {until}, and waits for the client to mark it Booked."
    assert lines[2] == f"  client {booking.client_id} · token {TOKEN} · time slot {held['id']}"
    event = next(line for line in lines if "Reserved: " in line)
    assert event.startswith(f"  {utc(held['dateCreated'])}  ")
    assert event.endswith(f" CET  Reserved: {at(held)}, held until {until}")
    heading = lines.index("Runs in the Temporal UI")
    assert heading > lines.index(event)
    assert lines[heading + 1].startswith(f"  BookingWorkflow, Running: {UI}/{booking.workflow_id}/")


@pytest.mark.ci
async def test_each_prints_json_for_scripts(client: ApiClient, command: Command, booking: Booking) -> None:
    meeting, held = await made(client, "a-meeting", 3), await reserved(client)
    _, output, _ = await command("find", "--meeting", meeting["id"], "--json")
    (story,) = Found.model_validate_json(output).stories
    assert story.outcome == "Planned"
    assert {"clientIds", "timeZone", "entries", "conclusion"} <= json.loads(output)["stories"][0].keys()
    _, output, _ = await command("holds", "--json")
    assert [str(each.time_slot_id) for each in Holds.model_validate_json(output).holds] == [held["id"]]
    _, output, _ = await command("open-run", "--token", TOKEN, "--json")
    assert [each.workflow_id for each in Links.model_validate_json(output).runs] == [booking.workflow_id]
    status, output, _ = await command("check", "--json")
    assert status == 1
    assert "no-worker" in {each.kind for each in CheckReport.model_validate_json(output).findings}


@pytest.mark.ci
async def test_a_client_has_one_line_for_each_booking(client: ApiClient, command: Command, booking: Booking) -> None:
    await made(client, "a-meeting", 3)
    await reserved(client)
    _, output, _ = await command("find", "--client", booking.client_id)
    lines = output.splitlines()
    assert [line[22:30] for line in lines[::2]] == ["Held: Mo", "Planned:"]
    assert [line.startswith(f"  client {booking.client_id} · token ") for line in lines[1::2]] == [True, True]


@pytest.mark.ci
async def test_holds_and_links_for_people(client: ApiClient, command: Command, booking: Booking) -> None:
    held = await reserved(client)
    _, output, _ = await command("holds", "--client", booking.client_id)
    assert f"left  Reserved {at(held)}, client {booking.client_id}, token {TOKEN}" in output
    assert output.endswith(f"{UI}/{booking.workflow_id}\n1 hold\n")
    _, output, _ = await command("holds", "--overdue")
    assert output == "No time slot is held.\n"
    _, output, _ = await command("open-run", "--time-slot", held["id"])
    assert output.startswith(f"{UI}/{booking.workflow_id}/")


@pytest.mark.ci
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("find", "--meeting", UNKNOWN), "No booking fits this."),
        (("find", "--token", "never"), "No booking fits this."),
        (("open-run", "--meeting", UNKNOWN), f"Temporal has no run meeting-{UNKNOWN}."),
    ],
)
@pytest.mark.usefixtures("database")
async def test_what_is_unknown_ends_with_1(command: Command, arguments: tuple[str, ...], said: str) -> None:
    status, output, errors = await command(*arguments)
    assert (status, output) == (1, "")
    assert errors.startswith(f"bookme: {said}")
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("find",), "Use exactly one of"),
        (("find", "--token", "a", "--meeting", UNKNOWN), "Use exactly one of"),
        (("find", "--employee", "Freja"), "Use exactly one of"),
        (("find", "--at", "2026-11-30 10:00"), "Use exactly one of"),
        (("find", "--meeting", "x"), "'x' is not an id"),
        (("find", "--employee", "Freja", "--at", "ten"), "'ten' is not a time"),
        (("find", "--client", "a", "--since", "P"), "'P' is not a duration"),
        (("open-run",), "Use exactly one of"),
    ],
)
def test_wrong_use_ends_with_2(arguments: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(app, ["admin", *arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.ci
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("find", "--token", "a"), "Neither the database nor Temporal can be reached."),
        (("find", "--meeting", UNKNOWN), "Neither the database nor Temporal can be reached."),
        (("find", "--customer", "a"), "The database cannot be reached, and Temporal does not know this."),
        (("open-run", "--token", "a"), "Neither the database nor Temporal can be reached."),
        (("holds",), "The database cannot be used right now"),
    ],
)
async def test_without_any_server(arguments: tuple[str, ...], said: str) -> None:
    url = f"postgresql://nobody:x@127.0.0.1:{free_port()}/nothing"
    address = f"127.0.0.1:{free_port()}"
    status, output, errors = await bookme("admin", *arguments, BOOKME_DATABASE_URL=url, TEMPORAL_ADDRESS=address)
    assert (status, output) == (1, "")
    assert errors.startswith(f"bookme: {said}")
    assert errors.count("\n") == 1


class TestTheStackOfDev:
    """`--data-dir` names the `bookme dev` whose servers a command uses."""

    @pytest.fixture
    def stack(self, tmp_path: Path, settings: Settings, engine: Client) -> Iterator[Path]:
        """The directory of a stack that runs on the servers of this test."""
        running = Running(
            pid=os.getpid(),
            api_url="http://127.0.0.1:1",
            docs_url="http://127.0.0.1:1/docs",
            ui_url="http://127.0.0.1:2",
            temporal_address=engine.service_client.config.target_host,
            database_url=settings.database_url.get_secret_value(),
            client_secret="secret",
            pids={},
        )
        directory = DataDirectory(tmp_path / "stack")
        with directory.locked():
            directory.write_running(running)
            yield directory.path

    @pytest.mark.ci
    @pytest.mark.parametrize("elsewhere", [{}, {"BOOKME_DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}])
    async def test_is_used(self, client: ApiClient, stack: Path, booking: Booking, elsewhere: dict[str, str]) -> None:
        await reserved(client)
        arguments = ("open-run", "--token", TOKEN, "--data-dir", str(stack))
        status, output, errors = await bookme("admin", *arguments, **elsewhere)
        assert (status, errors) == (0, "")
        assert output.startswith(f"http://127.0.0.1:2/namespaces/default/workflows/{booking.workflow_id}/")

    @pytest.mark.parametrize(
        "arguments",
        [("holds",), ("log",), ("check",), ("cancel-meeting", UNKNOWN, "--reason", "a test"), ("find", "--token", "a")],
    )
    def test_does_not_run(self, tmp_path: Path, arguments: tuple[str, ...]) -> None:
        result = CliRunner().invoke(app, ["admin", *arguments, "--data-dir", str(tmp_path)])
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == (
            f"bookme: No `bookme dev` runs in {tmp_path}. BOOKME_DATABASE_URL and TEMPORAL_ADDRESS name the servers, "
            "or --data-dir the directory of a running `bookme dev`.\n"
        )

    @pytest.mark.parametrize(
        ("environment", "hint"),
        [({}, f" {NAMES_OF_SERVERS}"), ({"BOOKME_DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, "")],
    )
    def test_what_names_the_servers_is_said_if_nothing_does(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], hint: str
    ) -> None:
        async def work(_: Connections, __: Settings) -> None:
            raise StorageUnavailable("It is down.")

        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("BOOKME_DATABASE_URL", raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(StackError) as failed:
            run(work)
        assert str(failed.value) == f"It is down.{hint}"

    @pytest.mark.parametrize(
        "command", [each.callback for each in admin.registered_commands], ids=lambda each: each.__name__
    )
    def test_every_command_has_the_option(self, command: Callable[..., None]) -> None:
        result = CliRunner().invoke(app, ["admin", command.__name__.replace("_", "-"), "--help"])
        assert "--data-dir" in result.stdout


@pytest.mark.parametrize("command", ["find", "holds", "open-run", "check"])
def test_each_has_help_with_examples(command: str) -> None:
    result = CliRunner().invoke(app, ["admin", command, "--help"])
    assert result.exit_code == 0
    assert f"bookme admin {command}" in result.stdout.split("Examples:")[1]


def test_the_group_shows_its_commands() -> None:
    result = CliRunner().invoke(app, ["admin"])
    assert result.exit_code == 0
    assert all(f" {name} " in result.stdout for name in ("find", "holds", "open-run", "check"))
