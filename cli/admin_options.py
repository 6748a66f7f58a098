"""Options, connections and errors that the commands of `bookme admin` share."""
# ruff: noqa: PLC0415 - each command imports what it needs, so that `bookme --help` answers at once.

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn, TypeVar
from uuid import UUID

import typer
from pydantic import SecretStr

from config.settings import Settings

if TYPE_CHECKING:
    from admin.connections import Connections

Answer = TypeVar("Answer")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for scripts.")]

NOTHING_FOUND: Final = 1
"""Exit status of a command that finds nothing."""

MAX_REASON: Final = 200


def identity(text: str) -> UUID:
    """Parse an id."""
    try:
        return UUID(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not an id such as 3d86d6cf-713c-5c73-ab68-af7e04eb4bee") from None


def moment(text: str) -> datetime:
    """Parse a time. Without an offset, it is in the organisation's time zone."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f'{text!r} is not a time such as "2026-11-30 10:00" or 2026-11-30T09:00Z') from None


def period(text: str) -> datetime | timedelta:
    """Parse a time, or an ISO 8601 duration that ends now."""
    from pydantic import TypeAdapter, ValidationError

    if not text.startswith("P"):
        return moment(text)
    try:
        return TypeAdapter(timedelta).validate_python(text)
    except ValidationError:
        raise typer.BadParameter(f"{text!r} is not a duration such as P7D or PT2H, and not a time") from None


def checked_reason(reason: str | None) -> str | None:
    """Return the operator's reason without spaces around it. None, for an option that was not used, stays None."""
    if reason is None:
        return None
    if not reason.strip() or len(reason) > MAX_REASON or not reason.isprintable():
        raise typer.BadParameter(f"write one line of at most {MAX_REASON} characters")
    return reason.strip()


def run(work: "Callable[[Connections, Settings], Awaitable[Answer]]") -> Answer:
    """Run the command with its connections, which are closed afterwards."""
    from admin.connections import connections

    settings, environment = servers()

    async def running() -> Answer:
        async with connections(settings, environment) as opened:
            return await work(opened, settings)

    return asyncio.run(running())


def servers() -> tuple[Settings, Mapping[str, str] | None]:
    """Return the settings, and Temporal's variables if they are not those of this process.

    Without `BOOKME_DATABASE_URL`, the servers are those of the `bookme dev` that runs in this directory, if one does.
    """
    settings = Settings()
    if "database_url" in settings.model_fields_set or find_spec("devstack") is None:
        return settings, None
    from devstack.directory import DataDirectory

    running = DataDirectory(Path(".bookme")).running()
    if running is None:
        return settings, None
    found = {"database_url": SecretStr(running.database_url), "temporal_ui_url": running.ui_url}
    return settings.model_copy(update=found), {"TEMPORAL_ADDRESS": running.temporal_address}


def nothing(message: str) -> NoReturn:
    """End the command because it has found nothing."""
    print(f"bookme: {message}", file=sys.stderr)
    raise typer.Exit(NOTHING_FOUND)
