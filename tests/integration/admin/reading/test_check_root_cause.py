"""The check names the root cause first, and leaves out what depends on it."""

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from admin.check.checks import CHECKS, Check, check_all
from admin.check.common import Checking, Mismatch, found
from admin.connections import Connections
from admin.documents import CheckReport
from config.ports import free_port
from config.settings import Settings
from config.temporal import connect
from devstack.postgres import EmbeddedPostgres
from storage.database import Database
from tests.integration.api.support import eventually
from tests.integration.stack.test_cli import bookme
from tests.support.stoppable_database import WithStoppableDatabase, set_read_only

pytestmark = pytest.mark.ci

NAMES = [each.name for each in CHECKS]


async def checked(database: Database, engine: Client, settings: Settings) -> CheckReport:
    return await check_all(Checking(Connections(database, engine), settings), on_finding=lambda _: None)


def left_out(report: CheckReport, because: str) -> list[str]:
    assert {each.because for each in report.not_checked} == {because}
    return [each.check for each in report.not_checked]


class TestWithoutTheDatabase(WithStoppableDatabase):
    async def test_it_is_the_only_cause(
        self, database: Database, own: EmbeddedPostgres, engine: Client, settings: Settings
    ) -> None:
        await own.stop()
        report = await checked(database, engine, settings)
        await own.start()
        first, *others = [(each.kind, each.can_repair) for each in report.findings]
        assert first == ("database-unreachable", False)
        assert {kind for kind, _ in others} <= {"schedule-missing", "schedule-paused"}, "what needs Temporal alone"
        assert f"127.0.0.1:{own.port}/bookme cannot be used" in report.findings[0].text
        assert "BOOKME_DATABASE_URL" in report.findings[0].advice
        assert left_out(report, "the database cannot be used") == [
            each for each in NAMES if each not in {"database", "Temporal", "schedules"}
        ]

    async def test_a_read_only_one_is_a_cause_too(
        self, database: Database, own: EmbeddedPostgres, engine: Client, settings: Settings
    ) -> None:
        await set_read_only(own, "on")

        async def is_read_only() -> bool:
            return await database.why_read_only() is not None

        await eventually(is_read_only)
        report = await checked(database, engine, settings)
        assert report.findings[0].kind == "database-read-only"
        assert report.findings[0].text.endswith("/bookme is read-only: default_transaction_read_only is on")
        assert "workers" in left_out(report, "the database cannot be used")

    async def test_it_goes_during_the_check(
        self,
        database: Database,
        own: EmbeddedPostgres,
        engine: Client,
        settings: Settings,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        async def stopping(_: Checking) -> AsyncIterator[Mismatch]:
            await own.stop()
            yield found("stopped", "database", "it was stopped", "Start it.")

        stop, holds, slots = (
            Check("stop", stopping),
            CHECKS[NAMES.index("holds")],
            CHECKS[NAMES.index("attendee slots")],
        )
        monkeypatch.setattr("admin.check.checks.CHECKS", (CHECKS[0], stop, holds, slots))
        report = await checked(database, engine, settings)
        await own.start()
        assert [each.kind for each in report.findings] == ["stopped", "database-unreachable"]
        assert left_out(report, "the database cannot be used") == ["holds", "attendee slots"]


async def test_without_the_engine(database: Database, settings: Settings) -> None:
    address = f"127.0.0.1:{free_port()}"
    nowhere = await connect(settings, lazy=True, environment={"TEMPORAL_ADDRESS": address})
    report = await checked(database, nowhere, settings)
    (finding,) = report.findings
    assert finding.kind == "engine-unreachable"
    assert finding.text.startswith(f"Temporal at {address} cannot be used")
    assert left_out(report, "Temporal cannot be used") == [
        each for each in NAMES if each not in {"database", "Temporal", "attendee slots"}
    ]


async def test_without_the_namespace(database: Database, engine: Client, settings: Settings) -> None:
    environment = {"TEMPORAL_ADDRESS": engine.service_client.config.target_host, "TEMPORAL_NAMESPACE": "nowhere"}
    report = await checked(database, await connect(settings, lazy=True, environment=environment), settings)
    (finding,) = report.findings
    assert finding.kind == "engine-unreachable"
    assert "nowhere is not found" in finding.text


async def test_without_workers(database: Database, engine: Client, settings: Settings) -> None:
    report = await checked(database, engine, settings)
    assert report.findings[0].kind == "no-worker"
    consequences = ["unpublished events", "last starts of schedules", "workflow tasks"]
    assert left_out(report, "no worker takes tasks") == consequences


async def test_what_the_command_prints() -> None:
    url = f"postgresql://nobody:secret@127.0.0.1:{(port := free_port())}/nothing"
    address = f"127.0.0.1:{free_port()}"
    status, output, errors = await bookme("admin", "check", BOOKME_DATABASE_URL=url, TEMPORAL_ADDRESS=address)
    assert (status, errors) == (1, "")
    assert "secret" not in output
    lines = output.splitlines()
    assert lines[0].startswith(f"database-unreachable: the database at 127.0.0.1:{port}/nothing cannot be used")
    assert lines[2].startswith(f"engine-unreachable: Temporal at {address} cannot be used")
    others = ", ".join(each for each in NAMES if each not in {"database", "Temporal", "schedules"})
    assert lines[4:] == [
        f"not checked, because the database cannot be used: {others}",
        "not checked, because Temporal cannot be used: schedules",
        "2 findings. Examined: nothing.",
    ]


@pytest.mark.parametrize("arguments", [("--reason", "a restore"), ("--repair", "--reason", "two\nlines")])
async def test_a_wrong_reason(arguments: tuple[str, ...]) -> None:
    status, output, errors = await bookme("admin", "check", *arguments)
    assert (status, output) == (2, "")
    assert errors.count("\n") == 1
