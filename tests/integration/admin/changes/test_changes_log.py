"""The log of operators' actions: who did what, and why; from processes of their own too; and wrong command lines."""

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from config.settings import Settings
from storage.database import Database
from tests.integration.admin.changes.support import ME, WHY, YES, Shell
from tests.integration.api.support import UNKNOWN
from tests.integration.stack.test_cli import bookme
from tests.security.support.issuer import Issuer, serving
from tests.support.clients import ApiClient

CHANGES: Final = (
    ("release", "--time-slot", UNKNOWN),
    ("cancel-meeting", UNKNOWN),
    ("resend-mail", UNKNOWN),
    ("redeliver", "--webhook", UNKNOWN),
    ("acknowledge", UNKNOWN),
)


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with serving() as issuer:
        yield issuer


@pytest.mark.ci
async def test_a_process_says_what_it_did_and_the_log_shows_it(
    client: ApiClient, settings: Settings, database: Database
) -> None:
    held = await client.reserved()
    environment = {
        "BOOKME_DATABASE_URL": settings.database_url.get_secret_value(),
        "BOOKME_TASK_QUEUE": settings.task_queue,
    }
    done = await bookme("admin", "release", "--time-slot", held["id"], *YES, **environment)
    assert done == (0, f"The time slot {held['id']} is released.\n", "")
    status, output, errors = await bookme("admin", "log", "--subject", held["id"], **environment)
    assert (status, errors) == (0, "")
    lines = [line.split("  ", 1)[1] for line in output.splitlines()]
    said = f"{ME}  release  time_slot:{held['id']}"
    assert lines == [f"{said}  Done: {WHY[1]}", f"{said}  Requested: {WHY[1]}"]


async def test_is_filtered_and_limited(client: ApiClient, shell: Shell) -> None:
    held = [(await client.reserved())["id"] for _ in range(2)]
    for each in held:
        await shell.done("release", "--time-slot", each)

    async def shown(*arguments: str) -> list[dict[str, Any]]:
        said = await shell.admin("log", "--json", *arguments)
        assert said.status == 0, said.errors
        found: list[dict[str, Any]] = said.json
        return found

    assert (await shell.admin("log", "--limit", "3")).errors == (
        "Older entries are not shown: --limit shows more of them.\n"
    )
    assert (await shell.admin("log", "--limit", "4")).errors == ""
    newest = await shown("--limit", "1")
    assert [(each["subject"], each["outcome"]) for each in newest] == [(f"time_slot:{held[1]}", "Done")]
    assert newest[0].keys() == {"at", "actor", "action", "subject", "outcome", "reason"}
    for subject in (held[0], f"time_slot:{held[0]}"):
        assert [each["outcome"] for each in await shown("--subject", subject)] == ["Done", "Requested"]
    assert len(await shown("--actor", ME)) == 4
    assert await shown("--actor", "somebody else") == []


class TestTheOperator:
    async def test_is_the_subject_of_the_token(self, client: ApiClient, shell: Shell, issuer: Issuer) -> None:
        """Also of a user's own token, which the API does not accept."""
        held = await client.reserved()
        token = issuer.token(sub="anna@example.com", client_id="console", scope="openid")
        own = {"BOOKME_AUTH_ISSUER": issuer.url, "BOOKME_OPERATOR_TOKEN": token}
        done = await shell.done("release", "--time-slot", held["id"], **own)
        assert done["actor"] == "anna@example.com"
        assert {row[0] for row in await shell.log()} == {"anna@example.com"}

    @pytest.mark.parametrize(
        ("claims", "why"),
        [
            ({"exp": 1}, "The access token has expired."),
            ({"aud": "another"}, "The access token is for another audience."),
            ({"iss": "https://another.example"}, "The access token is from another issuer."),
        ],
    )
    async def test_has_a_valid_token_or_changes_nothing(
        self, client: ApiClient, shell: Shell, issuer: Issuer, claims: dict[str, Any], why: str
    ) -> None:
        held = await client.reserved()
        token = issuer.token(**claims)
        arguments = ("release", "--time-slot", held["id"])
        refused = await shell.refused(*arguments, BOOKME_AUTH_ISSUER=issuer.url, BOOKME_OPERATOR_TOKEN=token)
        assert refused == f"bookme: BOOKME_OPERATOR_TOKEN: {why}\n"
        assert (await client.time_slot(held["id"])).status_code == 200
        assert await shell.log() == []

    async def test_cannot_be_verified_without_an_issuer(self, shell: Shell) -> None:
        refused = await shell.refused("cancel-meeting", UNKNOWN, BOOKME_OPERATOR_TOKEN="x.y.z")
        assert "BOOKME_OPERATOR_TOKEN cannot be verified: BOOKME_AUTH_ISSUER must name the issuer" in refused


class TestAWrongCommandLine:
    @pytest.mark.parametrize("arguments", CHANGES, ids=lambda arguments: arguments[0])
    async def test_without_a_reason(self, shell: Shell, arguments: tuple[str, ...]) -> None:
        said = await shell.admin(*arguments, "--yes")
        assert (said.status, said.errors) == (2, "bookme: Missing option '--reason'.\n")

    @pytest.mark.parametrize("reason", ["", " ", "x" * 201, "two\nlines"])
    async def test_with_a_reason_that_is_none(self, shell: Shell, reason: str) -> None:
        said = await shell.admin("cancel-meeting", UNKNOWN, "--yes", "--reason", reason)
        assert said.status == 2
        assert "write one line of at most 200 characters" in said.errors

    @pytest.mark.parametrize(
        "arguments",
        [
            ("release",),
            ("release", "--token", "a", "--time-slot", UNKNOWN),
            ("redeliver",),
            ("redeliver", "--client", "demo", "--webhook", UNKNOWN),
            ("acknowledge",),
            ("acknowledge", UNKNOWN, "--token", "a"),
        ],
    )
    async def test_with_none_or_two_of_what_excludes_each_other(self, shell: Shell, arguments: tuple[str, ...]) -> None:
        said = await shell.admin(*arguments, *YES)
        assert said.status == 2
        assert "give exactly one of " in said.errors

    async def test_with_what_is_no_id(self, shell: Shell) -> None:
        said = await shell.admin("cancel-meeting", "nobody", *YES)
        assert said.status == 2
        assert "nobody" in said.errors


async def test_without_a_database(shell: Shell) -> None:
    refused = await shell.refused(
        "cancel-meeting", UNKNOWN, BOOKME_DATABASE_URL="postgresql://bookme@127.0.0.1:1/bookme"
    )
    assert "The database cannot be used right now" in refused
