"""Runs commands of `bookme admin` in this process, as an operator's shell would, and reads what they left behind."""

import asyncio
import getpass
import json
import socket
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from typer.testing import CliRunner

from cli.main import app
from config.settings import Settings
from storage.database import Database

ME: Final = f"{getpass.getuser()}@{socket.gethostname()}"
WHY: Final = ("--reason", "the customer called")
YES: Final = ("--yes", *WHY)
TRY_AGAIN: Final = 75


@dataclass(frozen=True)
class Said:
    """What a command has answered."""

    status: int
    output: str
    errors: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.output)


@dataclass(frozen=True)
class Shell:
    """The shell of an operator, with the settings of the API. Temporal's address is in the environment already."""

    settings: Settings
    database: Database

    async def admin(self, *arguments: str, answer: str = "", **environment: str) -> Said:
        """Run the command. `answer` is what the operator types."""
        own = {
            "BOOKME_DATABASE_URL": self.settings.database_url.get_secret_value(),
            "BOOKME_TASK_QUEUE": self.settings.task_queue,
            "BOOKME_OPERATOR_TOKEN": "",
        }

        def run() -> Said:
            done = CliRunner().invoke(app, ["admin", *arguments], input=answer, env=own | environment)
            if done.exception is not None and not isinstance(done.exception, SystemExit):
                raise done.exception
            return Said(done.exit_code, done.stdout, done.stderr)

        # In a thread, because a command runs an event loop of its own.
        return await asyncio.to_thread(run)

    async def done(self, *arguments: str, **environment: str) -> Any:  # noqa: ANN401 - JSON
        """Run the command without a question, and return its document."""
        said = await self.admin(*arguments, *YES, "--json", **environment)
        assert said.status == 0, said.errors
        return said.json

    async def refused(self, *arguments: str, status: int = 1, **environment: str) -> str:
        """Run the command, and return its one line on standard error."""
        said = await self.admin(*arguments, *YES, **environment)
        assert (said.status, said.output) == (status, ""), said
        assert said.errors.startswith("bookme: ")
        assert said.errors.count("\n") == 1
        return said.errors

    async def log(self) -> list[tuple[str, str, str, str, str]]:
        """Actor, action, subject, reason and outcome of each recorded action, the oldest first."""
        query = sa.text("SELECT actor, action, subject, reason, outcome FROM operator_action ORDER BY id")
        async with self.database.transaction() as session:
            return [(*row,) for row in await session.execute(query)]

    async def outcomes(self) -> list[str]:
        return [entry[-1] for entry in await self.log()]


def entry(action: str, subject: str, outcome: str, actor: str = ME) -> tuple[str, str, str, str, str]:
    return actor, action, subject, WHY[1], outcome
