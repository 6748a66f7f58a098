"""Options, connections and errors that the commands of `bookme admin` share."""
# ruff: noqa: PLC0415 - each command imports what it needs, so that `bookme --help` answers at once.

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final, NoReturn, TypeVar
from uuid import UUID

import typer

from config.settings import Settings

if TYPE_CHECKING:
    from admin.connections import Connections

Answer = TypeVar("Answer")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for scripts.")]

NOTHING_FOUND: Final = 1
"""Exit status of a command that finds nothing."""


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


def run(work: "Callable[[Connections, Settings], Awaitable[Answer]]") -> Answer:
    """Run the command with its connections, which are closed afterwards."""
    from admin.connections import connections

    settings = Settings()

    async def running() -> Answer:
        async with connections(settings) as opened:
            return await work(opened, settings)

    return asyncio.run(running())


def nothing(message: str) -> NoReturn:
    """End the command because it has found nothing."""
    print(f"bookme: {message}", file=sys.stderr)
    raise typer.Exit(NOTHING_FOUND)
